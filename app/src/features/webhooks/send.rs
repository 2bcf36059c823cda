//! What happens by itself: looking at what is new, one call as a job, forgetting. Signed as Standard Webhooks 1.0 has it: `webhook-id`,
//! `webhook-timestamp`, and in `webhook-signature` `v1,` with the Base64 of HMAC-SHA-256 over `id.timestamp.body`.

use std::time::Duration;

use aws_lc_rs::hmac;
use bytes::Bytes;
use data_encoding::BASE64;
use http_body_util::Full;
use hyper::Request;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::acts;
use crate::{
    Error, Result,
    app::{App, Shared},
    jobs::{self, Failure},
    mail::{Letter, Link},
    outbound::{Target, call, tls},
};

const SPREAD: &str = "SELECT act.spread_webhooks($1)";
const BEGIN: &str = "SELECT webhook_id, url, secret, kind, at FROM act.begin_webhook_call($1, $2)";
const ANSWERED: &str = "SELECT act.webhook_answered($1, $2, $3, 0, $4, $5)";
const FORGET: &str = "SELECT act.forget_webhook_calls($1)";

/// Put in by the database with the call's id. What the receiver says is an outcome and no failure: the next try is a job of its own.
pub const KIND: jobs::Kind = jobs::Kind {
    name: "facility_webhook",
    tries: 6,
    lease: Duration::from_secs(40),
    run: |app, payload| Box::pin(work(app, payload)),
};
/// A receiver answers first and works afterwards.
const TIME: Duration = Duration::from_secs(15);
/// How long after something happened it is looked at, at most.
const LOOK: Duration = Duration::from_secs(2);

/// Looks again and again, on every node; the database lets one at a time.
pub async fn run(app: Shared) {
    loop {
        if let Err(error) = look(&app, Timestamp::now()).await {
            tracing::warn!(%error, "webhooks could not be told of what is new");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// One look. How many calls it put in.
pub async fn look(app: &App, now: Timestamp) -> Result<i32> {
    let put: i32 = app.db.job(SPREAD, &[&now]).await?.first().map_or(0, |r| r.get(0));
    if put > 0 {
        app.jobs.ring();
    }
    Ok(put)
}

pub async fn forget(app: &App, now: Timestamp) -> Result<()> {
    app.db.job(FORGET, &[&now]).await.map(drop)
}

async fn work(app: Shared, payload: Value) -> Result<(), Failure> {
    let id =
        payload["call"].as_str().and_then(|id| id.parse().ok()).ok_or(Failure::for_good("not_a_call"))?;
    attempt(&app, id, Timestamp::now()).await.map_err(|_| Failure::later("not_noted"))
}

/// One try, and what came of it in the table. Where there is nothing to send any more, nothing happens.
pub async fn attempt(app: &App, id: Uuid, now: Timestamp) -> Result<()> {
    let rows = app.db.job(BEGIN, &[&id, &now]).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let (webhook, url): (Uuid, String) = (row.get(0), row.get(1));
    let secret = app.keys.open_secret(row.get(2), &acts::context(webhook)).await?;
    let body = json!({"type": row.get::<_, String>(3), "timestamp": row.get::<_, Timestamp>(4), "data": {"event_id": id}});
    let outcome = match request(app, &url, secret.expose(), id, &body, now) {
        Ok((target, request)) => deliver(app, &target, request).await,
        Err(_) => Err(Failure::for_good("not_sendable")),
    };
    let (word, code) = match outcome {
        Ok(()) => ("delivered", None),
        Err(failure) if failure.for_good => ("failed", Some(failure.code)),
        Err(failure) => ("later", Some(failure.code)),
    };
    tracing::debug!(%id, outcome = word, code, "a facility's webhook was called");
    app.db.job(ANSWERED, &[&id, &word, &code, &disabled(app), &now]).await?;
    app.jobs.ring();
    Ok(())
}

/// To the facility's admins, once it is called no more.
fn disabled(app: &App) -> Option<Value> {
    let letter = Letter::new("施設のWebhookが止まりました")
        .line("施設が登録したアドレスに5日のあいだ届かなかったため、呼び出しを止めました。")
        .line("受け取る側を直してから、画面で再開してください。")
        .link(&Link::to(&app.config.base_url, "facility/webhooks"));
    let parts = json!({"subject": letter.subject(), "text": letter.text()});
    app.config.mail.is_configured().then_some(parts)
}

/// What a receiver computes again.
pub fn signature(secret: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    context.update(format!("{id}.{timestamp}.").as_bytes());
    context.update(body);
    format!("v1,{}", BASE64.encode(context.sign().as_ref()))
}

fn request(
    app: &App,
    url: &str,
    secret: &[u8],
    id: Uuid,
    body: &Value,
    now: Timestamp,
) -> Result<(Target, Request<Full<Bytes>>)> {
    // The list may have become shorter since the facility named its address.
    if !app.config.webhooks.allows(url) {
        return Err(Error::internal("a host that is not on the list"));
    }
    let target = Target::parse(url, app.config.webhooks.private)?;
    let body = serde_json::to_vec(body).map_err(Error::internal)?;
    let (id, second) = (format!("msg_{id}"), now.as_second());
    let request = Request::post(target.path())
        .header("host", target.authority())
        .header("content-type", "application/json")
        .header("user-agent", concat!("renkei/", env!("CARGO_PKG_VERSION")))
        .header("webhook-id", &id)
        .header("webhook-timestamp", second)
        .header("webhook-signature", signature(secret, &id, second, &body))
        .body(Full::new(Bytes::from(body)))
        .map_err(Error::internal)?;
    Ok((target, request))
}

async fn deliver(app: &App, target: &Target, request: Request<Full<Bytes>>) -> Result<(), Failure> {
    let trusting = tls::client(&app.config.webhooks.ca_file).map_err(|_| Failure::later("no_ca_file"))?;
    // The answer's body is not read, and a redirect is not followed.
    let answer = tokio::time::timeout(TIME, call(target, &trusting, request, 0)).await;
    match answer.map_err(|_| Failure::later("timed_out"))??.status {
        200..300 => Ok(()),
        300..400 => Err(Failure::for_good("redirected")),
        408 | 425 | 429 => Err(Failure::later("receiver_says_later")),
        400..500 => Err(Failure::for_good("refused_by_receiver")),
        _ => Err(Failure::later("receiver_failed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard's own libraries.
    #[test]
    fn the_signature_is_the_standard_s() {
        let secret = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("Base64");
        let wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body), wanted);
    }
}
