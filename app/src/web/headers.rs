//! Security headers, the request id and the CSP nonce.

use axum::{
    extract::{Request, State},
    http::{Extensions, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use data_encoding::BASE64URL_NOPAD;

use crate::{app::Shared, auth::token};

#[derive(Debug, Clone)]
struct RequestId(String);

/// The per-response nonce of the Content-Security-Policy.
#[derive(Debug, Clone)]
pub struct Nonce(pub String);

pub fn request_id(extensions: &Extensions) -> String {
    extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
}

pub fn nonce(extensions: &Extensions) -> String {
    extensions.get::<Nonce>().map(|n| n.0.clone()).unwrap_or_default()
}

/// Outermost layer: names the request, makes the nonce, and puts the headers on whatever comes back.
pub async fn secure(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let id = uuid::Uuid::now_v7().simple().to_string();
    let nonce = BASE64URL_NOPAD.encode(&token::random::<16>());
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(Nonce(nonce.clone()));
    let path = request.uri().path();
    let (asset, picture) = (path.starts_with("/assets/"), path.ends_with(".svg"));
    let mut response = next.run(request).await;
    // What stands in for a file that is not there is a page.
    let asset = asset && (response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED);
    let headers = response.headers_mut();
    // A page brings some forty files: each carries only what says something about a file.
    if !asset {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(|| policy(&nonce));
    } else if picture {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(OF_A_FILE));
    }
    for &(name, value) in if asset { &FIXED[..1] } else { &FIXED[..] } {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    // Only where people come by https: a browser would otherwise shut itself out of http://localhost.
    if app.config.secure() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    if asset {
        return response;
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

/// Two years, as `listen::HSTS_SECONDS` tells the TLS sheet.
const HSTS: &str = "max-age=63072000; includeSubDomains";

/// Opened by itself, a picture of `/assets/` loads and runs nothing.
const OF_A_FILE: &str = "default-src 'none'; frame-ancestors 'none'";

/// The first says something about any answer, the others about pages and what belongs to somebody.
const FIXED: [(&str, &str); 7] = [
    ("x-content-type-options", "nosniff"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"),
    ("x-permitted-cross-domain-policies", "none"),
];

fn policy(nonce: &str) -> HeaderValue {
    let text = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; \
         connect-src 'self'; media-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types renkei"
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
