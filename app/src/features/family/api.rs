//! `/api/v1` for a patient or relative: the same paths as for staff, behind another door.
//!
//! A request with a token of this door is answered here, by the table below, before any handler of the staff's could see it;
//! what the table does not name goes on, and finds there a token that opens nothing.

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, Method, StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response, Sse},
    routing::{delete, get, post, put},
};
use serde::{Deserialize, Serialize};
use tower::ServiceExt;
use uuid::Uuid;

use super::{acts, door, files, model::Place, read};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Relative,
    features::{
        posts::{
            model::{
                CorrectionBody, MAX_REASON, NewPost, Post, PostBody, PostPage, ReadBody, Timeline,
                WithdrawalBody,
            },
            read::{From, parse_cursor},
        },
        sign_in::acts::Origin,
        stream::routes::{After, Live, Reader, Veil, first_id, follow},
    },
    router::BODY_LIMIT,
    web::input::{self, Query, Strict},
};

/// All that there is for them. Another path, or another method, is nobody's here.
fn is_mine(method: &Method, path: &str) -> bool {
    let Some(rest) = path.strip_prefix("/api/v1/") else { return false };
    let parts: Vec<&str> = rest.split('/').collect();
    matches!(
        (method.as_str(), parts.as_slice()),
        ("GET", ["me" | "groups" | "events"] | ["groups", _, "posts"] | ["posts" | "files", _])
            | ("POST", ["groups", _, "posts" | "read"] | ["posts", _, "corrections" | "withdrawal"])
            | ("PUT", ["posts", _, "acknowledgement"])
            | ("DELETE", ["session"])
    )
}

fn table() -> Router<Shared> {
    Router::new()
        .route("/api/v1/me", get(me))
        .route("/api/v1/session", delete(end))
        .route("/api/v1/groups", get(groups))
        .route("/api/v1/groups/{group}/posts", get(list).post(create))
        .route("/api/v1/groups/{group}/read", post(mark_read))
        .route("/api/v1/posts/{post}", get(show))
        .route("/api/v1/posts/{post}/acknowledgement", put(acknowledge))
        .route("/api/v1/posts/{post}/corrections", post(correct))
        .route("/api/v1/posts/{post}/withdrawal", post(withdraw))
        .route("/api/v1/files/{file}", get(file))
        .route("/api/v1/events", get(events))
}

/// The id in the path. The request has been through the other table before it came here, whose captures it still carries.
struct Id(Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let id = parts.uri.path().split('/').nth(4).and_then(|id| id.parse().ok());
        id.map(Self).ok_or(Error::NotFound)
    }
}

/// What the layer needs.
#[derive(Debug, Clone)]
pub struct ThirdDoor {
    app: Shared,
    table: Router,
}

pub fn third_door(app: &Shared) -> ThirdDoor {
    ThirdDoor { app: app.clone(), table: table().with_state(app.clone()) }
}

/// The layer before every other route.
pub async fn by_the_third_door(State(door): State<ThirdDoor>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    if method == Method::POST && path == "/api/v1/session" {
        return open(door.app, request, next).await.unwrap_or_else(IntoResponse::into_response);
    }
    let bearer = request.headers().contains_key("authorization");
    if bearer && is_mine(method, path) && Relative::from_headers(request.headers()).is_some() {
        return match door.table.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
    }
    next.run(request).await
}

#[derive(Deserialize)]
struct Login {
    login_id: String,
    password: String,
    totp: Option<String>,
}

#[derive(Serialize)]
struct SessionAnswer {
    token: String,
    expires_at: jiff::Timestamp,
    account: Account,
}

#[derive(Serialize)]
struct Account {
    id: Uuid,
    name: String,
    profession: &'static str,
    facilities: [(); 0],
}

/// There is one way in for everybody; the ID says by which door. A body that is none goes on to whoever refuses it.
async fn open(app: Shared, request: Request, next: Next) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, BODY_LIMIT as usize).await.map_err(|_| Error::TooLarge(BODY_LIMIT))?;
    let login: Option<Login> = serde_json::from_slice(&bytes).ok();
    let login = match login {
        Some(login) if door::is_mine(&app, &login.login_id).await? => login,
        _ => return Ok(next.run(Request::from_parts(parts, Body::from(bytes))).await),
    };
    let mut parts = parts;
    let origin = <Origin as FromRequestParts<Shared>>::from_request_parts(&mut parts, &app).await;
    let Ok(origin) = origin;
    let opened = door::sign_in(&app, &login.login_id, login.password, login.totp.as_deref(), &origin).await?;
    if opened.enrolling {
        return Err(Error::MustEnrol);
    }
    let me = first(&read::places(&app, &Relative::from_token(&opened.token)).await?)?;
    let account = Account { id: me.id, name: me.name, profession: me.roles[0], facilities: [] };
    Ok(Json(SessionAnswer { token: opened.token, expires_at: opened.expires_at, account }).into_response())
}

