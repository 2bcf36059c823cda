//! A signed POST to the address that the configuration names, as a job.
//!
//! The body is JSON. `x-renkei-timestamp` is the Unix second of sending, `x-renkei-signature` is `v1=` and the hexadecimal
//! HMAC-SHA-256 of `timestamp "." body` under the shared secret; `x-renkei-id` stays the same when a call is repeated.

use std::time::Duration;

use aws_lc_rs::hmac;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Target, call, tls};
use crate::{
    Result,
    app::Shared,
    jobs::{self, Failure},
};

pub const KIND: jobs::Kind = jobs::Kind {
    name: "webhook",
    tries: 18,
    lease: Duration::from_secs(30),
    run: |app, call| Box::pin(send(app, call)),
};
const TIME: Duration = Duration::from_secs(15);

/// Calls the configured webhook with `body`, which holds codes, ids and numbers alone.
pub async fn enqueue_now(app: &Shared, body: &Value) -> Result<Uuid> {
    jobs::enqueue_now(app, &KIND, &payload(body)).await
}

/// The payload of a `webhook` job, for a definer function that puts it in itself.
pub fn payload(body: &Value) -> Value {
    json!({"id": Uuid::new_v4(), "body": body})
}

/// What a receiver computes again.
pub fn signature(secret: &[u8], timestamp: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mut context = hmac::Context::with_key(&key);
    context.update(timestamp.to_string().as_bytes());
    context.update(b".");
    context.update(body);
    format!("v1={}", hex::encode(context.sign()))
}

async fn send(app: Shared, call: Value) -> Result<(), Failure> {
    let watch = &app.config.watch;
    let Ok(Some(target)) = watch.target() else { return Err(Failure::for_good("no_webhook")) };
    let secret =
        tokio::fs::read(&watch.webhook_secret_file).await.map_err(|_| Failure::later("no_webhook_secret"))?;
    let request = request(&target, secret.trim_ascii_end(), &call).ok_or(Failure::for_good("not_a_call"))?;
    match tokio::time::timeout(TIME, deliver(&target, &watch.webhook_ca_file, request)).await {
        Ok(done) => done,
        Err(_) => Err(Failure::later("timed_out")),
    }
}

fn request(target: &Target, secret: &[u8], call: &Value) -> Option<Request<Full<Bytes>>> {
    let body = serde_json::to_vec(call.get("body")?).ok()?;
    let timestamp = jiff::Timestamp::now().as_second();
    Request::post(target.path())
        .header("host", target.authority())
        .header("content-type", "application/json")
        .header("user-agent", concat!("renkei/", env!("CARGO_PKG_VERSION")))
        .header("x-renkei-id", call.get("id")?.as_str()?)
        .header("x-renkei-timestamp", timestamp)
        .header("x-renkei-signature", signature(secret, timestamp, &body))
        .body(Full::new(Bytes::from(body)))
        .ok()
}

async fn deliver(
    target: &Target,
    ca: &std::path::Path,
    request: Request<Full<Bytes>>,
) -> Result<(), Failure> {
    let config = tls::client(ca).map_err(|_| Failure::later("no_ca_file"))?;
    // The answer's body is not read, and a redirect is not followed.
    match call(target, &config, request, 0).await?.status {
        200..300 => Ok(()),
        300..400 => Err(Failure::for_good("redirected")),
        408 | 429 => Err(Failure::later("receiver_says_later")),
        400..500 => Err(Failure::for_good("refused_by_receiver")),
        _ => Err(Failure::later("receiver_failed")),
    }
}
