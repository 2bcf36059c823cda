//! `/api/v1`: the system's one route, and what the person who is spoken for decides.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    door::Comes,
    enter,
    model::{Asking, Entered, EntryBody, NewEntry, Waiting},
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::groups::refusals,
    web::{input::Strict, problem::Problem, viewer::Me},
};

/// The first takes a system's token alone; the others any signed-in person, for herself.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(waiting))
        .routes(routes!(confirm))
        .routes(routes!(asking))
        .routes(routes!(let_speak))
}

/// Enters a post for a member who lets this system speak for her. The same `external_id` with the same content answers 200 with the first
/// result; with another content, person or group 409. 403 `no_consent`: she has not agreed, or not any more.
#[utoipa::path(post, path = "/api/v1/groups/{id}/proxy-entries", tag = "proxy entry", request_body = EntryBody,
    responses((status = 201, body = Entered), (status = 200, body = Entered, description = "sent before"), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create(
    State(app): State<Shared>,
    comes: Comes,
    Path(group): Path<Uuid>,
    Strict(body): Strict<EntryBody>,
) -> Result<(StatusCode, Json<Entered>)> {
    let token_hash = match comes {
        Comes::System(token_hash) => token_hash,
        Comes::Person(who) => return Err(not_for_people(&app, &who).await),
    };
    let new = NewEntry::try_from(body).map_err(Error::Invalid)?;
    let (entered, created) = enter::enter(&app, &token_hash, group, &new).await?;
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(entered)))
}

/// Whoever is signed in is told so, and the log holds it.
async fn not_for_people(app: &Shared, who: &Actor) -> Error {
    let known = async {
        let mut tx = app.db.acting(who).await?;
        Me::load(&mut tx).await?;
        tx.commit().await
    };
    if let Err(error) = known.await {
        return error;
    }
    audit::refused(app, who, "entered_by_proxy", None, None).await;
    Error::Forbidden("for_outside_systems_only".into())
}

#[derive(Serialize, ToSchema)]
struct AllWaiting {
    /// The oldest first, 50 at most.
    items: Vec<Waiting>,
    /// How many there are in all.
    waiting: usize,
    /// Always null: what was answered makes room.
    next: Option<String>,
}

/// What systems entered in the caller's name and she has not confirmed yet.
#[utoipa::path(get, path = "/api/v1/me/proxy-entries", tag = "proxy entry", responses((status = 200, body = AllWaiting)))]
async fn waiting(State(app): State<Shared>, who: Actor) -> Result<Json<AllWaiting>> {
    let mut tx = app.db.acting(&who).await?;
    let (items, waiting) = acts::waiting(&app, &mut tx).await?;
    audit::viewed(&mut tx, "viewed_proxy_entries", None, None, None).await?;
    tx.commit().await?;
    Ok(Json(AllWaiting { items, waiting, next: None }))
}

/// Confirms what was entered in the caller's name. Again is no error. To change it, correct or withdraw the post.
#[utoipa::path(put, path = "/api/v1/posts/{id}/confirmation", tag = "proxy entry", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn confirm(State(app): State<Shared>, who: Actor, Path(post): Path<Uuid>) -> Result<StatusCode> {
    let confirmed = acts::confirm(&app, &who, post).await;
    refusals::noted(&app, &who, "confirmed_entry", None, Some(post), confirmed).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
struct AllAsking {
    items: Vec<Asking>,
    /// Always null: a facility has few.
    next: Option<String>,
}

/// The systems of the facility for which the caller acts, and which of them may speak for her.
#[utoipa::path(get, path = "/api/v1/me/outside-systems", tag = "proxy entry", responses((status = 200, body = AllAsking)))]
async fn asking(State(app): State<Shared>, who: Actor) -> Result<Json<AllAsking>> {
    let mut tx = app.db.acting(&who).await?;
    let items = acts::asking(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(AllAsking { items, next: None }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConsentBody {
    agreed: bool,
}

/// Whether a system may speak for the caller from now on. Agreeing asks for a session that has proven again who it is; taking it back does not.
#[utoipa::path(put, path = "/api/v1/me/outside-systems/{id}/consent", tag = "proxy entry", params(("id" = Uuid, Path)), request_body = ConsentBody,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn let_speak(
    State(app): State<Shared>,
    who: Actor,
    Path(system): Path<Uuid>,
    Strict(body): Strict<ConsentBody>,
) -> Result<StatusCode> {
    let done = acts::let_speak(&app, &who, system, body.agreed).await;
    refusals::noted(&app, &who, "allowed_proxy_entry", None, Some(system), done).await?;
    Ok(StatusCode::NO_CONTENT)
}
