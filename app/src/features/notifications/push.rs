//! Sending one push (RFC 8030): a POST to the address that the browser gave, encrypted for the device, signed by this deployment.
//! The text is a token and one letter, of the start page, the notices or the family's page; whoever runs the push service learns when a device was called, not why.

use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use http_body_util::Full;
use hyper::{HeaderMap, Request};
use jiff::{Timestamp, fmt::rfc2822};
use serde_json::Value;
use uuid::Uuid;
use web_push::{Sender, Subscriber, encrypt};

use super::{Key, store};
use crate::{
    Error, Result,
    app::{App, Shared},
    auth::token,
    jobs::{self, Failure},
    outbound::{Target, call, tls},
};

/// Put in by `act.tell_due`, `act.test_push` and `act.push_answered`, with the push's id. What the push service says is an outcome and
/// no failure: the next try is a job of its own, when the service wants it.
pub const KIND: jobs::Kind = jobs::Kind {
    name: "push",
    tries: 6,
    lease: Duration::from_secs(40),
    run: |app, payload| Box::pin(work(app, payload)),
};
const TIME: Duration = Duration::from_secs(15);
/// Seconds that a token of ours holds; 24 hours are the most (RFC 8292 §2).
const TOKEN_SECONDS: i64 = 12 * 3600;

async fn work(app: Shared, payload: Value) -> Result<(), Failure> {
    let push =
        payload["push"].as_str().and_then(|id| id.parse().ok()).ok_or(Failure::for_good("not_a_push"))?;
    attempt(&app, push, Timestamp::now()).await.map_err(|_| Failure::later("not_noted"))
}

/// One try, and what came of it in the table. Where there is nothing to send any more, nothing happens.
pub async fn attempt(app: &App, push: Uuid, now: Timestamp) -> Result<()> {
    // 128 bits: whoever guesses one says that somebody's phone has rung.
    let token = BASE64URL_NOPAD.encode(&token::random::<16>());
    let Some(call) = store::begin(app, push, &token::hash(&token), now).await? else { return Ok(()) };
    let outcome = send(app, &call, &token, now).await?;
    tracing::debug!(%push, outcome = outcome.word, code = outcome.code, "a push was tried");
    store::answered(app, push, outcome.word, outcome.code, outcome.wait, now).await
}

/// What one try needs.
pub struct Call {
    pub endpoint: String,
    pub p256dh: Vec<u8>,
    pub auth: Vec<u8>,
    pub urgent: bool,
    /// Seconds for which the push service keeps it.
    pub ttl: i32,
    pub opens: Opens,
}

crate::opaque_debug!(Call);

/// Which page a tap on the notice opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    Start,
    /// Of notices alone, of no post among them.
    Notices,
    Family,
}

impl Opens {
    /// All as long as each other: what the push service carries does not tell them apart.
    fn letter(self) -> &'static str {
        match self {
            Self::Start => "p",
            Self::Notices => "n",
            Self::Family => "f",
        }
    }
}

/// One push to one device. What came of it is for the caller to note.
pub async fn send(app: &App, call: &Call, token: &str, now: Timestamp) -> Result<Outcome> {
    let sender = Key::of(app).await?;
    Ok(match request(app, &sender, call, token, now) {
        Ok((target, request)) => deliver(app, &target, request, now).await,
        Err(_) => Outcome::FAILED,
    })
}

/// As `act.push_answered` takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub word: &'static str,
    pub code: Option<&'static str>,
    /// Seconds that the service wants us to wait.
    pub wait: i32,
}

impl Outcome {
    const FAILED: Self = Self { word: "failed", code: Some("not_sendable"), wait: 0 };

    const fn later(code: &'static str, wait: i32) -> Self {
        Self { word: "later", code: Some(code), wait }
    }
}

