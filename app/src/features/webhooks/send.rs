//! What happens by itself: looking at what is new, calling, forgetting. Everything takes the time from outside.
//!
//! Calls are no jobs of the common queue: a receiver that is slow would keep letters and pushes waiting. They are taken one of each
//! webhook under a lease, so a node that dies leaves a call that is made again, under the same id.

use std::time::Duration;

use data_encoding::BASE64;
use hyper::header::RETRY_AFTER;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{acts, request};
use crate::words::t;
use crate::{
    Result,
    app::{App, Shared},
    jobs::Failure,
    mail::{self, Letter, Link},
    outbound::{call, tls},
};

const SPREAD: &str = "SELECT act.spread_webhooks($1)";
const TAKE: &str =
    "SELECT id, webhook_id, url, secret, old_secret, kind, at FROM act.take_webhook_calls($1, $2)";
const ANSWERED: &str = "SELECT act.webhook_answered($1, $2, $3, $4, $5, $6, $7)";
const FORGET: &str = "SELECT act.forget_webhook_calls($1)";

/// How long after something happened it is looked at, at most.
const LOOK: Duration = Duration::from_secs(2);
/// How long a call that is due waits, at most.
const TURN: Duration = Duration::from_millis(500);
/// Receivers that one node calls at the same time.
const AT_ONCE: usize = 8;

/// Looks and calls, on every node; the database lets one at a time look, and gives each call to one.
pub async fn run(app: Shared) {
    tokio::join!(keep_looking(&app), keep_calling(&app));
}

async fn keep_looking(app: &Shared) {
    loop {
        if let Err(error) = look(app, Timestamp::now()).await {
            tracing::warn!(%error, "webhooks could not be told of what is new");
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn keep_calling(app: &Shared) {
    let mut running = JoinSet::new();
    loop {
        let free = AT_ONCE - running.len();
        match take(app, free, Timestamp::now()).await {
            Ok(calls) => {
                for call in calls {
                    running.spawn(one(app.clone(), call, None));
                }
            }
            Err(error) => tracing::warn!(%error, "no calls of webhooks could be taken"),
        }
        tokio::select! {
            Some(_) = running.join_next() => {}
            () = tokio::time::sleep(TURN) => {}
        }
    }
}

/// One look. How many calls it put in.
pub async fn look(app: &App, now: Timestamp) -> Result<i32> {
    Ok(app.db.job(SPREAD, &[&now]).await?.first().map_or(0, |r| r.get(0)))
}

/// Makes every call that is due at `now`, one of each webhook, and waits for them. How many.
pub async fn round(app: &Shared, now: Timestamp) -> Result<usize> {
    let calls = take(app, AT_ONCE, now).await?;
    let count = calls.len();
    let running: JoinSet<()> = calls.into_iter().map(|call| one(app.clone(), call, Some(now))).collect();
    running.join_all().await;
    Ok(count)
}

pub async fn forget(app: &App, now: Timestamp) -> Result<()> {
    app.db.job(FORGET, &[&now]).await.map(drop)
}

/// A call that this node has in hand.
pub(super) struct Due {
    pub id: Uuid,
    pub webhook: Uuid,
    pub url: String,
    /// Sealed: the secret, and the one before it while both are good.
    pub secrets: Vec<Vec<u8>>,
    pub kind: String,
    pub at: Timestamp,
}

async fn take(app: &App, most: usize, now: Timestamp) -> Result<Vec<Due>> {
    let most = i32::try_from(most).unwrap_or_default();
    let one = |r: &Row| Due {
        id: r.get(0),
        webhook: r.get(1),
        url: r.get(2),
        secrets: [Some(r.get(3)), r.get(4)].into_iter().flatten().collect(),
        kind: r.get(5),
        at: r.get(6),
    };
    Ok(app.db.job(TAKE, &[&most, &now]).await?.iter().map(one).collect())
}

/// What a receiver's answer means.
struct Outcome {
    /// `delivered`, `later`, `failed` or `gone`.
    word: &'static str,
    code: Option<&'static str>,
    status: Option<i32>,
    /// Seconds for which the receiver asks.
    wait: i32,
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        let word = if failure.for_good { "failed" } else { "later" };
        Self { word, code: Some(failure.code), status: None, wait: 0 }
    }
}

/// `now`: only in tests; else the time at which the answer is there.
async fn one(app: Shared, call: Due, now: Option<Timestamp>) {
    let outcome =
        attempt(&app, &call, now.unwrap_or_else(Timestamp::now)).await.unwrap_or_else(Outcome::from);
    let Outcome { word, code, status, wait } = outcome;
    let at = now.unwrap_or_else(Timestamp::now);
    tracing::debug!(id = %call.id, outcome = word, code, status, "a facility's webhook was called");
    match app.db.job(ANSWERED, &[&call.id, &word, &code, &status, &wait, &letters(&app), &at]).await {
        Ok(_) => app.jobs.ring(),
        Err(error) => {
            tracing::warn!(id = %call.id, %error, "what came of a webhook's call was not noted; it is made again");
        }
    }
}

async fn attempt(app: &Shared, call: &Due, now: Timestamp) -> Result<Outcome, Failure> {
    // The list may have become shorter since the facility named its address.
    let target = request::target(app, &call.url).ok_or(Failure::for_good("host_not_listed"))?;
    let mut keys = Vec::new();
    for sealed in &call.secrets {
        let opened = app.keys.open_secret(sealed, &acts::context(call.webhook)).await;
        keys.push(opened.map_err(|_| Failure::later("no_secret"))?);
    }
    let request = request::request(&target, &keys, call, now).ok_or(Failure::for_good("not_sendable"))?;
    let trusting = tls::client(&app.config.webhooks.ca_file).map_err(|_| Failure::later("no_ca_file"))?;
    // The answer's body is not read, and a redirect is not followed.
    let answer = tokio::time::timeout(app.config.webhooks.wait(), self::call(&target, &trusting, request, 0));
    let answer = answer.await.map_err(|_| Failure::later("timed_out"))??;
    let (word, code) = match answer.status {
        200..300 => ("delivered", None),
        300..400 => ("failed", Some("redirected")),
        408 | 425 | 429 => ("later", Some("receiver_says_later")),
        410 => ("gone", Some("gone")),
        400..500 => ("failed", Some("refused_by_receiver")),
        _ => ("later", Some("receiver_failed")),
    };
    let wait = answer.headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.trim().parse().ok());
    Ok(Outcome { word, code, status: Some(answer.status.into()), wait: wait.unwrap_or(0).max(0) })
}

/// To the facility's admins, once it is called no more, by the reason.
fn letters(app: &App) -> Value {
    let one = |why: &'static str| {
        let letter = Letter::new("施設のWebhookが止まりました")
            .line(why)
            .line("受け取る側を確かめてから、画面で再開してください。止まっているあいだのことは、送られません。")
            .link(&Link::to(&app.config.base_url, "facility/webhooks"));
        mail::parts(app, &letter)
    };
    json!({
        "failing": one(t("施設が登録したアドレスに5日のあいだ届かなかったため、呼び出しを止めました。")),
        "gone": one(t("施設が登録したアドレスが「もう受け取らない」（410）と答えたため、呼び出しを止めました。")),
    })
}

/// As receivers take a secret.
pub(super) fn shown(secret: &[u8]) -> String {
    format!("whsec_{}", BASE64.encode(secret))
}
