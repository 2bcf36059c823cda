//! `/api/v1/facilities/{id}/outside-systems`.

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
    model::{self, SpokenFor, System, SystemToken},
    systems,
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{facilities::staff, groups::refusals},
    web::{input::Strict, problem::Problem},
};

/// The facility's admin, for the facility for which they act.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, register))
        .routes(routes!(show, end))
        .routes(routes!(make_token))
        .routes(routes!(end_token))
}

#[derive(Serialize, ToSchema)]
struct Systems {
    items: Vec<System>,
    /// Always null: 200 at most.
    next: Option<String>,
}

/// The facility's systems, those that are in use first.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/outside-systems", tag = "proxy entry", params(("id" = Uuid, Path)),
    responses((status = 200, body = Systems), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list(State(app): State<Shared>, who: Actor, Path(facility): Path<Uuid>) -> Result<Json<Systems>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_systems", Some(facility)).await?;
    audit::viewed(&mut tx, "viewed_systems", None, None, None).await?;
    let items = systems::all(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(Systems { items, next: None }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSystem {
    client_id: Uuid,
    /// As people see it on the timeline; it never changes.
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct Made {
    id: Uuid,
}

/// Registers a system. Asks for a session that has proven again who it is.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/outside-systems", tag = "proxy entry", params(("id" = Uuid, Path)), request_body = NewSystem,
    responses((status = 201, body = Made), (status = 200, body = Made, description = "registered before"), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn register(
    State(app): State<Shared>,
    who: Actor,
    Path(facility): Path<Uuid>,
    Strict(body): Strict<NewSystem>,
) -> Result<(StatusCode, Json<Made>)> {
    own(&app, &who, "registered_system", facility).await?;
    let name = model::name(&body.name).map_err(|e| Error::Invalid(vec![e]))?;
    let created = systems::register(&app, &who, body.client_id, &name).await?;
    Ok((status(created), Json(Made { id: body.client_id })))
}

/// With its tokens and whom it may speak for.
#[derive(Serialize, ToSchema)]
struct Shown {
    tokens: Vec<SystemToken>,
    spoken_for: Vec<SpokenFor>,
}

/// A system's tokens, and the people who let it speak for them.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/outside-systems/{system}", tag = "proxy entry", params(("id" = Uuid, Path), ("system" = Uuid, Path)),
    responses((status = 200, body = Shown), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn show(
    State(app): State<Shared>,
    who: Actor,
    Path((facility, system)): Path<(Uuid, Uuid)>,
) -> Result<Json<Shown>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_systems", Some(facility)).await?;
    let tokens = systems::tokens(&mut tx, system).await?;
    let spoken_for = systems::spoken_for(&mut tx, system).await?;
    audit::viewed(&mut tx, "viewed_systems", None, None, Some(system)).await?;
    tx.commit().await?;
    Ok(Json(Shown { tokens, spoken_for }))
}

/// Ends a system with its tokens. What it entered stays. Again is no error.
#[utoipa::path(delete, path = "/api/v1/facilities/{id}/outside-systems/{system}", tag = "proxy entry", params(("id" = Uuid, Path), ("system" = Uuid, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn end(
    State(app): State<Shared>,
    who: Actor,
    Path((facility, system)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    own(&app, &who, "ended_system", facility).await?;
    let ended = systems::end(&app, &who, system).await;
    refusals::noted(&app, &who, "ended_system", None, Some(system), ended).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    client_id: Uuid,
    /// Days from now until it ends: 1 to 366.
    days: i32,
}

#[derive(Serialize, ToSchema)]
struct MadeToken {
    id: Uuid,
    /// For the `Authorization: Bearer` header. Here and never again: null where this `client_id` was answered before.
    token: Option<String>,
}

/// Makes a token of a system; two at most are good at one time. Asks for a session that has proven again who it is.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/outside-systems/{system}/tokens", tag = "proxy entry", params(("id" = Uuid, Path), ("system" = Uuid, Path)),
    request_body = NewToken, responses((status = 201, body = MadeToken), (status = 200, body = MadeToken, description = "made before"),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn make_token(
    State(app): State<Shared>,
    who: Actor,
    Path((facility, system)): Path<(Uuid, Uuid)>,
    Strict(body): Strict<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>)> {
    own(&app, &who, "made_system_token", facility).await?;
    let days = model::days(Some(body.days)).map_err(|e| Error::Invalid(vec![e]))?;
    let token = systems::make_token(&app, &who, system, body.client_id, days).await;
    let token = refusals::noted(&app, &who, "made_system_token", None, Some(system), token).await?;
    Ok((status(token.is_some()), Json(MadeToken { id: body.client_id, token })))
}

/// Ends one of a system's tokens at once. Again is no error.
#[utoipa::path(delete, path = "/api/v1/facilities/{id}/outside-systems/{system}/tokens/{token}", tag = "proxy entry",
    params(("id" = Uuid, Path), ("system" = Uuid, Path), ("token" = Uuid, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn end_token(
    State(app): State<Shared>,
    who: Actor,
    Path((facility, system, token)): Path<(Uuid, Uuid, Uuid)>,
) -> Result<StatusCode> {
    own(&app, &who, "ended_system_token", facility).await?;
    let ended = systems::end_token(&app, &who, system, token).await;
    refusals::noted(&app, &who, "ended_system_token", None, Some(system), ended).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether the facility in the address is the one that the caller administrates.
async fn own(app: &Shared, who: &Actor, act: &str, facility: Uuid) -> Result<()> {
    let (tx, _) = staff::administrating(app, who, act, Some(facility)).await?;
    tx.commit().await
}

fn status(created: bool) -> StatusCode {
    if created { StatusCode::CREATED } else { StatusCode::OK }
}
