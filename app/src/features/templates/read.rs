//! Reading templates: own and the facility's, opened in memory; the deployment's and the built-in ones beside them.

use envelope::Aad;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    built_in, deployment,
    model::{Owner, Template},
    store,
};
use crate::{Error, Result, app::App, db::Tx};

/// Everything that the caller may use: own, the facility's, the deployment's, within each by name; then those that are built in.
pub async fn all(app: &App, tx: &mut Tx) -> Result<Vec<Template>> {
    let mut all = Vec::new();
    for row in tx.query(store::NOW, &[&None::<Uuid>]).await? {
        all.push(opened(app, &row).await?);
    }
    all.sort_by(|a, b| (a.owner as u8, &a.name).cmp(&(b.owner as u8, &b.name)));
    all.extend(deployment::all(tx).await?);
    all.extend(built_in::all().iter().cloned());
    Ok(all)
}

/// One of them; also one that is no longer offered.
pub async fn one(app: &App, tx: &mut Tx, id: Uuid) -> Result<Template> {
    if let Some(template) = built_in::find(id) {
        return Ok(template);
    }
    match tx.query(store::NOW, &[&Some(id)]).await?.first() {
        Some(row) => opened(app, row).await,
        None => deployment::one(tx, id).await?.ok_or(Error::NotFound),
    }
}

/// One that may still be used and changed.
pub async fn offered(app: &App, tx: &mut Tx, id: Uuid) -> Result<Template> {
    one(app, tx, id).await.and_then(|t| if t.retired { Err(Error::NotFound) } else { Ok(t) })
}

/// Where the texts of a template are sealed: its id stands for the stream, as it has a key of its own.
pub(super) fn place(id: Uuid) -> Aad {
    Aad { table: "template_version", stream: id, row: id }
}

async fn opened(app: &App, r: &Row) -> Result<Template> {
    let (id, facility, version): (Uuid, Uuid, i32) =
        (r.get("id"), r.get("facility_id"), r.get("facility_key_version"));
    let key = match app.keys.cached_data_key(id) {
        Some(key) => key,
        None => {
            let (wrapped, facility_key) = (r.get("wrapped_key"), r.get("facility_key"));
            app.keys.unwrap_data_key(id, wrapped, facility, version, facility_key).await?
        }
    };
    let text = |column| envelope::open_text(&key, &place(id), column, r.get(column)).map_err(Error::internal);
    Ok(Template {
        id,
        version: u32::try_from(r.get::<_, i32>("version")).map_err(Error::internal)?,
        owner: if r.get("own") { Owner::Person } else { Owner::Facility },
        name: text("name")?,
        content: text("content")?,
        retired: r.get("retired"),
    })
}
