//! `/api/v1/facilities/{id}/tokens` and the facility's rule.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{acts, api::TokenBody, model::FacilityToken};
use crate::{
    Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff,
    web::{input::Strict, problem::Problem},
};

/// The facility's admin, for the facility for which they act.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(end)).routes(routes!(set_rule))
}

#[derive(Serialize, ToSchema)]
struct Owner {
    id: Uuid,
    name: String,
    profession: String,
}

#[derive(Serialize, ToSchema)]
struct FacilityTokenBody {
    #[serde(flatten)]
    token: TokenBody,
    account: Owner,
}

impl From<FacilityToken> for FacilityTokenBody {
    fn from(t: FacilityToken) -> Self {
        Self {
            token: t.token.into(),
            account: Owner { id: t.account, name: t.person, profession: t.profession },
        }
    }
}

#[derive(Serialize, ToSchema)]
struct FacilityTokens {
    items: Vec<FacilityTokenBody>,
    /// Whether the facility's people may make any now.
    allowed: bool,
    /// Always null: 1,000 at most.
    next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rule {
    allowed: bool,
}

#[derive(Serialize, ToSchema)]
struct RuleSet {
    tokens_ended: i32,
}

/// Who has tokens for the facility, with those that ended within 90 days. Never the tokens themselves.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/tokens", tag = "tokens",
    responses((status = 200, body = FacilityTokens), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<FacilityTokens>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_tokens", Some(id)).await?;
    audit::viewed(&mut tx, "viewed_tokens", None, None, None).await?;
    let items = acts::here(&mut tx).await?.into_iter().map(Into::into).collect();
    let allowed = acts::allowed(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(FacilityTokens { items, allowed, next: None }))
}

/// Ends a token at once, whosever it is.
#[utoipa::path(delete, path = "/api/v1/facilities/{id}/tokens/{token}", tag = "tokens",
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn end(
    State(app): State<Shared>,
    who: Actor,
    Path((id, token)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    drop(staff::administrating(&app, &who, "ended_token", Some(id)).await?);
    acts::end_here(&app, &who, token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets the facility's people have tokens, or forbids them: those that there are end at once. Asks for a fresh session.
#[utoipa::path(put, path = "/api/v1/facilities/{id}/token-rule", tag = "tokens", request_body = Rule,
    responses((status = 200, body = RuleSet), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn set_rule(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<Rule>,
) -> Result<Json<RuleSet>> {
    drop(staff::administrating(&app, &who, "changed_token_rule", Some(id)).await?);
    let tokens_ended = acts::set_rule(&app, &who, body.allowed).await?;
    Ok(Json(RuleSet { tokens_ended }))
}
