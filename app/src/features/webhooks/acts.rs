//! Making, listing, trying and ending.

use data_encoding::BASE64;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Call, NewWebhook, Webhook};
use crate::{
    Result,
    app::App,
    auth::{Actor, token},
    db::Tx,
};

const MAKE: &str = "SELECT act.make_webhook($1, $2, $3, $4)";
const HERE: &str =
    "SELECT id, url, kinds, made_by, made_at, failing_since, disabled_at FROM act.facility_webhooks()";
const CALLS: &str =
    "SELECT id, webhook_id, kind, at, state, tries, code, tried_at FROM act.facility_webhook_calls($1)";
const END: &str = "SELECT act.end_webhook($1)";
const TRY: &str = "SELECT act.test_webhook($1)";
const RESEND: &str = "SELECT act.resend_webhook_call($1, $2)";
const RESUME: &str = "SELECT act.resume_webhook($1)";

/// Under what a webhook's secret is sealed.
pub(super) fn context(webhook: Uuid) -> Vec<u8> {
    [b"webhook/".as_slice(), webhook.as_bytes()].concat()
}

/// The secret as receivers take it (Standard Webhooks), for this once. `None`: this id was made before.
pub async fn make(app: &App, who: &Actor, new: &NewWebhook) -> Result<Option<String>> {
    let secret = token::random::<32>();
    let shown = format!("whsec_{}", BASE64.encode(&secret));
    let sealed = app.keys.seal_secret(secret, &context(new.id)).await?;
    let tx = app.db.acting(who).await?;
    let rows = tx.query_and_commit(MAKE, &[&new.id, &new.url, &new.kinds, &sealed]).await?;
    Ok(rows.first().is_some_and(|r| r.get(0)).then_some(shown))
}

pub async fn here(tx: &mut Tx) -> Result<Vec<Webhook>> {
    let one = |r: &Row| Webhook {
        id: r.get(0),
        url: r.get(1),
        kinds: r.get(2),
        made_by: r.get(3),
        made_at: r.get(4),
        failing_since: r.get(5),
        disabled_at: r.get(6),
    };
    Ok(tx.query(HERE, &[]).await?.iter().map(one).collect())
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
        tried_at: r.get(7),
    };
    Ok(tx.query(CALLS, &[&most]).await?.iter().map(one).collect())
}

pub async fn end(app: &App, who: &Actor, id: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(END, &[&id]).await.map(drop)
}

/// Puts in a call that says of itself that it is a trial.
pub async fn try_out(app: &App, who: &Actor, id: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(TRY, &[&id]).await?;
    app.jobs.ring();
    Ok(())
}

/// A call that was given up, once more.
pub async fn resend(app: &App, who: &Actor, id: Uuid, call: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(RESEND, &[&id, &call]).await?;
    app.jobs.ring();
    Ok(())
}

pub async fn resume(app: &App, who: &Actor, id: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(RESUME, &[&id]).await.map(drop)
}
