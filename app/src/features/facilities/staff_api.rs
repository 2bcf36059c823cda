//! `/api/v1/facilities/{id}/staff/{account}`: who administrates, and corrections.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    person_routes::checked,
    staff::{self, administrating},
};
use crate::{
    Result,
    app::Shared,
    auth::Actor,
    web::{input::Strict, problem::Problem},
};

/// The facility's admin, for the facility for which they act.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(correct)).routes(routes!(set_admin))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Correction {
    /// A code, e.g. `nurse`.
    profession: String,
    licence_note: String,
}

/// Another profession or licence note from now on; records keep what they carry.
#[utoipa::path(put, path = "/api/v1/facilities/{id}/staff/{account}", tag = "facilities", request_body = Correction,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn correct(
    State(app): State<Shared>,
    who: Actor,
    Path((id, account)): Path<(Uuid, Uuid)>,
    Strict(body): Strict<Correction>,
) -> Result<StatusCode> {
    let (tx, _) = administrating(&app, &who, "corrected_person", Some(id)).await?;
    let (profession, licence) = checked(&body.profession, &body.licence_note)?;
    staff::correct(&app, tx, account, profession, &licence).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Administration {
    admin: bool,
}

/// Makes one of the staff admin, or no admin any more. The last admin stays one.
#[utoipa::path(put, path = "/api/v1/facilities/{id}/staff/{account}/admin", tag = "facilities", request_body = Administration,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn set_admin(
    State(app): State<Shared>,
    who: Actor,
    Path((id, account)): Path<(Uuid, Uuid)>,
    Strict(body): Strict<Administration>,
) -> Result<StatusCode> {
    let act = if body.admin { "made_admin" } else { "made_staff" };
    let (tx, _) = administrating(&app, &who, act, Some(id)).await?;
    staff::set_admin(tx, account, body.admin).await?;
    Ok(StatusCode::NO_CONTENT)
}