fn request(
    app: &App,
    sender: &Sender,
    to: &Call,
    token: &str,
    now: Timestamp,
) -> Result<(Target, Request<Full<Bytes>>)> {
    // The list may have become shorter since the browser subscribed.
    if !app.config.push.allows(&to.endpoint) {
        return Err(Error::internal("a push service that is not on the list"));
    }
    let target = Target::parse(&to.endpoint, app.config.push.private)?;
    let subscriber = Subscriber::parse(&to.p256dh, &to.auth).map_err(Error::internal)?;
    let opens = to.opens.letter();
    let text = format!(r#"{{"v":1,"t":"{token}","k":"{opens}"}}"#);
    let body = encrypt(&subscriber, text.as_bytes()).map_err(Error::internal)?;
    let scheme = if target.is_tls() { "https" } else { "http" };
    let audience = format!("{scheme}://{}", target.authority());
    let contact = app.config.push_contact();
    let signed = sender
        .authorization(&audience, &contact, now.as_second() + TOKEN_SECONDS)
        .map_err(Error::internal)?;
    let request = Request::post(target.path())
        .header("host", target.authority())
        .header("content-type", "application/octet-stream")
        .header("content-encoding", "aes128gcm")
        .header("ttl", to.ttl)
        .header("urgency", if to.urgent { "high" } else { "normal" })
        .header("authorization", signed)
        .body(Full::new(Bytes::from(body)))
        .map_err(Error::internal)?;
    Ok((target, request))
}

async fn deliver(app: &App, target: &Target, request: Request<Full<Bytes>>, now: Timestamp) -> Outcome {
    let Ok(trusting) = tls::client(&app.config.push.ca_file) else { return Outcome::later("no_ca_file", 0) };
    // The answer's body is not read, and a redirect is not followed.
    match tokio::time::timeout(TIME, call(target, &trusting, request, 0)).await {
        Ok(Ok(answer)) => outcome(answer.status, &answer.headers, now),
        Ok(Err(failure)) => Outcome::later(failure.code, 0),
        Err(_) => Outcome::later("timed_out", 0),
    }
}

/// RFC 8030 §5 and §7.3, and what the services add.
fn outcome(status: u16, headers: &HeaderMap, now: Timestamp) -> Outcome {
    match status {
        200..300 => Outcome { word: "accepted", code: None, wait: 0 },
        404 | 410 => Outcome { word: "gone", code: Some("gone"), wait: 0 },
        408 | 425 | 429 => Outcome::later("service_says_later", wait(headers, now)),
        500.. => Outcome::later("service_failed", wait(headers, now)),
        300..400 => Outcome { word: "failed", code: Some("redirected"), wait: 0 },
        _ => Outcome { word: "failed", code: Some("refused_by_service"), wait: 0 },
    }
}

/// `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), an hour at most.
fn wait(headers: &HeaderMap, now: Timestamp) -> i32 {
    let Some(text) = headers.get("retry-after").and_then(|v| v.to_str().ok()) else { return 0 };
    let seconds = text.trim().parse::<i64>().ok().or_else(|| {
        let date = rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
        Some(date.as_second() - now.as_second())
    });
    i32::try_from(seconds.unwrap_or_default().clamp(0, 3600)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> i32 {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", text.parse().expect("a value"));
        wait(&headers, "1994-11-06T08:49:07Z".parse().expect("a time"))
    }

    #[test]
    fn a_service_says_how_long_to_wait_in_two_ways() {
        assert_eq!(after("120"), 120);
        assert_eq!(after("Sun, 06 Nov 1994 08:49:37 GMT"), 30);
        assert_eq!((after("9999999"), after("-5"), after("soon")), (3600, 0, 0));
        assert_eq!(wait(&HeaderMap::new(), Timestamp::UNIX_EPOCH), 0);
    }

    #[test]
    fn what_a_service_answers_is_told_apart() {
        let word = |status| outcome(status, &HeaderMap::new(), Timestamp::UNIX_EPOCH).word;
        assert_eq!([201, 200, 202].map(word), ["accepted"; 3]);
        assert_eq!([404, 410].map(word), ["gone"; 2]);
        assert_eq!([429, 500, 503, 408].map(word), ["later"; 4]);
        assert_eq!([400, 401, 403, 413, 301].map(word), ["failed"; 5]);
    }
}
