//! A time stamp over a checkpoint (RFC 3161, `crates/timestamp`): asked for at the authority of the settings, and believed after it was checked.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, header};
use jiff::Timestamp;
use rustls::pki_types::TrustAnchor;
pub use timestamp::Stamp;
use timestamp::{MOST, Question, Refused};

use super::Copy;
use crate::{
    Error, Result,
    app::App,
    auth::token,
    config,
    outbound::{self, call},
};

const TIME: Duration = Duration::from_secs(20);
const QUERY: &str = "application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";

/// Whom a stamp is believed by.
pub fn authorities(settings: &config::Timestamp) -> Result<Vec<TrustAnchor<'static>>> {
    let roots = match config::set(&settings.roots_file) {
        Some(file) => tls_profile::read_roots(file),
        None => tls_profile::roots(None),
    };
    Ok(roots.map_err(Error::internal)?.roots)
}

/// Checks a stamp that was kept, over these bytes. Its time.
pub fn check(
    token: &[u8],
    note: &str,
    authorities: &[TrustAnchor<'_>],
) -> std::result::Result<Timestamp, Refused> {
    timestamp::check(token, &imprint(note), authorities)
}

fn imprint(note: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, note.as_bytes()).as_ref());
    bytes
}

/// A fresh stamp, checked; or a code that says why there is none.
pub async fn fetch(app: &App, copy: &Copy) -> std::result::Result<Stamp, &'static str> {
    let settings = &app.config.log.timestamp;
    let authorities = authorities(settings).map_err(|_| "no_roots")?;
    let question = Question::new(imprint(&copy.note.to_string()), token::random());
    let reply = tokio::time::timeout(TIME, ask(settings, question)).await.map_err(|_| "timed_out")??;
    question.answered(&reply, &authorities, Timestamp::now()).map_err(code)
}

async fn ask(settings: &config::Timestamp, question: Question) -> std::result::Result<Bytes, &'static str> {
    let target = settings.target().map_err(|_| "not_a_url")?;
    let tls = outbound::tls::client(&settings.ca_file).map_err(|_| "no_ca_file")?;
    let request = Request::post(target.path())
        .header(header::HOST, target.authority())
        .header(header::CONTENT_TYPE, QUERY)
        .header(header::ACCEPT, REPLY)
        .body(Full::new(Bytes::from(question.to_der())))
        .map_err(|_| "not_a_url")?;
    let answer = call(&target, &tls, request, MOST).await.map_err(|failure| failure.code)?;
    let kind = answer.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if answer.status != 200 || !kind.starts_with(REPLY) {
        return Err("no_answer");
    }
    Ok(answer.body)
}

fn code(refused: Refused) -> &'static str {
    match refused {
        Refused::NotGranted => "not_granted",
        Refused::WrongImprint => "wrong_imprint",
        Refused::WrongNonce => "wrong_nonce",
        Refused::WrongTime => "wrong_time",
        Refused::BadSignature => "bad_signature",
        Refused::Untrusted => "untrusted",
        _ => "no_stamp",
    }
}
