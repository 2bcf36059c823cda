//! `/api/v1/facilities/{id}/devices`.

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
    api::LossBody,
    model::{FacilityDevice, Kind, Owner, Standing},
    store,
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff,
    people::PersonBody,
    web::{input::Strict, problem::Problem},
};

/// The facility's admin, for the facility for which they act; devices that never acted for it do not exist.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(end))
        .routes(routes!(decide))
        .routes(routes!(describe))
        .routes(routes!(lost))
}

#[derive(Serialize, ToSchema)]
struct FacilityDeviceBody {
    id: Uuid,
    name: String,
    kind: Kind,
    account: PersonBody,
    /// For this facility.
    #[schema(value_type = String, format = DateTime)]
    first_seen: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_seen: Timestamp,
    owner: Option<Owner>,
    state: Standing,
    /// Signed in for this facility now.
    signed_in: bool,
    /// The name of the certificate that it came in by the last time.
    certificate: Option<String>,
    current: bool,
    /// Keeps copies of pages for when there is no line.
    keeps_copies: bool,
}

impl From<FacilityDevice> for FacilityDeviceBody {
    fn from(d: FacilityDevice) -> Self {
        Self {
            id: d.id,
            name: d.name,
            kind: d.kind,
            account: PersonBody { id: d.account, name: d.person, profession: d.profession },
            first_seen: d.first_seen,
            last_seen: d.last_seen,
            owner: d.owner,
            state: d.standing,
            signed_in: d.sessions > 0,
            certificate: d.certificate,
            current: d.this_one,
            keeps_copies: d.copies,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct FacilityDevices {
    items: Vec<FacilityDeviceBody>,
    /// Always null: 2,000 at most.
    next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Approve,
    Refuse,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionBody {
    decision: Decision,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnerBody {
    owner: Owner,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Lost {
    client_id: Uuid,
}

/// Passes a refusal on and writes it down.
async fn noting<T>(app: &Shared, who: &Actor, act: &str, device: Uuid, result: Result<T>) -> Result<T> {
    if let Err(Error::NotFound) = &result {
        audit::refused(app, who, act, None, Some(device)).await;
    }
    result
}

/// The devices that have acted for the facility: who waits first, then the last used.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/devices", tag = "devices",
    responses((status = 200, body = FacilityDevices), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<FacilityDevices>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_devices", Some(id)).await?;
    audit::viewed(&mut tx, "viewed_devices", None, None, None).await?;
    let items = store::here(&mut tx).await?.into_iter().map(Into::into).collect();
    tx.commit().await?;
    Ok(Json(FacilityDevices { items, next: None }))
}

/// Ends the device's sessions for this facility, and takes the approval back. What it does for other facilities goes on.
#[utoipa::path(delete, path = "/api/v1/facilities/{id}/devices/{device}", tag = "devices",
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn end(
    State(app): State<Shared>,
    who: Actor,
    Path((id, device)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    drop(staff::administrating(&app, &who, "ended_device", Some(id)).await?);
    let ended = acts::end_here(&app, &who, device).await;
    noting(&app, &who, "ended_device", device, ended).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets the device in for this facility, whoever uses it, or keeps it out.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/devices/{device}/approval", tag = "devices", request_body = DecisionBody,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn decide(
    State(app): State<Shared>,
    who: Actor,
    Path((id, device)): Path<(Uuid, Uuid)>,
    Strict(body): Strict<DecisionBody>,
) -> Result<StatusCode> {
    drop(staff::administrating(&app, &who, "approved_device", Some(id)).await?);
    let decided = acts::decide(&app, &who, device, matches!(body.decision, Decision::Approve)).await;
    noting(&app, &who, "approved_device", device, decided).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whose property the device is, for the registry.
#[utoipa::path(put, path = "/api/v1/facilities/{id}/devices/{device}/owner", tag = "devices", request_body = OwnerBody,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn describe(
    State(app): State<Shared>,
    who: Actor,
    Path((id, device)): Path<(Uuid, Uuid)>,
    Strict(body): Strict<OwnerBody>,
) -> Result<StatusCode> {
    drop(staff::administrating(&app, &who, "described_device", Some(id)).await?);
    let said = acts::set_owner(&app, &who, device, body.owner).await;
    noting(&app, &who, "described_device", device, said).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The device is lost: everything of its person ends at once, on every device, for every facility; whoever else used the device is
/// signed out of it. The facilities for which it acted are told.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/devices/{device}/loss", tag = "devices", request_body = Lost,
    responses((status = 200, body = LossBody), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn lost(
    State(app): State<Shared>,
    who: Actor,
    Path((id, device)): Path<(Uuid, Uuid)>,
    Strict(body): Strict<Lost>,
) -> Result<Json<LossBody>> {
    drop(staff::administrating(&app, &who, "lost_device", Some(id)).await?);
    let lost = acts::lost_here(&app, &who, device, body.client_id).await;
    let sessions_ended = noting(&app, &who, "lost_device", device, lost).await?;
    Ok(Json(LossBody { sessions_ended }))
}
