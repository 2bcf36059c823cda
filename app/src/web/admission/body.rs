//! The body: a form or JSON is read whole before anything is done with it, at a pace, up to a size, into bounded memory.
//! So nobody holds a place among the requests in work, or a database connection, by sending slowly.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::header,
};
use bytes::BytesMut;
use http_body_util::BodyExt;
use limits::{Pace, Paced, TooSlow};

use super::memory::Held;
use crate::{Error, Result, app::App, config::Limits, router::FORM_LIMIT};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Form,
    /// Files, which stream.
    Upload,
    Other,
}

impl Kind {
    pub(super) fn of(request: &Request) -> Self {
        let kind = request.headers().get(header::CONTENT_TYPE).map(|t| t.as_bytes().to_ascii_lowercase());
        match kind {
            Some(kind) if kind.starts_with(b"application/x-www-form-urlencoded") => Self::Form,
            Some(kind) if kind.starts_with(b"multipart/") => Self::Upload,
            _ => Self::Other,
        }
    }
}

/// What a small form carried, for the page that says why it was refused.
#[derive(Clone, Default)]
pub struct Typed(pub Vec<(String, String)>);

crate::opaque_debug!(Typed);

/// A request whose body is whole, and the memory set aside for it.
pub(super) struct Gathered {
    pub(super) request: Request,
    pub(super) typed: Typed,
    _memory: Held,
}

fn pace(limits: &Limits, total: u64) -> Pace {
    Pace {
        grace: Duration::from_secs(limits.body_grace_seconds),
        bytes_per_second: limits.body_bytes_per_second,
        total: Duration::from_secs(total),
    }
}

/// Reads the whole body and looks at its shape.
pub(super) async fn gather(app: &App, request: Request, kind: Kind) -> Result<Gathered> {
    let held = app.admission.bodies.of(&request);
    let (parts, body) = request.into_parts();
    let declared =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|bytes| bytes > FORM_LIMIT) {
        return Err(Error::TooLarge(FORM_LIMIT as u64));
    }
    let (bytes, memory) = read(app, body, held).await?;
    let shape = app.config.limits.shape();
    let fits = if kind == Kind::Form { shape.holds_form(&bytes) } else { shape.holds_json(&bytes) };
    if !fits {
        return Err(Error::BadRequest("too_deep_or_too_many".into()));
    }
    let typed = if kind == Kind::Form { typed(&bytes) } else { Typed::default() };
    Ok(Gathered { request: Request::from_parts(parts, Body::from(bytes)), typed, _memory: memory })
}

async fn read(app: &App, body: Body, mut memory: Held) -> Result<(Bytes, Held)> {
    let limits = &app.config.limits;
    let mut body = Paced::new(body, pace(limits, limits.body_seconds));
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match error {
            TooSlow::Slow => Error::TooSlow,
            TooSlow::Body(_) => Error::BadRequest("body_cut_off".into()),
        })?;
        let Ok(data) = frame.into_data() else { continue };
        let length = bytes.len() + data.len();
        if length > FORM_LIMIT {
            return Err(Error::TooLarge(FORM_LIMIT as u64));
        }
        memory.grow(length)?;
        bytes.extend_from_slice(&data);
    }
    Ok((bytes.freeze(), memory))
}

/// An upload's body, which must keep coming; and whether it has failed to.
pub(super) fn paced(app: &App, request: Request) -> (Request, Arc<AtomicBool>) {
    let limits = &app.config.limits;
    let (parts, body) = request.into_parts();
    let body = Paced::new(body, pace(limits, limits.upload_seconds));
    let slow = body.slow();
    (Request::from_parts(parts, Body::new(body)), slow)
}

/// Fields that never come back on a page.
fn is_secret(field: &str) -> bool {
    field.contains("password")
        || field.contains("code")
        || matches!(field, "client_id" | "id" | "seen" | "next")
}

fn typed(form: &[u8]) -> Typed {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(form).unwrap_or_default();
    Typed(pairs.into_iter().filter(|(name, text)| !is_secret(name) && text.chars().count() > 1).collect())
}
