//! What a session is bound to. A browser's session belongs to the browser's device token, and a session that was opened with a
//! client certificate to that certificate: what is stored is the hash over all of them, so that a stolen session cookie on
//! another device is simply unknown there (decision 0022).
//!
//! A token's beginning says what belongs to it: `b.` the device cookie, and the certificate if one was shown; `c.` the
//! certificate alone; `k.` nothing, it is of the family's door; `t.` nothing, a person's program shows it; `s.` nothing, a system outside
//! shows it. No other token contains a dot, so none can pass for another kind.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue},
    middleware::Next,
    response::Response,
};

use super::{actor::CERTIFICATE_HEADER, token};

const BROWSER: &str = "b.";
const CERTIFIED: &str = "c.";
const PERSONAL: &str = "t.";
const SYSTEM: &str = "s.";

/// A new session token of a browser.
pub fn fresh_for_browser() -> String {
    format!("{BROWSER}{}", token::fresh())
}

/// A new bearer token; bound where a certificate was shown.
pub fn fresh_bearer(certificate: Option<&str>) -> String {
    if certificate.is_some() { format!("{CERTIFIED}{}", token::fresh()) } else { token::fresh() }
}

/// A new personal access token.
pub fn fresh_personal() -> String {
    format!("{PERSONAL}{}", token::fresh())
}

/// A new token of a system outside.
pub fn fresh_for_system() -> String {
    format!("{SYSTEM}{}", token::fresh())
}

/// Whether this says of itself that a system outside shows it.
pub fn is_of_system(token: &str) -> bool {
    token.starts_with(SYSTEM)
}

/// Whether this says of itself that it is a personal access token. One that lies opens nothing: they stand in a table of their own.
pub fn is_personal(token: &str) -> bool {
    token.starts_with(PERSONAL)
}

/// The text whose hash is stored; `None` where something is missing that belongs to the token.
pub fn bound(token: &str, device: Option<&str>, certificate: Option<&str>) -> Option<String> {
    if token.starts_with(BROWSER) {
        let device = device.filter(|d| !d.is_empty())?;
        return Some(format!("{token}\n{device}\n{}", certificate.unwrap_or_default()));
    }
    if token.starts_with(CERTIFIED) {
        return Some(format!("{token}\n\n{}", certificate?));
    }
    Some(token.to_owned())
}

/// The same for what a request carries.
pub(super) fn shown(token: &str, device: Option<&str>, headers: &HeaderMap) -> Option<String> {
    bound(token, device, certificate(headers))
}

/// The certificate of this request's connection, where the listener demanded one.
pub fn certificate(headers: &HeaderMap) -> Option<&str> {
    headers.get(CERTIFICATE_HEADER).and_then(|v| v.to_str().ok())
}

/// The client certificate of a connection, by its fingerprint (SHA-256 of the DER, hexadecimal). Among a request's extensions only
/// where the listener for devices verified it.
#[derive(Debug, Clone)]
pub struct Certified(pub String);

/// The router's outermost layer: what a client says of its own certificate counts for nothing.
pub async fn write_certificate(mut request: Request, next: Next) -> Response {
    let certificate = request.extensions().get::<Certified>().and_then(|c| HeaderValue::from_str(&c.0).ok());
    request.headers_mut().remove(CERTIFICATE_HEADER);
    if let Some(certificate) = certificate {
        request.headers_mut().insert(CERTIFICATE_HEADER, certificate);
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_that_belongs_to_a_session_changes_what_it_is_known_by() {
        let (browser, certified) = (fresh_for_browser(), fresh_bearer(Some("aa")));
        let known = bound(&browser, Some("d"), Some("aa"));
        assert!(known.is_some());
        for (device, certificate) in [
            (None, Some("aa")),
            (Some(""), Some("aa")),
            (Some("e"), Some("aa")),
            (Some("d"), None),
            (Some("d"), Some("bb")),
        ] {
            assert_ne!(bound(&browser, device, certificate), known, "{device:?} {certificate:?}");
        }
        assert_eq!(bound(&browser, None, None), None, "a session cookie alone is nothing");
        assert!(bound(&certified, None, Some("aa")).is_some());
        assert_eq!(bound(&certified, None, None), None);
        assert_ne!(bound(&certified, None, Some("aa")), bound(&certified, None, Some("bb")));
        let bearer = fresh_bearer(None);
        assert_eq!(
            bound(&bearer, None, None).as_deref(),
            Some(bearer.as_str()),
            "a bearer token stands alone"
        );
    }
}
