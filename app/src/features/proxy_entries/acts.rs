//! The person who is spoken for: who may, what waits for her word, and her word.

use std::collections::HashMap;

use record::{Confirmed, Content};
use uuid::Uuid;

use super::model::{Asking, Waiting};
use crate::{
    Result,
    app::App,
    auth::Actor,
    db::Tx,
    features::posts::{self, model::Post},
};

/// How many of those that wait are shown at once.
pub const SHOWN: i32 = 50;

const ASKING: &str = "SELECT id, name, agreed, since FROM act.systems_that_ask()";
const LET_SPEAK: &str = "SELECT act.let_speak($1, $2)";
const MINE: &str = "SELECT post_id, group_id, system, at, waiting FROM act.my_proxy_entries($1)";
const CONFIRM: &str = "SELECT act.confirm_entry($1, $2, $3, $4, $5)";

pub async fn asking(tx: &mut Tx) -> Result<Vec<Asking>> {
    let rows = tx.query(ASKING, &[]).await?;
    let one = |r: &tokio_postgres::Row| Asking {
        id: r.get("id"),
        name: r.get("name"),
        agreed: r.get("agreed"),
        since: r.get("since"),
    };
    Ok(rows.iter().map(one).collect())
}

/// Whether a system may speak for the caller from now on. Whether that is new.
pub async fn let_speak(app: &App, who: &Actor, system: Uuid, agreed: bool) -> Result<bool> {
    let rows = app.db.acting(who).await?.query_and_commit(LET_SPEAK, &[&system, &agreed]).await?;
    Ok(rows.first().is_some_and(|r| r.get(0)))
}

/// What waits for the caller, the oldest first, and how many there are in all. Two statements at most.
pub async fn waiting(app: &App, tx: &mut Tx) -> Result<(Vec<Waiting>, usize)> {
    let rows = tx.query(MINE, &[&SHOWN]).await?;
    let all = rows.first().map_or(0, |r| r.get::<_, i64>("waiting"));
    let ids: Vec<Uuid> = rows.iter().map(|r| r.get("post_id")).collect();
    let texts: HashMap<Uuid, Post> =
        posts::read::some(app, tx, &ids, false).await?.into_iter().map(|post| (post.id, post)).collect();
    let one = |r: &tokio_postgres::Row| {
        let post_id: Uuid = r.get("post_id");
        let body = texts.get(&post_id).and_then(|post| post.body.clone())?;
        Some(Waiting { post_id, group_id: r.get("group_id"), system: r.get("system"), at: r.get("at"), body })
    };
    Ok((rows.iter().filter_map(one).collect(), usize::try_from(all).unwrap_or(0)))
}

/// 確認: what was entered in the caller's name is hers. Whether it is new; again is fine.
pub async fn confirm(app: &App, who: &Actor, post: Uuid) -> Result<bool> {
    let mut tx = app.db.acting(who).await?;
    let of = posts::store::target(&mut tx, post).await?;
    let content = Content::Confirmed(Confirmed { post });
    let s = app.keys.seal_receipt(&mut tx, of.group, Uuid::new_v4(), &content, &[]).await?;
    let rows =
        tx.query_and_commit(CONFIRM, &[&post, &s.id, &s.client_id, &s.commitment, &s.envelope]).await?;
    app.hub.wake();
    Ok(rows.first().is_some_and(|r| r.get(0)))
}
