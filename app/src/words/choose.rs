//! Which language an answer speaks: what was chosen in this browser (signing in brings the account's choice there), else what the
//! browser asks for.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::{LANGUAGE, Language};
use crate::auth::cookie;

/// Cookie of the language: `ja` or `en`. It says nothing else about anybody.
pub const COOKIE: &str = "__Host-renkei-language";
/// As long as browsers keep one.
pub const COOKIE_AGE: u64 = 400 * 24 * 3600;

fn wanted(headers: &HeaderMap) -> Language {
    let chosen = cookie(headers, COOKIE).and_then(|code| Language::from_code(&code));
    let asked = || Language::accepted(headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?);
    chosen.or_else(asked).unwrap_or_default()
}

/// The layer around everything that writes words.
pub async fn speak(request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/assets/") {
        return next.run(request).await;
    }
    let language = wanted(request.headers());
    let mut response = LANGUAGE.scope(language, next.run(request)).await;
    let speaks =
        response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(
            |kind| {
                kind.starts_with("text/html")
                    || kind.starts_with("application/json")
                    || kind.starts_with("application/problem")
            },
        );
    if speaks {
        let headers = response.headers_mut();
        headers.entry(header::CONTENT_LANGUAGE).or_insert(HeaderValue::from_static(language.code()));
        headers.append(header::VARY, HeaderValue::from_static("accept-language, cookie"));
    }
    response
}
