//! `/api/v1/me/devices`.

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
    model::{self, Kind, OwnDevice},
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    web::{input::Strict, problem::Problem},
};

/// Any signed-in person, for the own devices; 404 for anybody else's.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(rename, end)).routes(routes!(lost))
}

#[derive(Serialize, ToSchema)]
struct DeviceBody {
    id: Uuid,
    name: String,
    kind: Kind,
    /// The facility for which it was used last.
    place: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    first_seen: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_seen: Timestamp,
    /// Until then no code is asked for on it.
    #[schema(value_type = Option<String>, format = DateTime)]
    remembered_until: Option<Timestamp>,
    /// The device of this request.
    current: bool,
    /// Keeps copies of pages for when there is no line.
    keeps_copies: bool,
}

impl From<OwnDevice> for DeviceBody {
    fn from(d: OwnDevice) -> Self {
        Self {
            id: d.id,
            name: d.name,
            kind: d.kind,
            place: d.place,
            first_seen: d.first_seen,
            last_seen: d.last_seen,
            remembered_until: d.remembered_until,
            current: d.this_one,
            keeps_copies: d.copies,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Devices {
    items: Vec<DeviceBody>,
    /// Always null: nobody has that many.
    next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
}

/// What a report of a lost device ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct LossBody {
    pub sessions_ended: i32,
}

/// The caller's devices that are signed in or remembered, the last used first.
#[utoipa::path(get, path = "/api/v1/me/devices", tag = "devices", responses((status = 200, body = Devices)))]
async fn list(State(app): State<Shared>, who: Actor) -> Result<Json<Devices>> {
    let items = acts::own(&app, &who).await?.into_iter().map(Into::into).collect();
    Ok(Json(Devices { items, next: None }))
}

/// Gives one of the caller's devices another name.
#[utoipa::path(put, path = "/api/v1/me/devices/{id}", tag = "devices", params(("id" = Uuid, Path)), request_body = Name,
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn rename(
    State(app): State<Shared>,
    who: Actor,
    Path(device): Path<Uuid>,
    Strict(body): Strict<Name>,
) -> Result<StatusCode> {
    let name = model::name(&body.name).map_err(|e| Error::Invalid(vec![e]))?;
    acts::rename(&app, &who, device, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs one of the caller's devices out: its sessions and live connections die at once.
#[utoipa::path(delete, path = "/api/v1/me/devices/{id}", tag = "devices", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn end(State(app): State<Shared>, who: Actor, Path(device): Path<Uuid>) -> Result<StatusCode> {
    acts::end_own(&app, &who, device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One of the caller's devices is lost: every session of the caller ends at once, the one of this request too; the facilities are
/// told; both factors are asked for wherever the caller signs in next.
#[utoipa::path(post, path = "/api/v1/me/devices/{id}/loss", tag = "devices", params(("id" = Uuid, Path)),
    responses((status = 200, body = LossBody), (status = 404, body = Problem)))]
async fn lost(State(app): State<Shared>, who: Actor, Path(device): Path<Uuid>) -> Result<Json<LossBody>> {
    let sessions_ended = acts::own_lost(&app, &who, device).await?;
    Ok(Json(LossBody { sessions_ended }))
}
