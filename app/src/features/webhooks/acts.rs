//! Making, listing, trying, stopping and ending.

use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    model::{Call, NewWebhook, Off, Rotation, Webhook},
    send::shown,
};
use crate::{
    Result,
    app::App,
    auth::{Actor, token},
    db::Tx,
};

const MAKE: &str = "SELECT act.make_webhook($1, $2, $3, $4)";
const ROTATE: &str = "SELECT act.rotate_webhook($1, $2, $3, $4)";
const HERE: &str = "SELECT id, url, kinds, made_by, made_at, delivered_at, failing_since, failures, held_until, waiting, old_until, off_at, off_why FROM act.facility_webhooks()";
const CALLS: &str = "SELECT id, webhook_id, kind, at, state, tries, code, status, tried_at FROM act.facility_webhook_calls($1)";
const STOPPED: &str = "SELECT off_at, off_why FROM act.stopped_webhooks()";
const STOP: &str = "SELECT act.stop_webhook($1)";
const RESUME: &str = "SELECT act.resume_webhook($1)";
const END: &str = "SELECT act.end_webhook($1)";
const TRY: &str = "SELECT act.test_webhook($1)";
const RESEND: &str = "SELECT act.resend_webhook_call($1, $2)";

/// Under what a webhook's secrets are sealed.
pub(super) fn context(webhook: Uuid) -> Vec<u8> {
    [b"webhook/".as_slice(), webhook.as_bytes()].concat()
}

/// The secret as receivers take it, for this once. `None`: this id was made before.
pub async fn make(app: &App, who: &Actor, new: &NewWebhook) -> Result<Option<String>> {
    let (sealed, shown) = secret(app, new.id).await?;
    let tx = app.db.acting(who).await?;
    let rows = tx.query_and_commit(MAKE, &[&new.id, &new.url, &new.kinds, &sealed]).await?;
    Ok(rows.first().is_some_and(|r| r.get(0)).then_some(shown))
}

/// Another secret, for this once. `None`: this client id did it before.
pub async fn rotate(app: &App, who: &Actor, webhook: Uuid, rotation: &Rotation) -> Result<Option<String>> {
    let (sealed, shown) = secret(app, webhook).await?;
    let tx = app.db.acting(who).await?;
    let values: crate::db::Params<'_> = &[&webhook, &rotation.client_id, &sealed, &rotation.at_once];
    let rows = tx.query_and_commit(ROTATE, values).await?;
    Ok(rows.first().is_some_and(|r| r.get(0)).then_some(shown))
}

/// A new one, sealed and as it is shown.
async fn secret(app: &App, webhook: Uuid) -> Result<(Vec<u8>, String)> {
    let secret = token::random::<32>();
    let sealed = app.keys.seal_secret(secret, &context(webhook)).await?;
    Ok((sealed, shown(&secret)))
}

pub async fn here(tx: &mut Tx) -> Result<Vec<Webhook>> {
    let one = |r: &Row| Webhook {
        id: r.get(0),
        url: r.get(1),
        kinds: r.get(2),
        made_by: r.get(3),
        made_at: r.get(4),
        delivered_at: r.get(5),
        failing_since: r.get(6),
        failures: r.get(7),
        held_until: r.get(8),
        waiting: r.get(9),
        old_until: r.get(10),
        off: off(r, 11),
    };
    Ok(tx.query(HERE, &[]).await?.iter().map(one).collect())
}

fn off(row: &Row, from: usize) -> Option<Off> {
    Some(Off { at: row.get::<_, Option<_>>(from)?, why: row.get(from + 1) })
}

/// Those that stopped by themselves, where the caller is the facility's admin.
pub async fn stopped(tx: &mut Tx) -> Result<Vec<Off>> {
    Ok(tx.query(STOPPED, &[]).await?.iter().filter_map(|r| off(r, 0)).collect())
}

/// The newest calls of each webhook.
pub async fn calls(tx: &mut Tx, most: i32) -> Result<Vec<Call>> {
    let one = |r: &Row| Call {
        id: r.get(0),
        webhook: r.get(1),
        kind: r.get(2),
        at: r.get(3),
        state: r.get(4),
        tries: r.get(5),
        code: r.get(6),
        status: r.get(7),
        tried_at: r.get(8),
    };
    Ok(tx.query(CALLS, &[&most]).await?.iter().map(one).collect())
}

/// It stands and is called no more.
pub async fn stop(app: &App, who: &Actor, id: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(STOP, &[&id]).await.map(drop)
}

pub async fn resume(app: &App, who: &Actor, id: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(RESUME, &[&id]).await.map(drop)
}

/// For good.
pub async fn end(app: &App, who: &Actor, id: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(END, &[&id]).await.map(drop)
}

/// Puts in a call that says of itself that it is a trial.
pub async fn try_out(app: &App, who: &Actor, id: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(TRY, &[&id]).await.map(drop)
}

/// A call that was given up, once more.
pub async fn resend(app: &App, who: &Actor, id: Uuid, call: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(RESEND, &[&id, &call]).await.map(drop)
}
