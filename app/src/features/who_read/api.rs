//! `/api/v1/facilities/{id}/reader-policy`.

use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{Change, Policy, Told},
    read,
};
use crate::{
    Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff,
    opaque_debug,
    web::{input::Strict, problem::Problem},
};

/// The facility's admin, for the facility for which they act.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(show, set))
}

#[derive(Serialize, ToSchema)]
struct ReaderPolicyVersion {
    version: i32,
    #[serde(flatten)]
    told: Told,
    by: Uuid,
    by_name: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    reason: String,
}

#[derive(Serialize, ToSchema)]
struct ReaderPolicy {
    /// 0: nobody has decided yet, so nothing is told.
    version: i32,
    #[serde(flatten)]
    told: Told,
    /// The newest first.
    versions: Vec<ReaderPolicyVersion>,
}

opaque_debug!(ReaderPolicyVersion, ReaderPolicy);

impl From<Vec<Policy>> for ReaderPolicy {
    fn from(all: Vec<Policy>) -> Self {
        let newest = all.first();
        Self {
            version: newest.map_or(0, |p| p.version),
            told: newest.map_or(Told::NOTHING, |p| p.told),
            versions: all
                .into_iter()
                .map(|p| ReaderPolicyVersion {
                    version: p.version,
                    told: p.told,
                    by: p.by.0,
                    by_name: p.by.1,
                    at: p.at,
                    reason: p.reason,
                })
                .collect(),
        }
    }
}

/// What the facility's patients and their relatives are told of who read their record.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/reader-policy", tag = "facilities",
    responses((status = 200, body = ReaderPolicy), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn show(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<ReaderPolicy>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_reader_policy", Some(id)).await?;
    audit::viewed(&mut tx, "viewed_reader_policy", None, None, None).await?;
    let all = read::versions(&app, &mut tx).await?;
    tx.commit().await?;
    Ok(Json(all.into()))
}

/// The next version. 412 where somebody else was first.
#[utoipa::path(put, path = "/api/v1/facilities/{id}/reader-policy", tag = "facilities", request_body = Change,
    responses((status = 200, body = ReaderPolicy), (status = 403, body = Problem), (status = 404, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)))]
async fn set(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<Change>,
) -> Result<Json<ReaderPolicy>> {
    let (tx, _) = staff::administrating(&app, &who, "changed_reader_policy", Some(id)).await?;
    drop(tx);
    acts::set(&app, &who, body).await?;
    let mut tx = app.db.acting(&who).await?;
    let all = read::versions(&app, &mut tx).await?;
    tx.commit().await?;
    Ok(Json(all.into()))
}
