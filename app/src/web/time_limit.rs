//! How long a request may take. Uploads over a phone's connection get their own, longer time.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{Error, app::Shared};

/// The layer. What takes too long is dropped where it waits: its transaction is rolled back.
pub async fn limit_time(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let limits = &app.config.limits;
    let kind = request.headers().get(header::CONTENT_TYPE);
    let upload = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/"));
    let seconds = if upload { limits.upload_seconds } else { limits.request_seconds };
    match tokio::time::timeout(Duration::from_secs(seconds), next.run(request)).await {
        Ok(response) => response,
        Err(_) => Error::Unavailable("a request took too long".into()).into_response(),
    }
}
