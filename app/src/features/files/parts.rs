//! Multipart bodies with files in them.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    body::{Body, Bytes},
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
};
use tokio::sync::SemaphorePermit;
use tokio_stream::StreamExt;

use crate::{
    Error, Result,
    app::{App, Shared},
};

/// Room for the other fields and the boundaries.
const BESIDE: u64 = 64 * 1024;
/// Most bytes of a field that is not a file.
const TEXT: usize = 64 * 1024;
/// Memory for uploads on their way in is counted in pieces of this size.
const PIECE: usize = 1 << 20;

/// A multipart body that may hold as many bytes as `FILES` of the largest files.
#[derive(Debug)]
pub struct Parts<const FILES: u64>(pub Multipart);

impl<const FILES: u64> FromRequest<Shared> for Parts<FILES> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &Shared) -> Result<Self> {
        let limit = app.config.limits.file_bytes.saturating_mul(FILES).saturating_add(BESIDE);
        let declared = request.headers().get(axum::http::header::CONTENT_LENGTH);
        let declared = declared.and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
        if declared.is_some_and(|bytes| bytes > limit) {
            return Err(Error::TooLarge(app.config.limits.file_bytes));
        }
        up_to(app, request, limit).await.map(Self)
    }
}

async fn up_to(app: &Shared, mut request: Request, limit: u64) -> Result<Multipart> {
    DefaultBodyLimit::max(usize::try_from(limit).unwrap_or(usize::MAX)).apply(&mut request);
    Multipart::from_request(request, app).await.map_err(|_| Error::BadRequest("multipart_expected".into()))
}

/// A form whose words are to come back whatever is wrong with its files: what is too large is read past instead of refused at the
/// door, up to as many bytes as `files` of the largest ones. There the body ends, and does not fail: an error would come before the
/// words that arrived with it. The second value is set then.
pub(crate) async fn read_past(
    app: &Shared,
    request: Request,
    files: u64,
) -> Result<(Multipart, Arc<AtomicBool>)> {
    let limit = app.config.limits.file_bytes.saturating_mul(files).saturating_add(BESIDE);
    let mut left = usize::try_from(limit).unwrap_or(usize::MAX);
    let cut = Arc::new(AtomicBool::new(false));
    let ends = cut.clone();
    let request = request.map(|body| {
        Body::from_stream(body.into_data_stream().map_while(move |piece| {
            if left == 0 {
                ends.store(true, Ordering::Relaxed);
                return None;
            }
            Some(piece.map(|bytes| {
                let kept = bytes.slice(..left.min(bytes.len()));
                ends.fetch_or(kept.len() < bytes.len(), Ordering::Relaxed);
                left -= kept.len();
                kept
            }))
        }))
    });
    up_to(app, request, limit).await.map(|form| (form, cut))
}

/// A whole file in memory, and the part of the memory that is set aside for it.
pub(crate) struct Received<'a> {
    pub(crate) bytes: Bytes,
    _memory: Vec<SemaphorePermit<'a>>,
}

/// Reads one file to its end. Beyond the limit it stops; a body that is cut off is an error and leaves nothing.
pub(crate) async fn whole_file<'a>(app: &'a App, field: &mut Field<'_>) -> Result<Received<'a>> {
    let limit = app.config.limits.file_bytes;
    let (mut bytes, mut memory) = (Vec::new(), Vec::new());
    while let Some(piece) = field.chunk().await.map_err(|e| unreadable(&e, limit))? {
        if (bytes.len() + piece.len()) as u64 > limit {
            return Err(Error::TooLarge(limit));
        }
        while memory.len() * PIECE < bytes.len() + piece.len() {
            // Never waits: two uploads that wait for each other's memory would wait for ever.
            let share = app.upload_memory.try_acquire();
            memory.push(share.map_err(|_| Error::Unavailable("too many uploads at once".into()))?);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Received { bytes: bytes.into(), _memory: memory })
}

/// Reads a short text field.
pub(crate) async fn short_text(app: &App, field: &mut Field<'_>) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|e| unreadable(&e, app.config.limits.file_bytes))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > TEXT {
            return Err(Error::BadRequest("field_too_long".into()));
        }
    }
    String::from_utf8(bytes).map_err(|_| Error::BadRequest("unreadable_form".into()))
}

pub(super) fn unreadable(error: &MultipartError, limit: u64) -> Error {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        Error::TooLarge(limit)
    } else {
        Error::BadRequest("body_cut_off".into())
    }
}
