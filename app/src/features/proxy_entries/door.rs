//! What a system's token opens: one route, asked before any handler.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, header, request::Parts},
};

use crate::{
    Error, Result,
    app::Shared,
    auth::{Actor, binding, token},
};

/// The only one. What a system may not do stands nowhere else.
pub const OPENS: (Method, &str) = (Method::POST, "/api/v1/groups/{id}/proxy-entries");

const USE: &str = "SELECT act.use_system_token($1, $2)";

/// The token of a request, where a system shows one.
pub fn shown(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?.trim();
    binding::is_of_system(bearer).then_some(bearer)
}

/// Whether the token is good, and for this: one question to the database, which notes its use, or the refusal.
pub async fn may(app: &Shared, shown: &str, method: &Method, path: Option<&str>) -> Result<()> {
    let fits = (method, path) == (&OPENS.0, Some(OPENS.1));
    let rows = app.db.anybody(USE, &[&token::hash(shown).as_slice(), &fits]).await?;
    if rows.first().is_some_and(|r| r.get(0)) {
        Ok(())
    } else {
        Err(Error::Forbidden("not_by_this_token".into()))
    }
}

/// Who comes to that route: a system, or a person, who has no business there.
#[derive(Debug)]
pub enum Comes {
    /// The hash of its token.
    System([u8; 32]),
    Person(Actor),
}

impl<S: Send + Sync> FromRequestParts<S> for Comes {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        match shown(&parts.headers) {
            Some(token) => Ok(Self::System(token::hash(token))),
            None => Actor::from_headers(&parts.headers).map(Self::Person).ok_or(Error::NotSignedIn),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_route_is_one_of_the_product_s() {
        let (_, document) = crate::router::api();
        let document = serde_json::to_value(&document).expect("JSON");
        assert!(document["paths"][OPENS.1][OPENS.0.as_str().to_lowercase()].is_object());
    }
}
