//! Templates that the operators of a deployment write for everybody in it.

use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    built_in,
    model::{Owner, Template, TemplateText},
};
use crate::{Error, Result, db::Tx};

const NOW: &str = "SELECT DISTINCT ON (v.template_id) v.template_id, v.version, v.name, v.content, v.retired FROM care.deployment_template_version v
  WHERE $1::uuid IS NULL OR v.template_id = $1 ORDER BY v.template_id, v.version DESC";
const AT_THE_CONSOLE: &str = "SELECT id, version, name, content, retired FROM op.templates($1)";
const SAVE: &str = "SELECT op.save_template($1, $2, $3, $4, $5)";

fn read(r: &Row) -> Result<Template> {
    Ok(Template {
        id: r.get(0),
        version: u32::try_from(r.get::<_, i32>(1)).map_err(Error::internal)?,
        owner: Owner::Deployment,
        name: r.get(2),
        content: r.get(3),
        retired: r.get(4),
    })
}

async fn asked(tx: &mut Tx, sql: &str, id: Option<Uuid>) -> Result<Vec<Template>> {
    let mut all = tx.query(sql, &[&id]).await?.iter().map(read).collect::<Result<Vec<_>>>()?;
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// For everybody who has signed in: those that are offered, by name.
pub(super) async fn all(tx: &mut Tx) -> Result<Vec<Template>> {
    Ok(asked(tx, NOW, None).await?.into_iter().filter(|t| !t.retired).collect())
}

/// One, also one that is no longer offered.
pub(super) async fn one(tx: &mut Tx, id: Uuid) -> Result<Option<Template>> {
    Ok(asked(tx, NOW, Some(id)).await?.pop())
}

/// At the console: those that are offered.
pub(super) async fn at_the_console(tx: &mut Tx) -> Result<Vec<Template>> {
    Ok(asked(tx, AT_THE_CONSOLE, None).await?.into_iter().filter(|t| !t.retired).collect())
}

/// At the console; also one that is no longer offered.
pub(super) async fn one_at_the_console(tx: &mut Tx, id: Uuid) -> Result<Template> {
    asked(tx, AT_THE_CONSOLE, Some(id)).await?.pop().ok_or(Error::NotFound)
}

/// The next version, on the one that was seen (0: a new template), or its end. The same again changes nothing. `Stale` when somebody was
/// first; nothing is written then.
pub(super) async fn save(tx: &mut Tx, id: Uuid, seen: u32, text: &TemplateText, retired: bool) -> Result<()> {
    if built_in::find(id).is_some() {
        return Err(Error::NotFound);
    }
    let seen = i32::try_from(seen).map_err(|_| Error::Stale)?;
    tx.query(SAVE, &[&id, &seen, &text.name, &text.content, &retired]).await.map(drop)
}
