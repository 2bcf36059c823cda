//! What a patient or relative does: write, acknowledge, note what was read.

use envelope::{Aad, DataKey};
use record::{Acknowledged, Content, Read};
use uuid::Uuid;

use super::read;
use crate::words::t;
use crate::{
    Error, Result,
    app::App,
    auth::Relative,
    db::Params,
    features::posts::model::{NewPost, Post},
    seal::{self, Sealed},
};

const POST: &str = "SELECT existing, same FROM fam.post($1, $2, $3, $4, $5, $6, $7, $8)";
const READ: &str = "SELECT fam.read($1, $2, $3, $4, $5, $6, $7)";
const ACKNOWLEDGE: &str = "SELECT fam.acknowledge($1, $2, $3, $4, $5, $6, $7)";

/// Writes on the family timeline. The same client id with the same words gives the first post, and `false`.
pub async fn post(app: &App, who: &Relative, group: Uuid, new: NewPost) -> Result<(Post, bool)> {
    if !new.files.is_empty() {
        return Err(Error::invalid("files", "not_here", t("ここからは、まだファイルを送れません。")));
    }
    let (stream, key) = read::streams(app, who, group).await?.family;
    let id = Uuid::now_v7();
    let request = record::jcs(&new).map_err(Error::internal)?;
    let words = record::Post::words(id, new.body);
    let content = Content::Post(record::Post { reply_to: new.reply_to, ..words });
    let s = seal::seal(&key, Aad { table: "post", stream, row: id }, new.client_id, &content, &request);
    let params: Params<'_> = &[
        &who.token_hash(),
        &group,
        &id,
        &new.client_id,
        &s.fingerprint,
        &s.commitment,
        &s.envelope,
        &new.reply_to,
    ];
    let rows = match app.db.family(POST, params).await {
        // Two sends of one client id met: the other one is there now.
        Err(Error::Conflict(name)) if name == "post_client_id_key" => app.db.family(POST, params).await?,
        other => other?,
    };
    let row = rows.first().ok_or_else(|| Error::internal("fam.post gives one row"))?;
    match row.get::<_, Option<Uuid>>(0) {
        Some(_) if !row.get::<_, bool>(1) => Err(Error::Conflict("client_id_used_for_something_else".into())),
        Some(existing) => Ok((read::one(app, who, existing, false).await?, false)),
        None => {
            app.hub.wake();
            app.watch.metrics.posts.inc();
            Ok((read::one(app, who, id, false).await?, true))
        }
    }
}

fn receipt(key: &DataKey, stream: Uuid, content: &Content) -> Sealed {
    let place = Aad { table: "receipt", stream, row: Uuid::now_v7() };
    seal::seal(key, place, Uuid::new_v4(), content, &[])
}

/// 了解. Again is fine and writes nothing.
pub async fn acknowledge(app: &App, who: &Relative, post: Uuid) -> Result<Uuid> {
    let group = read::one(app, who, post, false).await?.group_id;
    let (stream, key) = read::streams(app, who, group).await?.receipts;
    let s = receipt(&key, stream, &Content::Acknowledged(Acknowledged { post }));
    let params: Params<'_> =
        &[&who.token_hash(), &group, &post, &s.id, &s.client_id, &s.commitment, &s.envelope];
    app.db.family(ACKNOWLEDGE, params).await?;
    app.hub.wake();
    Ok(group)
}

/// Notes that the caller's screen showed the timeline up to here.
pub async fn mark_read(app: &App, who: &Relative, group: Uuid, up_to: i64) -> Result<()> {
    let streams = read::streams(app, who, group).await?;
    let up_to_seq = u64::try_from(up_to)
        .map_err(|_| Error::invalid("up_to_seq", "impossible", t("その位置はありません。")))?;
    let content = Content::Read(Read { stream: streams.family.0, up_to_seq });
    let s = receipt(&streams.receipts.1, streams.receipts.0, &content);
    let params: Params<'_> =
        &[&who.token_hash(), &group, &up_to, &s.id, &s.client_id, &s.commitment, &s.envelope];
    let rows = app.db.family(READ, params).await?;
    if rows.first().is_some_and(|row| row.get(0)) {
        app.hub.wake();
    }
    Ok(())
}
