//! `/api/v1/facilities/{id}/staff/{account}/departure` and the reports.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{Departing, Report},
    read,
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff,
    web::{input::Strict, problem::Problem},
};

/// The facility's admin, for the facility for which they act.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(depart)).routes(routes!(list))
}

#[derive(Serialize, ToSchema)]
struct Departures {
    items: Vec<Report>,
}

/// Ends the tie of one person of the staff with the facility: memberships, the host's role, open invitations, sessions; at once and
/// in one transaction. What the person wrote stays, and so does the tie with another facility.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/staff/{account}/departure", tag = "facilities", request_body = Departing,
    responses((status = 200, body = Report), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn depart(
    State(app): State<Shared>,
    who: Actor,
    Path((id, account)): Path<(Uuid, Uuid)>,
    Strict(body): Strict<Departing>,
) -> Result<Json<Report>> {
    let (tx, _) = staff::administrating(&app, &who, "departed", Some(id)).await?;
    drop(tx);
    let done = acts::depart(&app, &who, account, &body).await;
    if let Err(Error::NotFound) = &done {
        audit::refused(&app, &who, "departed", None, Some(account)).await;
    }
    done.map(Json)
}

/// The reports of the facility, the newest first; 500 at most.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/departures", tag = "facilities",
    responses((status = 200, body = Departures), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Departures>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_departures", Some(id)).await?;
    audit::viewed(&mut tx, "viewed_departures", None, None, None).await?;
    let items = read::all(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(Departures { items }))
}
