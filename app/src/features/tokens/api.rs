//! `/api/v1/me/tokens`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{self, Scope, Token},
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    web::{input::Strict, problem::Problem},
};

/// Any signed-in person, for the own tokens; 404 for anybody else's. No token opens these.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, make)).routes(routes!(end))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TokenBody {
    pub id: Uuid,
    pub name: String,
    pub scope: Scope,
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// The last use, to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub used_at: Option<Timestamp>,
    /// Since when it opens nothing any more.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

impl From<Token> for TokenBody {
    fn from(t: Token) -> Self {
        Self {
            id: t.id,
            name: t.name,
            scope: t.scope,
            made_at: t.made_at,
            expires_at: t.expires_at,
            used_at: t.used_at,
            ended_at: t.ended_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct OwnToken {
    #[serde(flatten)]
    token: TokenBody,
    /// The name of the facility for which it acts.
    facility: String,
}

#[derive(Serialize, ToSchema)]
struct Tokens {
    items: Vec<OwnToken>,
    /// Always null: nobody has that many.
    next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct New {
    client_id: Uuid,
    name: String,
    scope: Scope,
    /// Days from now until it ends: 1 to 90.
    days: i32,
}

#[derive(Serialize, ToSchema)]
struct Made {
    id: Uuid,
    /// For the `Authorization: Bearer` header. Here and never again: null where this `client_id` was answered before.
    token: Option<String>,
}

/// The caller's tokens, the newest first, with those that ended within 90 days.
#[utoipa::path(get, path = "/api/v1/me/tokens", tag = "tokens", responses((status = 200, body = Tokens)))]
async fn list(State(app): State<Shared>, who: Actor) -> Result<Json<Tokens>> {
    let mut tx = app.db.acting(&who).await?;
    let tokens = acts::mine(&mut tx).await?;
    tx.commit().await?;
    let one = |t: Token| OwnToken { facility: t.facility.clone(), token: t.into() };
    Ok(Json(Tokens { items: tokens.into_iter().map(one).collect(), next: None }))
}

/// Makes a token for the facility for which the caller acts. Asks for a session that has proven again who it is (`POST /session/step-up`).
#[utoipa::path(post, path = "/api/v1/me/tokens", tag = "tokens", request_body = New,
    responses((status = 201, body = Made), (status = 200, body = Made, description = "made before with this client_id"),
        (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn make(
    State(app): State<Shared>,
    who: Actor,
    Strict(body): Strict<New>,
) -> Result<(StatusCode, Json<Made>)> {
    let new = model::parse(body.client_id, &body.name, Some(body.scope), Some(body.days))
        .map_err(Error::Invalid)?;
    let token = acts::make(&app, &who, &new).await?;
    let status = if token.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Made { id: new.id, token })))
}

/// Ends one of the caller's tokens at once. Again is no error.
#[utoipa::path(delete, path = "/api/v1/me/tokens/{id}", tag = "tokens", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn end(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<StatusCode> {
    acts::end(&app, &who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