async fn end(State(app): State<Shared>, who: Relative) -> Result<StatusCode> {
    door::sign_out(&app, &who).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
struct MeAnswer {
    id: Uuid,
    name: String,
    profession: &'static str,
    facilities: [(); 0],
    acting_facility: Option<Uuid>,
    roles: Vec<&'static str>,
    factors: [&'static str; 2],
}

/// Without a place there is nobody to show: the last one was just ended.
fn first(places: &[Place]) -> Result<MeAnswer> {
    let first = places.first().ok_or(Error::NotSignedIn)?;
    let mut roles: Vec<&'static str> = places.iter().map(|p| p.role.code()).collect();
    roles.sort_unstable();
    roles.dedup();
    Ok(MeAnswer {
        id: first.account_id,
        name: first.person.name.clone(),
        profession: first.role.code(),
        facilities: [],
        acting_facility: None,
        roles,
        factors: ["know", "have"],
    })
}

async fn me(State(app): State<Shared>, who: Relative) -> Result<Json<MeAnswer>> {
    first(&read::places(&app, &who).await?).map(Json)
}

#[derive(Serialize)]
struct Group {
    id: Uuid,
    kind: &'static str,
    title: String,
    unread: i64,
    last_post_at: Option<jiff::Timestamp>,
    my_role: &'static str,
    archived: bool,
    office_hours: Option<String>,
    /// Where to call when it is urgent.
    phone: String,
}

#[derive(Serialize)]
struct Groups {
    items: Vec<Group>,
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupsQuery {
    kind: Option<String>,
    #[serde(rename = "limit")]
    _limit: Option<i64>,
    cursor: Option<String>,
}

async fn groups(
    State(app): State<Shared>,
    who: Relative,
    Query(query): Query<GroupsQuery>,
) -> Result<Json<Groups>> {
    if query.cursor.is_some() {
        return Err(Error::BadRequest("unknown_cursor".into()));
    }
    let wanted = query.kind.as_deref().is_none_or(|kind| kind == "patient");
    let places = read::places(&app, &who).await?;
    read::looked(&app, &who, None).await?;
    let group = |p: Place| Group {
        id: p.group_id,
        kind: "patient",
        title: p.person.patient,
        unread: p.unread,
        last_post_at: p.last_post_at,
        my_role: p.role.code(),
        archived: p.archived,
        office_hours: p.hours,
        phone: p.phone,
    };
    let items = places.into_iter().filter(|_| wanted).map(group).collect();
    Ok(Json(Groups { items, next: None }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    timeline: Option<Timeline>,
    limit: Option<i64>,
    cursor: Option<String>,
    after_seq: Option<i64>,
}

/// `timeline=family`, and nothing else: the team's is 404, as it is where none is named.
async fn list(
    State(app): State<Shared>,
    who: Relative,
    Id(group): Id,
    Query(query): Query<ListQuery>,
) -> Result<Json<PostPage>> {
    if query.timeline != Some(Timeline::Family) {
        read::places(&app, &who).await?;
        return Err(Error::NotFound);
    }
    let limit = query.limit.unwrap_or(50).clamp(1, 100);
    let from = match (query.cursor.as_deref(), query.after_seq) {
        (Some(cursor), None) => {
            parse_cursor(cursor).ok_or_else(|| Error::BadRequest("unknown_cursor".into()))?
        }
        (None, Some(seq)) => From::After(seq),
        (None, None) => From::Before(i64::MAX),
        (Some(_), Some(_)) => return Err(Error::BadRequest("cursor_or_after_seq".into())),
    };
    read::page(&app, &who, group, from, limit).await.map(Json)
}

async fn create(
    State(app): State<Shared>,
    who: Relative,
    Id(group): Id,
    Strict(body): Strict<PostBody>,
) -> Result<(StatusCode, Json<Post>)> {
    let new = NewPost::try_from(body).map_err(Error::Invalid)?;
    if new.timeline != Timeline::Family {
        read::places(&app, &who).await?;
        return Err(Error::NotFound);
    }
    if new.must_acknowledge_by.is_some() || !new.mentions.is_empty() {
        return Err(Error::invalid(
            "must_acknowledge_by",
            "not_here",
            t("期限と宛先は、ここでは付けられません。"),
        ));
    }
    let (post, created) = acts::post(&app, &who, group, new).await?;
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(post)))
}

async fn show(State(app): State<Shared>, who: Relative, Id(id): Id) -> Result<Json<Post>> {
    read::one(&app, &who, id, true).await.map(read::as_it_stands).map(Json)
}

async fn acknowledge(State(app): State<Shared>, who: Relative, Id(id): Id) -> Result<StatusCode> {
    acts::acknowledge(&app, &who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn correct(
    State(app): State<Shared>,
    who: Relative,
    Id(id): Id,
    Strict(body): Strict<CorrectionBody>,
) -> Result<(StatusCode, Json<Post>)> {
    if !body.files.is_empty() {
        return Err(Error::invalid(
            "files",
            "not_here",
            t("ファイルは、はじめの 投稿の ものが のこります。"),
        ));
    }
    let (post, created) = acts::correct(&app, &who, id, body.client_id, &body.body).await?;
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(post)))
}

async fn withdraw(
    State(app): State<Shared>,
    who: Relative,
    Id(id): Id,
    Strict(body): Strict<WithdrawalBody>,
) -> Result<(StatusCode, Json<Post>)> {
    let reason = input::text("reason", &body.reason, MAX_REASON).map_err(|e| Error::Invalid(vec![e]))?;
    acts::withdraw(&app, &who, id, body.client_id, reason).await?;
    Ok((StatusCode::CREATED, Json(read::one(&app, &who, id, false).await?)))
}

async fn file(State(app): State<Shared>, who: Relative, Id(id): Id, headers: HeaderMap) -> Result<Response> {
    files::opened(&app, &who, id, &headers).await
}

async fn mark_read(
    State(app): State<Shared>,
    who: Relative,
    Id(group): Id,
    Strict(body): Strict<ReadBody>,
) -> Result<StatusCode> {
    if body.timeline != Timeline::Family {
        read::places(&app, &who).await?;
        return Err(Error::NotFound);
    }
    acts::mark_read(&app, &who, group, body.up_to_seq).await?;
    Ok(StatusCode::NO_CONTENT)
}

const SINCE: &str = "SELECT id, kind, group_id, timeline, post_id, seq, account_id, session_id, next, gap FROM fam.events_since($1, $2)";

/// What happens on the caller's own family timelines. The ids are sealed: a cursor counts the transactions of the whole
/// deployment, and whoever could read it would see from outside when the team is busy.
pub(super) async fn events(
    State(app): State<Shared>,
    who: Relative,
    Query(after): Query<After>,
    headers: HeaderMap,
) -> Result<Sse<Live>> {
    let places = read::places(&app, &who).await?;
    let me = places.first().ok_or(Error::NotSignedIn)?;
    let reader = Reader {
        account: me.account_id,
        session: me.session_id,
        listener: format!("kin{}", me.account_id),
        veil: Some(veil(&app, me)?),
    };
    let since = async |from: u64| app.db.family(SINCE, &[&who.token_hash(), &from.to_string()]).await;
    follow(&app, reader, after.wanted(&headers), since).await
}

/// Under the key of the first of her timelines: a stream goes on where another one of the same session stopped.
fn veil(app: &Shared, me: &Place) -> Result<Veil> {
    let key =
        app.keys.cached_data_key(me.stream).ok_or_else(|| Error::internal("the key was just opened"))?;
    Ok(Veil { key, stream: me.stream, session: me.session_id })
}

/// From where on a page that is drawn now wants to hear.
pub(super) async fn live_from(app: &Shared, places: &[Place]) -> Result<String> {
    let me = places.first().ok_or(Error::NotSignedIn)?;
    first_id(app, &veil(app, me)?).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_door_has_twelve_calls_and_no_more() {
        for (method, path) in [
            ("GET", "/api/v1/me"),
            ("GET", "/api/v1/groups/1/posts"),
            ("PUT", "/api/v1/posts/1/acknowledgement"),
            ("DELETE", "/api/v1/session"),
            ("GET", "/api/v1/files/1"),
            ("POST", "/api/v1/posts/1/corrections"),
        ] {
            assert!(is_mine(&method.parse().unwrap(), path), "{method} {path}");
        }
        for (method, path) in [
            ("GET", "/api/v1/groups/1"),
            ("GET", "/api/v1/groups/1/members"),
            ("POST", "/api/v1/groups"),
            ("GET", "/api/v1/posts/1/readers"),
            ("GET", "/api/v1/files/1/scan"),
            ("POST", "/api/v1/files"),
            ("GET", "/api/v1/groups/1/files"),
            ("POST", "/api/v1/search"),
            ("GET", "/groups/1/posts"),
        ] {
            assert!(!is_mine(&method.parse().unwrap(), path), "{method} {path}");
        }
    }
}
