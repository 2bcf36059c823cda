//! `/api/v1/accounts/{id}/access`.

use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    chain::{Chain, chain},
    facts,
};
use crate::{
    Result,
    app::Shared,
    audit,
    auth::Actor,
    features::groups::refusals,
    web::{input::Query, problem::Problem},
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(access))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessQuery {
    group: Uuid,
}

#[derive(Serialize, ToSchema)]
struct Access {
    account_id: Uuid,
    group_id: Uuid,
    #[serde(flatten)]
    chain: Chain,
}

/// Why this account can or cannot see this group now: the facts in their order, to the first that is missing. For the group's host
/// and the managing facility's admin; for a facility's admin about its own people in the group.
#[utoipa::path(get, path = "/api/v1/accounts/{id}/access", tag = "groups", params(("id" = Uuid, Path), ("group" = Uuid, Query)),
    responses((status = 200, body = Access), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn access(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Query(AccessQuery { group }): Query<AccessQuery>,
) -> Result<Json<Access>> {
    let mut tx = app.db.acting(&who).await?;
    let facts = match facts::of(&mut tx, id, group).await {
        Ok(facts) => facts,
        Err(error) => {
            drop(tx);
            return refusals::noted(&app, &who, "viewed_access", Some(group), Some(id), Err(error)).await;
        }
    };
    audit::viewed(&mut tx, "viewed_access", Some(group), None, Some(id)).await?;
    tx.commit().await?;
    Ok(Json(Access { account_id: id, group_id: group, chain: chain(&facts, Timestamp::now()) }))
}
