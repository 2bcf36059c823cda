//! Opening a review, and answering.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    letters,
    model::{Answered, Answering},
    proof,
    rules::{self, Answer, Quarter},
};
use crate::{
    Error, Result,
    app::{App, Shared},
    audit,
    auth::Actor,
    db::Tx,
    features::groups,
};

const OPEN: &str = "SELECT act.open_review($1, $2, $3, $4, $5)";
const ITEM: &str = "SELECT kind, account_id, group_id, there, answer, review_id FROM act.review_item($1)";
const ANSWER: &str = "SELECT answer, closed FROM act.answer_review($1, $2, $3)";
const FORGET: &str = "SELECT act.forget_unused_device($1, $2)";

/// What the record of a removal gives as the reason.
const REASON: &str = "棚卸";

/// Opens a review of the caller's facility: its id. The same client id again is the same review. `Conflict`: one is open.
pub async fn open(app: &Shared, who: &Actor, client_id: Uuid) -> Result<Uuid> {
    let now = Timestamp::now();
    let (quarter, due) = (Quarter::of(now).code(), rules::due(now, &app.config.support));
    let tx = app.db.acting(who).await?;
    let letter = letters::opened(app);
    let rows = match tx.query_and_commit(OPEN, &[&Uuid::now_v7(), &client_id, &quarter, &due, &letter]).await
    {
        Err(Error::Conflict(reason)) if reason == "open_already" => {
            return Err(Error::Conflict("review_open_already".into()));
        }
        other => other?,
    };
    app.hub.wake();
    app.jobs.ring();
    rows.first().map(|r| r.get(0)).ok_or_else(|| Error::internal("act.open_review gives one row"))
}

/// Keeps or removes. A removed account is suspended at once; a removed membership ends with the record that every removal leaves,
/// in the same transaction. `Conflict("answered_already")` where somebody has said otherwise.
pub async fn answer(app: &Shared, who: &Actor, item: Uuid, new: Answering) -> Result<Answered> {
    let mut tx = app.db.acting(who).await?;
    let ends = ends_membership(&mut tx, item, new.answer).await?;
    if let Some((group, account)) = ends {
        groups::acts::end_in(app, &mut tx, group, account, new.client_id, Some(REASON.to_owned())).await?;
    }
    let rows = tx.query_and_commit(ANSWER, &[&item, &new.answer.code(), &new.client_id]).await?;
    let row = rows.first().ok_or_else(|| Error::internal("act.answer_review gives one row"))?;
    let answered = Answered { answer: row.get(0), closed: row.get(1) };
    app.hub.wake();
    if answered.closed {
        sign(app).await;
    }
    Ok(answered)
}

/// Whom and what an item is about.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub review: Uuid,
    pub account: Uuid,
    /// Absent for an account.
    pub group: Option<Uuid>,
}

/// Where an item belongs, for whoever may answer it. A refusal stands in the access log.
pub async fn place(app: &Shared, who: &Actor, item: Uuid) -> Result<Place> {
    let mut tx = app.db.acting(who).await?;
    let found = tx.one(ITEM, &[&item]).await;
    drop(tx);
    match found {
        Ok(row) => Ok(Place { review: row.get(5), account: row.get(1), group: row.get(2) }),
        Err(refused) => {
            if let Error::NotFound | Error::Forbidden(_) = refused {
                audit::refused(app, who, "review_kept", None, Some(item)).await;
            }
            Err(refused)
        }
    }
}

/// Group and account of the membership that this answer ends.
async fn ends_membership(tx: &mut Tx, item: Uuid, answer: Answer) -> Result<Option<(Uuid, Uuid)>> {
    let row = tx.one(ITEM, &[&item]).await?;
    let (group, there): (Option<Uuid>, bool) = (row.get(2), row.get(3));
    let unanswered = row.get::<_, Option<&str>>(4).is_none();
    let ends = answer == Answer::Remove && unanswered && there;
    Ok(group.filter(|_| ends).map(|group| (group, row.get(1))))
}

/// The answer stands; a signature that cannot be made now is made by the schedule.
async fn sign(app: &App) {
    if let Err(error) = proof::sign_all(app).await {
        tracing::warn!(%error, "a result waits for its signature");
    }
}

/// Forgets a device that nobody has used for long. `Conflict`: somebody has meanwhile.
pub async fn forget_device(app: &Shared, who: &Actor, device: Uuid) -> Result<()> {
    let tx = app.db.acting(who).await?;
    tx.query_and_commit(FORGET, &[&device, &rules::UNUSED_DAYS]).await?;
    app.hub.wake();
    Ok(())
}
