//! `/api/v1/me/devices`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::acts::{self, Device};
use crate::{Result, app::Shared, auth::Actor, web::problem::Problem};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(end))
}

#[derive(Serialize, ToSchema)]
struct DeviceBody {
    id: Uuid,
    name: String,
    #[schema(value_type = String, format = DateTime)]
    first_seen: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_seen: Timestamp,
    /// Until then no code is asked for on it.
    #[schema(value_type = Option<String>, format = DateTime)]
    remembered_until: Option<Timestamp>,
    /// The device of this request.
    current: bool,
}

impl From<Device> for DeviceBody {
    fn from(d: Device) -> Self {
        Self {
            id: d.id,
            name: d.name,
            first_seen: d.first_seen,
            last_seen: d.last_seen,
            remembered_until: d.remembered_until,
            current: d.this_one,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Devices {
    items: Vec<DeviceBody>,
    /// Always null: nobody has that many.
    next: Option<String>,
}

/// The caller's devices that are signed in or remembered, the last used first.
#[utoipa::path(get, path = "/api/v1/me/devices", tag = "session", responses((status = 200, body = Devices)))]
async fn list(State(app): State<Shared>, who: Actor) -> Result<Json<Devices>> {
    let items = acts::devices(&app, &who).await?.into_iter().map(Into::into).collect();
    Ok(Json(Devices { items, next: None }))
}

/// Signs one of the caller's devices out: its sessions and live connections die at once.
#[utoipa::path(delete, path = "/api/v1/me/devices/{id}", tag = "session", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn end(State(app): State<Shared>, who: Actor, Path(device): Path<Uuid>) -> Result<StatusCode> {
    acts::end_device(&app, &who, device).await?;
    Ok(StatusCode::NO_CONTENT)
}
