//! Hiding, deciding, and writing again where it belongs.

use envelope::Aad;
use jiff::Timestamp;
use record::{Content, Moved, QuarantineDecided, Quarantined};
use uuid::Uuid;

use super::{
    model::{Decision, State},
    read,
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::App,
    auth::{Actor, token},
    db::Tx,
    features::posts::{
        self,
        model::{NewPost, Timeline},
    },
    seal::{self, Sealed},
};

const FIRST_TEXT: &str = "SELECT act.first_text($1)";
const QUARANTINE: &str = "SELECT id FROM act.quarantine($1, $2, $3, $4, $5, $6, $7)";
const DECIDE: &str = "SELECT act.decide_quarantine($1, $2, $3, $4, $5, $6)";
const NAME_SECOND: &str = "SELECT act.name_second($1, $2)";
const MOVE: &str = "SELECT act.move_quarantined($1, $2, $3, $4, $5, $6, $7)";

/// Hides a post, its corrections, and what the family was shown of it. The same `client_id` again gives the first one.
pub async fn quarantine(
    app: &App,
    who: &Actor,
    post: Uuid,
    client_id: Uuid,
    (reason, second): (String, Option<Uuid>),
) -> Result<Uuid> {
    let mut tx = app.db.acting(who).await?;
    // A correction goes back to the first text, and the record names that.
    let first: Uuid = tx.one(FIRST_TEXT, &[&post]).await?.get(0);
    let of = posts::store::target(&mut tx, post).await?;
    let request = record::jcs(&(post, &reason, second)).map_err(Error::internal)?;
    let content = Content::Quarantined(Quarantined { post: first, reason });
    let s = sealed(app, &mut tx, of.group, client_id, &content, &request).await?;
    let done = tx
        .query_and_commit(
            QUARANTINE,
            &[&post, &second, &s.id, &s.client_id, &s.fingerprint, &s.commitment, &s.envelope],
        )
        .await;
    let rows = match done {
        Err(Error::Invalid(_)) => return Err(Error::Invalid(vec![nobody_else()])),
        other => other?,
    };
    app.hub.wake();
    rows.first().map(|r| r.get(0)).ok_or_else(|| Error::internal("act.quarantine gives one row"))
}

fn nobody_else() -> FieldError {
    FieldError::new(
        "second",
        "needed",
        t("もう1人、確かめる人が要ります。いまこのグループにいる、ほかの人を選んでください。"),
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
    let s = sealed(app, &mut tx, q.group_id, client_id, &content, &[]).await?;
    let stays = decision == Decision::Confirm;
    tx.query_and_commit(DECIDE, &[&id, &stays, &s.id, &s.client_id, &s.commitment, &s.envelope]).await?;
    app.hub.wake();
    Ok(())
}

/// Somebody else decides.
pub async fn name_second(app: &App, who: &Actor, id: Uuid, second: Uuid) -> Result<()> {
    let tx = app.db.acting(who).await?;
    match tx.query_and_commit(NAME_SECOND, &[&id, &second]).await {
        Err(Error::Invalid(_)) => Err(Error::Invalid(vec![nobody_else()])),
        other => other.map(|_| app.hub.wake()),
    }
}

/// The text again, where it belongs: a post of the caller's there, and its receipt. Which post. Pressed twice it is one post: its `client_id` follows
/// from the quarantine.
pub async fn rewrite(app: &App, who: &Actor, id: Uuid, (group, body): (Uuid, String)) -> Result<Uuid> {
    let mut tx = app.db.acting(who).await?;
    let q = read::one(&mut tx, id).await?;
    let written_at = read::texts(app, &mut tx, id).await?.first().map(|post| post.created_at);
    tx.commit().await?;
    if let Some(there) = q.moved_to {
        return Ok(there);
    }
    if q.state != State::Confirmed {
        return Err(Error::Conflict("decided_otherwise".into()));
    }
    if group == q.group_id {
        return Err(Error::invalid(
            "group",
            "the_same",
            t("隔離した投稿と同じグループです。正しいグループを選んでください。"),
        ));
    }
    let seen_by = seen_before(app, who, q.post_id, q.at).await?;
    let new = NewPost::words(Timeline::Team, body, own_id(id, b"renkei/rewriting/v1"));
    let there = posts::acts::post(app, who, group, new).await?.post.id;
    let mut tx = app.db.acting(who).await?;
    let content = Content::Moved(Moved {
        post: there,
        quarantine: id,
        written_at: written_at.ok_or(Error::NotFound)?,
        hidden_at: q.at,
        seen_by,
    });
    let s = sealed(app, &mut tx, group, own_id(id, b"renkei/moved/v1"), &content, &[]).await?;
    let seen_by = i32::try_from(seen_by).map_err(Error::internal)?;
    tx.query_and_commit(MOVE, &[&id, &there, &seen_by, &s.id, &s.client_id, &s.commitment, &s.envelope])
        .await?;
    app.hub.wake();
    Ok(there)
}

/// People who had it on the screen before it was hidden.
async fn seen_before(app: &App, who: &Actor, post: Uuid, hidden_at: Timestamp) -> Result<u32> {
    let readers = posts::read::readers(app, who, post).await?;
    let before = readers.iter().filter(|r| r.displayed_at.is_some_and(|at| at < hidden_at)).count();
    u32::try_from(before).map_err(Error::internal)
}

/// An id that is the same for everybody who does this to this quarantine.
fn own_id(quarantine: Uuid, what: &[u8]) -> Uuid {
    token::id_of(&token::sha256(&[what, quarantine.as_bytes()].concat()))
}

/// Sealed under the key of the group's receipts.
async fn sealed(
    app: &App,
    tx: &mut Tx,
    group: Uuid,
    client_id: Uuid,
    content: &Content,
    request: &[u8],
) -> Result<Sealed> {
    let stream = app.keys.group_streams(tx, group).await?.receipts;
    let key = app.keys.data_key(tx, stream).await?;
    let place = Aad { table: "receipt", stream, row: Uuid::now_v7() };
    Ok(seal::seal(&key, place, client_id, content, request))
}
