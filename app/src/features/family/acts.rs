//! What a patient or relative does: write, correct, take back, acknowledge, note what was read.

use envelope::{Aad, DataKey};
use record::{Acknowledged, Content, Correction, Kind, Read, Withdrawal};
use uuid::Uuid;

use super::read;
use crate::words::t;
use crate::{
    Error, Result,
    app::App,
    auth::Relative,
    db::Params,
    features::{
        files::{
            attach::{self, Attached},
            kin as files,
        },
        posts::model::{CorrectionBody, NewPost, Post, Timeline},
    },
    seal::{self, Sealed},
};

const POST: &str =
    "SELECT existing, same FROM fam.post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const READ: &str = "SELECT fam.read($1, $2, $3, $4, $5, $6, $7)";
const ACKNOWLEDGE: &str = "SELECT fam.acknowledge($1, $2, $3, $4, $5, $6, $7)";

/// Writes on the family timeline. The same client id with the same words gives the first post, and `false`.
pub async fn post(app: &App, who: &Relative, group: Uuid, new: NewPost) -> Result<(Post, bool)> {
    let (stream, key) = read::streams(app, who, group).await?.family;
    let attached = files::prepare(app, who, group, stream, &key, &new.files).await?;
    let id = Uuid::now_v7();
    let request = record::jcs(&new).map_err(Error::internal)?;
    let words = record::Post::words(id, new.body);
    let files = attached.iter().map(|a| a.content.clone()).collect();
    let words = record::Post { reply_to: new.reply_to, files, ..words };
    let content = match new.corrects {
        None => Content::Post(words),
        Some(corrects) => Content::Correction(Correction { corrects, post: words }),
    };
    let s = seal::seal(&key, Aad { table: "post", stream, row: id }, new.client_id, &content, &request);
    let what = What { reply_to: new.reply_to, target: new.corrects, attached };
    match write(app, who, group, content.kind(), id, new.client_id, &s, &what).await? {
        Some(existing) => Ok((read::one(app, who, existing, false).await?, false)),
        None => {
            app.watch.metrics.posts.inc();
            Ok((read::one(app, who, id, false).await?, true))
        }
    }
}

/// Another text in place of an own one; its files stay.
pub async fn correct(
    app: &App,
    who: &Relative,
    target: Uuid,
    client_id: Uuid,
    body: &str,
) -> Result<(Post, bool)> {
    let old = read::one(app, who, target, false).await?;
    let files = old.files.iter().map(|f| f.id).collect();
    let body = CorrectionBody { client_id, body: body.to_owned(), files };
    let new = NewPost::correction(target, Timeline::Family, &body).map_err(Error::Invalid)?;
    post(app, who, old.group_id, new).await
}

/// Hides an own post behind a reason. The first text stays in the record. Its group.
pub async fn withdraw(
    app: &App,
    who: &Relative,
    target: Uuid,
    client_id: Uuid,
    reason: String,
) -> Result<Uuid> {
    let group = read::one(app, who, target, false).await?.group_id;
    let (stream, key) = read::streams(app, who, group).await?.family;
    let id = Uuid::now_v7();
    let request = record::jcs(&(target, &reason)).map_err(Error::internal)?;
    let content = Content::Withdrawal(Withdrawal { id, withdraws: target, reason });
    let s = seal::seal(&key, Aad { table: "post", stream, row: id }, client_id, &content, &request);
    let what = What { reply_to: None, target: Some(target), attached: Vec::new() };
    write(app, who, group, content.kind(), id, client_id, &s, &what).await?;
    Ok(group)
}

/// What a record of the timeline refers to and carries.
struct What {
    reply_to: Option<Uuid>,
    target: Option<Uuid>,
    attached: Vec<Attached>,
}

/// `Some`: the post that this client id has written before.
#[allow(clippy::too_many_arguments, reason = "one row of a table")]
async fn write(
    app: &App,
    who: &Relative,
    group: Uuid,
    kind: Kind,
    id: Uuid,
    client_id: Uuid,
    s: &Sealed,
    what: &What,
) -> Result<Option<Uuid>> {
    let (file_ids, file_keys, digests) = attach::columns(&what.attached);
    let params: Params<'_> = &[
        &who.token_hash(),
        &group,
        &id,
        &kind.as_str(),
        &client_id,
        &s.fingerprint,
        &s.commitment,
        &s.envelope,
        &what.reply_to,
        &what.target,
        &file_ids,
        &file_keys,
        &digests,
    ];
    let rows = match app.db.family(POST, params).await {
        // Two sends of one client id met: the other one is there now.
        Err(Error::Conflict(name)) if name == "post_client_id_key" => app.db.family(POST, params).await?,
        other => other?,
    };
    let row = rows.first().ok_or_else(|| Error::internal("fam.post gives one row"))?;
    match row.get::<_, Option<Uuid>>(0) {
        Some(_) if !row.get::<_, bool>(1) => Err(Error::Conflict("client_id_used_for_something_else".into())),
        Some(existing) => Ok(Some(existing)),
        None => {
            app.hub.wake();
            Ok(None)
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
