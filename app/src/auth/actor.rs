use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{Extensions, HeaderMap, header, request::Parts},
};

use super::{binding, token};
use crate::Error;

/// `__Host-`: only over HTTPS (or on localhost), only this host, the whole path, out of reach of scripts.
pub const SESSION_COOKIE: &str = "__Host-renkei";

/// Names the browser: to the throttle, to the list of devices, and to its own sessions. Not a proof of anything by itself.
pub const DEVICE_COOKIE: &str = "__Host-renkei-device";

/// The certificate of the device, as the SHA-256 of its DER in hexadecimal. Only the router's outermost layer writes it, and
/// takes away what a client sends under this name.
pub const CERTIFICATE_HEADER: &str = "x-renkei-certificate";

/// Marks requests that a page makes by itself, so that an abandoned page does not keep its session awake.
const BACKGROUND: &str = "x-renkei-background";

/// The caller as far as the request tells: the hash of the token it carries. Every transaction asks the database
/// whether that is a session now; holding an `Actor` proves nothing by itself.
#[derive(Debug, Clone)]
pub struct Actor {
    token_hash: Arc<[u8; 32]>,
    background: bool,
    elsewhere: bool,
}

/// Marks a request, among its extensions, that is answered from a standby while the primary is away.
#[derive(Debug, Clone, Copy)]
pub struct Elsewhere;

impl Actor {
    pub fn from_token(token: &str) -> Self {
        Self { token_hash: Arc::new(token::hash(token)), background: false, elsewhere: false }
    }

    pub fn from_hash(token_hash: [u8; 32]) -> Self {
        Self { token_hash: Arc::new(token_hash), background: false, elsewhere: false }
    }

    pub fn token_hash(&self) -> &[u8] {
        self.token_hash.as_slice()
    }

    /// Names the session in this process's own caches. Never leaves it.
    pub fn key(&self) -> [u8; 32] {
        *self.token_hash
    }

    pub fn background(&self) -> bool {
        self.background
    }

    /// Whether this request reads from a standby.
    pub fn reads_elsewhere(&self) -> bool {
        self.elsewhere
    }

    pub fn in_background(mut self) -> Self {
        self.background = true;
        self
    }

    /// Whom a request's headers name; nobody has asked the database yet.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let bearer = headers
            .get(header::AUTHORIZATION)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.strip_prefix("Bearer "));
        let token = match bearer {
            Some(token) => binding::shown(token.trim(), None, headers)?,
            None => session(headers)?,
        };
        let mut actor = Self::from_token(&token);
        actor.background = headers.contains_key(BACKGROUND);
        Some(actor)
    }

    fn from_request(headers: &HeaderMap, extensions: &Extensions) -> Option<Self> {
        let elsewhere = extensions.get::<Elsewhere>().is_some();
        Self::from_headers(headers).map(|actor| Self { elsewhere, ..actor })
    }
}

/// What a browser's session is known by: its cookie, with what the session is bound to.
pub fn session(headers: &HeaderMap) -> Option<String> {
    let device = cookie(headers, DEVICE_COOKIE);
    // A personal access token is asked for at a door of its own, which looks at bearers alone.
    let token = cookie(headers, SESSION_COOKIE).filter(|token| !binding::is_personal(token))?;
    binding::shown(&token, device.as_deref(), headers)
}

/// The value of a request cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

impl<S: Send + Sync> FromRequestParts<S> for Actor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        Self::from_request(&parts.headers, &parts.extensions).ok_or(Error::NotSignedIn)
    }
}

impl<S: Send + Sync> axum::extract::OptionalFromRequestParts<S> for Actor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(Self::from_request(&parts.headers, &parts.extensions))
    }
}
