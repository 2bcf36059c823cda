//! The verbs: make, change. Pages, API and the sample call these.

use envelope::Aad;
use uuid::Uuid;

use super::model::{Change, NewTask, Said};
use crate::words::t;
use crate::{Error, Result, app::App, auth::Actor, db::Tx, seal};

const MAKE: &str = "SELECT id, created FROM act.make_task($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const CHANGE: &str = "SELECT act.change_task($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const ME: &str = "SELECT sec.me()";
const OF: &str = "SELECT t.group_id, t.stream_id FROM care.task t WHERE t.id = $1";

/// The task, and whether it is new: the same client id again gives the first one.
pub async fn make(app: &App, who: &Actor, group: Uuid, new: &NewTask) -> Result<(Uuid, bool)> {
    match try_make(app, who, group, new).await {
        // Two sends of one client id met: the other one is there now.
        Err(Error::Conflict(constraint)) if constraint == "task_client_id_key" => {
            try_make(app, who, group, new).await
        }
        other => other,
    }
}

async fn try_make(app: &App, who: &Actor, group: Uuid, new: &NewTask) -> Result<(Uuid, bool)> {
    let mut tx = app.db.acting(who).await?;
    let streams = app.keys.group_streams(&mut tx, group).await?;
    let key = app.keys.data_key(&mut tx, streams.team).await?;
    let owner = match new.owner {
        Some(owner) => owner,
        None => tx.one(ME, &[]).await?.get(0),
    };
    let (task, event) = (Uuid::now_v7(), Uuid::now_v7());
    let place = |table, row| Aad { table, stream: streams.team, row };
    let (envelope, _) = seal::seal_words(&key, place("task", task), new.client_id, &new.words)?;
    let (said, _) = seal::seal_words(&key, place("task_event", event), new.client_id, &new.words)?;
    let request = record::jcs(&(&new.words, owner, new.post)).map_err(Error::internal)?;
    let fingerprint = envelope::fingerprint(&key, new.client_id, &request).to_vec();
    let rows = tx
        .query_and_commit(
            MAKE,
            &[&group, &task, &new.post, &owner, &new.client_id, &fingerprint, &envelope, &event, &said],
        )
        .await
        .map_err(named)?;
    let row = rows.first().ok_or_else(|| Error::internal("act.make_task gives one row"))?;
    app.hub.wake();
    Ok((row.get(0), row.get(1)))
}

/// Does one change. Again with the same client id is fine and writes nothing.
pub async fn change(app: &App, who: &Actor, task: Uuid, client_id: Uuid, change: &Change) -> Result<()> {
    match try_change(app, who, task, client_id, change).await {
        Err(Error::Conflict(constraint)) if constraint == "task_event_client_id_key" => {
            try_change(app, who, task, client_id, change).await
        }
        other => other,
    }
}

async fn try_change(app: &App, who: &Actor, task: Uuid, client_id: Uuid, change: &Change) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let (_, stream) = place(&mut tx, task).await?;
    let key = app.keys.data_key(&mut tx, stream).await?;
    let event = Uuid::now_v7();
    let of_event = Aad { table: "task_event", stream, row: event };
    let said = |text: &str| seal::seal_words(&key, of_event, client_id, &Said { text: text.to_owned() });
    let (mut seen, mut owner, mut words) = (None, None, None);
    let (sealed, fingerprint) = match change {
        Change::Words { words: new, seen: version } => {
            seen = Some(*version);
            words = Some(seal::seal_words(&key, Aad { table: "task", stream, row: task }, client_id, new)?.0);
            seal::seal_words(&key, of_event, client_id, new)?
        }
        Change::HandOver { to, text } => {
            owner = Some(*to);
            let (sealed, _) = said(text)?;
            let request = record::jcs(&(to, text)).map_err(Error::internal)?;
            (sealed, envelope::fingerprint(&key, client_id, &request).to_vec())
        }
        Change::Done { text } | Change::Drop { text } | Change::Reopen { text } => said(text)?,
    };
    tx.query_and_commit(
        CHANGE,
        &[&task, &change.kind(), &seen, &owner, &client_id, &fingerprint, &words, &event, &sealed],
    )
    .await
    .map_err(named)?;
    app.hub.wake();
    Ok(())
}

/// The group and the stream of a task that the caller may know of.
pub async fn place(tx: &mut Tx, task: Uuid) -> Result<(Uuid, Uuid)> {
    let row = tx.one(OF, &[&task]).await?;
    Ok((row.get(0), row.get(1)))
}

/// What the database found impossible, under the entry's own name.
fn named(error: Error) -> Error {
    match error {
        Error::Invalid(fields) if fields.iter().any(|f| f.message == "no_member") => Error::invalid(
            "owner",
            "no_member",
            t("選ばれた方は、いまこのグループのメンバーではありません。選び直してください。"),
        ),
        other => other,
    }
}
