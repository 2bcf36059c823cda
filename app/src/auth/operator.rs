use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use super::{actor::cookie, token};
use crate::Error;

/// The operator's session; another cookie than the staff's, so that neither passes for the other.
pub const OPERATOR_COOKIE: &str = "__Host-renkei-operator";

/// Somebody at the operator's console, as far as the request tells: the hash of the token it carries. Every transaction
/// asks the database whether that is a session now; holding an `Operator` proves nothing by itself.
#[derive(Debug, Clone)]
pub struct Operator {
    token_hash: Arc<[u8; 32]>,
}

impl Operator {
    pub fn from_token(token: &str) -> Self {
        Self { token_hash: Arc::new(token::hash(token)) }
    }

    /// Whom a request's headers name: by the console's cookie, or as a bearer of the JSON API.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        match bearer.and_then(|v| v.strip_prefix("Bearer ")) {
            Some(token) => Some(Self::from_token(token.trim())),
            None => cookie(headers, OPERATOR_COOKIE).map(|token| Self::from_token(&token)),
        }
    }

    pub fn token_hash(&self) -> &[u8] {
        self.token_hash.as_slice()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Operator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        Self::from_headers(&parts.headers).ok_or(Error::NotSignedIn)
    }
}
