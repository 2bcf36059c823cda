//! What a token opens: a closed list, asked before any handler. A route that is not here does not exist for tokens, so a new one has to
//! be put in on purpose. Nothing of accounts, sign-in, tokens, facilities' administration or groups' members is in it.

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    Error, Result,
    app::Shared,
    auth::{binding, token},
    features::proxy_entries,
};

const USE: &str = "SELECT act.use_token($1, $2)";

/// Reading: each of these leaves in the access log what it leaves for a person.
pub const READ: &[(&str, &str)] = &[
    ("GET", "/api/v1/groups"),
    ("GET", "/api/v1/groups/{id}"),
    ("GET", "/api/v1/groups/{id}/members"),
    ("GET", "/api/v1/groups/{id}/posts"),
    ("GET", "/api/v1/groups/{id}/files"),
    ("GET", "/api/v1/groups/{id}/pins"),
    ("GET", "/api/v1/groups/{id}/labels"),
    ("GET", "/api/v1/groups/{id}/office-hours"),
    ("GET", "/api/v1/groups/{id}/consultations"),
    ("GET", "/api/v1/groups/{id}/partners"),
    ("GET", "/api/v1/groups/{id}/visits"),
    ("GET", "/api/v1/groups/{id}/visit-records"),
    ("GET", "/api/v1/groups/{id}/before-visit"),
    ("GET", "/api/v1/groups/{id}/digest"),
    ("GET", "/api/v1/digest"),
    ("GET", "/api/v1/me/open-items"),
    ("GET", "/api/v1/bookmarks"),
    ("GET", "/api/v1/facilities/{id}/on-duty"),
    ("GET", "/api/v1/posts/{id}"),
    ("GET", "/api/v1/posts/{id}/readers"),
    ("GET", "/api/v1/posts/{id}/asked"),
    ("GET", "/api/v1/posts/{id}/labels"),
    ("GET", "/api/v1/posts/{id}/stamps"),
    ("GET", "/api/v1/posts/{id}/observations"),
    ("GET", "/api/v1/posts/{id}/proof"),
    ("GET", "/api/v1/files/{id}"),
    ("GET", "/api/v1/patients"),
    ("GET", "/api/v1/patients/{id}"),
    ("GET", "/api/v1/patients/{id}/face-sheet"),
    ("GET", "/api/v1/patients/{id}/face-sheet/versions"),
    ("GET", "/api/v1/patients/{id}/face-sheet/versions/{version}"),
    ("GET", "/api/v1/patients/{id}/summary"),
    ("GET", "/api/v1/patients/{id}/summary/versions"),
    ("GET", "/api/v1/patients/{id}/observations"),
    ("GET", "/api/v1/patients/{id}/reference-ranges"),
    ("GET", "/api/v1/patients/{id}/wounds"),
    ("GET", "/api/v1/tasks"),
    ("GET", "/api/v1/tasks/{id}"),
    ("GET", "/api/v1/visits/{id}"),
    ("GET", "/api/v1/templates"),
    ("GET", "/api/v1/templates/{id}"),
    ("POST", "/api/v1/search"),
];

/// Adding to a record. What a host may do to the entries of others (withdraw a value, move a visit) is for people, and so is both for one's
/// own: a program adds. What a person says of herself (了解, marks, the end of a consultation) is not a program's to say; what reaches further
/// (hosts, archives, face sheets, exports) stays with people.
pub const POST: &[(&str, &str)] = &[
    ("POST", "/api/v1/groups/{id}/posts"),
    ("POST", "/api/v1/posts/{id}/corrections"),
    ("POST", "/api/v1/posts/{id}/withdrawal"),
    ("POST", "/api/v1/files"),
    ("POST", "/api/v1/posts/{id}/observations"),
    ("POST", "/api/v1/patients/{id}/observations"),
    ("POST", "/api/v1/patients/{id}/observations/import"),
    ("POST", "/api/v1/patients/{id}/wounds/pictures"),
    ("POST", "/api/v1/groups/{id}/tasks"),
    ("POST", "/api/v1/posts/{id}/tasks"),
    ("PUT", "/api/v1/tasks/{id}"),
    ("POST", "/api/v1/groups/{id}/visits"),
    ("POST", "/api/v1/groups/{id}/visit-records"),
    ("POST", "/api/v1/groups/{id}/visit-marks"),
];

/// Open to everybody, and so to whoever shows a token.
pub const PUBLIC: &[(&str, &str)] = &[
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/api/v1/docs"),
    ("GET", "/api/v1/status"),
    ("GET", "/api/v1/facility-applications/form"),
];

fn is_public(method: &str, path: Option<&str>) -> bool {
    path.is_some_and(|path| PUBLIC.contains(&(method, path)))
}

/// What a route asks of a token; `None`: no token may.
fn need(method: &str, path: Option<&str>) -> Option<&'static str> {
    let is = |list: &[(&str, &str)]| path.is_some_and(|path| list.contains(&(method, path)));
    if is(READ) {
        Some("read")
    } else if is(POST) {
        Some("post")
    } else {
        None
    }
}

/// The token of a request, where it carries one.
fn shown(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?.trim();
    binding::is_personal(bearer).then_some(bearer)
}

/// The layer before every route. Whether the token is good, and for this, is one question to the database, which notes its use.
pub async fn by_token(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let method = request.method().as_str();
    let let_on = if let Some(token) = shown(request.headers()).filter(|_| !is_public(method, path)) {
        may(&app, token, need(method, path)).await
    } else if let Some(token) = proxy_entries::door::shown(request.headers()) {
        proxy_entries::door::may(&app, token, request.method(), path).await
    } else {
        Ok(())
    };
    match let_on {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn may(app: &Shared, shown: &str, need: Option<&'static str>) -> Result<()> {
    let rows = app.db.anybody(USE, &[&token::hash(shown).as_slice(), &need]).await?;
    if rows.first().is_some_and(|r| r.get(0)) {
        Ok(())
    } else {
        Err(Error::Forbidden("not_by_this_token".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_of_the_list_is_one_of_the_product_s() {
        let (_, document) = crate::router::api();
        let document = serde_json::to_value(&document).expect("JSON");
        for (method, path) in READ.iter().chain(POST) {
            let operation = &document["paths"][*path][method.to_lowercase()];
            assert!(operation.is_object(), "{method} {path}");
        }
    }

    #[test]
    fn what_is_not_in_the_list_asks_for_what_nobody_has() {
        assert_eq!(need("GET", Some("/api/v1/groups")), Some("read"));
        assert_eq!(need("POST", Some("/api/v1/groups/{id}/posts")), Some("post"));
        for (method, path) in [
            ("POST", Some("/api/v1/session/step-up")),
            ("POST", Some("/api/v1/me/tokens")),
            ("GET", Some("/api/v1/facilities/{id}/access-log")),
            ("DELETE", Some("/api/v1/groups")),
            ("GET", Some("/api/v1/me/notices")),
            ("PUT", Some("/api/v1/posts/{id}/acknowledgement")),
            ("GET", Some("/")),
            ("GET", None),
        ] {
            assert_eq!(need(method, path), None, "{method} {path:?}");
        }
    }
}
