//! Hiding, deciding, and writing again where it belongs.

use envelope::Aad;
use record::{Content, Moved, QuarantineDecided, QuarantineHanded, Quarantined};
use uuid::Uuid;

use super::{model::Decision, read};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::App,
    auth::{Actor, token},
    db::{Params, Tx},
    features::posts::{
        model::Timeline,
        store::{POST, Put},
    },
    seal,
};

const SECOND: &str = "SELECT first, group_id, second, name FROM act.quarantine_second($1, $2)";
const QUARANTINE: &str = "SELECT id FROM act.quarantine($1, $2, $3, $4, $5, $6, $7, $8)";
const DECIDE: &str = "SELECT act.decide_quarantine($1, $2, $3, $4, $5, $6)";
const HAND: &str = "SELECT act.hand_quarantine($1, $2, $3, $4, $5, $6)";
const MOVE: &str = "SELECT act.move_quarantined($1, $2, $3, $4, $5, $6, $7)";

/// Of a post that somebody points at: the first text, and who would decide.
#[derive(Debug, Clone)]
pub struct Pointed {
    pub first: Uuid,
    pub group: Uuid,
    pub second: Option<(Uuid, String)>,
}

/// Whoever may read the post may hide it; `NotFound` else. `named`: whom the caller wants to decide.
pub async fn pointed(tx: &mut Tx, post: Uuid, named: Option<Uuid>) -> Result<Pointed> {
    let row = match tx.one(SECOND, &[&post, &named]).await {
        Err(Error::Invalid(_)) => return Err(Error::Invalid(vec![nobody_else()])),
        other => other?,
    };
    let (id, name): (Option<Uuid>, Option<String>) = (row.get("second"), row.get("name"));
    Ok(Pointed { first: row.get("first"), group: row.get("group_id"), second: id.zip(name) })
}

/// Hides a post, its corrections, and what the family was shown of it. The same `client_id` again gives the first one.
pub async fn quarantine(
    app: &App,
    who: &Actor,
    post: Uuid,
    client_id: Uuid,
    (reason, named): (String, Option<Uuid>),
) -> Result<Uuid> {
    let request = record::jcs(&(post, &reason, named)).map_err(Error::internal)?;
    let mut tx = app.db.acting(who).await?;
    let at = pointed(&mut tx, post, named).await?;
    let second = at.second.map(|(id, _)| id);
    let content = Content::Quarantined(Quarantined { post: at.first, reason, second });
    let s = app.keys.seal_receipt(&mut tx, at.group, client_id, &content, &request).await?;
    let params: Params<'_> =
        &[&post, &named, &second, &s.id, &s.client_id, &s.fingerprint, &s.commitment, &s.envelope];
    let rows = tx.query_and_commit(QUARANTINE, params).await?;
    app.hub.wake();
    rows.first().map(|r| r.get(0)).ok_or_else(|| Error::internal("act.quarantine gives one row"))
}

fn nobody_else() -> FieldError {
    FieldError::new(
        "second",
        "needed",
        t("この人は、確かめる人になれません。この投稿をいま読める、ほかの人を選んでください。"),
    )
}

/// The second person's word. Again is fine and writes nothing.
pub async fn decide(
    app: &App,
    who: &Actor,
    id: Uuid,
    client_id: Uuid,
    (decision, note): (Decision, Option<String>),
) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let q = read::one(&mut tx, id).await?;
    let said = QuarantineDecided { quarantine: id, post: q.post_id, note };
    let content = match decision {
        Decision::Confirm => Content::QuarantineConfirmed(said),
        Decision::Lift => Content::QuarantineLifted(said),
    };
    let s = app.keys.seal_receipt(&mut tx, q.group_id, client_id, &content, &[]).await?;
    let stays = decision == Decision::Confirm;
    tx.query_and_commit(DECIDE, &[&id, &stays, &s.id, &s.client_id, &s.commitment, &s.envelope]).await?;
    app.hub.wake();
    Ok(())
}

/// Somebody else decides. Also the host may say so, where one of the two is gone: she learns no more than the place of the post.
pub async fn hand_on(app: &App, who: &Actor, id: Uuid, second: Uuid) -> Result<()> {
    const PLACE: &str = "SELECT q.group_id, q.post_id FROM care.quarantine q WHERE q.id = $1";
    let mut tx = app.db.acting(who).await?;
    let place = tx.one(PLACE, &[&id]).await?;
    let (group, post): (Uuid, Uuid) = (place.get(0), place.get(1));
    let content = Content::QuarantineHanded(QuarantineHanded { quarantine: id, post, second });
    let s = app.keys.seal_receipt(&mut tx, group, Uuid::new_v4(), &content, &[]).await?;
    let params: Params<'_> = &[&id, &second, &s.id, &s.client_id, &s.commitment, &s.envelope];
    match tx.query_and_commit(HAND, params).await {
        Err(Error::Invalid(_)) => Err(Error::Invalid(vec![nobody_else()])),
        other => other.map(|_| app.hub.wake()),
    }
}

/// The text again, where it belongs: a post of the caller's there and its receipt, both or neither. Which post.
pub async fn rewrite(app: &App, who: &Actor, id: Uuid, (group, body): (Uuid, String)) -> Result<Uuid> {
    let mut tx = app.db.acting(who).await?;
    let q = read::one(&mut tx, id).await?;
    let texts = read::texts(app, &mut tx, id).await?;
    let written_at = texts.iter().find(|post| post.id == q.post_id).map(|post| post.created_at);
    let seen_by = read::seen_by(&mut tx, id).await?;
    let client_id =
        token::id_of(&token::sha256(&[b"renkei/rewriting/v1", id.as_bytes().as_slice()].concat()));
    let there = write(app, &mut tx, group, client_id, body).await?;
    let content = Content::Moved(Moved {
        post: there,
        written_at: written_at.ok_or(Error::NotFound)?,
        hidden_at: q.at,
        seen_by: u32::try_from(seen_by).map_err(Error::internal)?,
    });
    let s = app.keys.seal_receipt(&mut tx, group, client_id, &content, &[]).await?;
    let seen_by = i32::try_from(seen_by).map_err(Error::internal)?;
    let params: Params<'_> = &[&id, &there, &seen_by, &s.id, &s.client_id, &s.commitment, &s.envelope];
    match tx.query_and_commit(MOVE, params).await {
        Err(Error::Invalid(_)) => Err(Error::invalid(
            "group",
            "not_there",
            t("元のグループではない、患者さんのグループを選んでください。"),
        )),
        other => other.map(|_| {
            app.hub.wake();
            there
        }),
    }
}

/// A post of words alone, in a transaction that goes on.
async fn write(app: &App, tx: &mut Tx, group: Uuid, client_id: Uuid, body: String) -> Result<Uuid> {
    let request = record::jcs(&("rewriting", &body)).map_err(Error::internal)?;
    let stream = app.keys.group_streams(tx, group).await?.team;
    let key = app.keys.data_key(tx, stream).await?;
    let id = Uuid::now_v7();
    let content = Content::Post(record::Post::words(id, body));
    let s = seal::seal(&key, Aad { table: "post", stream, row: id }, client_id, &content, &request);
    let put = Put::of(group, Timeline::Team, content.kind(), &s);
    let row = tx.one(POST, &put.params()).await?;
    match row.get::<_, Option<Uuid>>("existing") {
        // It was written with its receipt, so it was moved.
        Some(_) => Err(Error::Conflict("moved_already".into())),
        None => Ok(id),
    }
}
