//! Reading while the primary is away (読み取りのみ): the pages and answers below come from a standby, marked, so that a
//! nurse at the bedside sees the timeline while writing waits. Everything else waits with the primary.

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{Error, app::Shared, auth::Elsewhere};

/// `Renkei-Mode: reading` marks an answer that came from a standby.
pub const MODE: HeaderName = HeaderName::from_static("renkei-mode");

/// What may be read from a standby: routes that only read, and whose views all go through `audit`, which notes them on
/// this node's disk.
pub const ROUTES: [&str; 11] = [
    "/",
    "/groups",
    "/groups/{group}",
    "/groups/{group}/posts/{post}",
    "/posts/{post}/readers",
    "/api/v1/me",
    "/api/v1/groups",
    "/api/v1/groups/{id}",
    "/api/v1/groups/{id}/posts",
    "/api/v1/posts/{id}",
    "/api/v1/synthetic",
];

/// How many standbys are asked for one page, at the most.
const TRIES: usize = 3;

/// The layer. A request that may be read elsewhere does not wait for a primary that is away, not even one that was here
/// when it began: it is asked again, of the standby, or of the primary where only a connection had broken.
pub async fn read_elsewhere(State(app): State<Shared>, request: Request, next: Next) -> Response {
    if !app.db.may_read_elsewhere() || !is_readable(&request) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    // A GET has no body that matters; its parts can be used again.
    drop(body);
    let again = || Request::from_parts(parts.clone(), axum::body::Body::empty());
    if !app.db.is_away() {
        let response = tokio::select! {
            response = next.clone().run(again()) => response,
            () = app.db.away() => Error::Unavailable("the primary went away".into()).into_response(),
        };
        if response.status() != StatusCode::SERVICE_UNAVAILABLE {
            return response;
        }
        // What was found away a moment ago is not looked at once more: a frozen primary would be waited for a second time.
        if !app.db.is_away() && !app.db.confirm_away().await {
            return next.run(again()).await;
        }
    }
    let elsewhere = || {
        let mut request = again();
        request.extensions_mut().insert(Elsewhere);
        next.clone().run(request)
    };
    let mut response = elsewhere().await;
    // One standby may be far behind, or just going: its connection is not used again, and the next one leads to another.
    for _ in 1..TRIES {
        if response.status() != StatusCode::SERVICE_UNAVAILABLE {
            break;
        }
        response = elsewhere().await;
    }
    if response.status().is_success() {
        response.headers_mut().insert(MODE, HeaderValue::from_static("reading"));
    }
    response
}

fn is_readable(request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>();
    request.method() == Method::GET && path.is_some_and(|path| ROUTES.contains(&path.as_str()))
}
