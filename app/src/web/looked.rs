//! Whether somebody looks at a page that this request asks for. A browser also fetches pages that nobody has opened yet, and other sites
//! can have one fetched; what was shown that way has been read by nobody.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};

use crate::{Error, Result};

/// By fetch metadata (W3C). What says nothing of itself is taken at its word: programs, and browsers that are too old.
#[derive(Debug, Clone, Copy)]
pub struct Looked(pub bool);

impl Looked {
    fn of(headers: &HeaderMap) -> Self {
        let site = headers.get("sec-fetch-site").map(|v| v.as_bytes());
        Self(!headers.contains_key("sec-purpose") && matches!(site, None | Some(b"same-origin" | b"none")))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Looked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// The page is there to be read even while nothing can be written: then the reading goes unnoted, until the next look.
pub fn unnoted_if_shut(noted: Result<()>) -> Result<()> {
    match noted {
        Err(Error::OutOfService(_) | Error::Unavailable(_)) => Ok(()),
        other => other,
    }
}
