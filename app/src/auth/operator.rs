use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};

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

    pub fn token_hash(&self) -> &[u8] {
        self.token_hash.as_slice()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Operator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        cookie(&parts.headers, OPERATOR_COOKIE).map(|t| Self::from_token(&t)).ok_or(Error::NotSignedIn)
    }
}
