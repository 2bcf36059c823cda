use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use super::{actor::cookie, token};
use crate::Error;

/// The session of a patient or relative; another cookie than the staff's, so that neither passes for the other.
pub const FAMILY_COOKIE: &str = "__Host-renkei-family";

/// How the tokens of this door begin (see `binding`). A token that says so of itself opens no other: the sessions stand in
/// another table.
const KIN: &str = "k.";

/// A patient or relative, as far as the request tells: the hash of the token it carries. Every statement asks the database
/// whether that is a session now; holding a `Relative` proves nothing by itself.
#[derive(Debug, Clone)]
pub struct Relative {
    token_hash: Arc<[u8; 32]>,
}

impl Relative {
    pub fn fresh_token() -> String {
        format!("{KIN}{}", token::fresh())
    }

    pub fn from_token(token: &str) -> Self {
        Self { token_hash: Arc::new(token::hash(token)) }
    }

    /// Whom a request's headers name: by the cookie of the family's pages, or as a bearer of the JSON API.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let token = match bearer.and_then(|v| v.strip_prefix("Bearer ")) {
            Some(token) => token.trim().to_owned(),
            None => cookie(headers, FAMILY_COOKIE)?,
        };
        token.starts_with(KIN).then(|| Self::from_token(&token))
    }

    /// Names the session in this process's own caches. Never leaves it.
    pub fn key(&self) -> [u8; 32] {
        *self.token_hash
    }

    pub fn token_hash(&self) -> &[u8] {
        self.token_hash.as_slice()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Relative {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        Self::from_headers(&parts.headers).ok_or(Error::NotSignedIn)
    }
}

impl<S: Send + Sync> axum::extract::OptionalFromRequestParts<S> for Relative {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(Self::from_headers(&parts.headers))
    }
}
