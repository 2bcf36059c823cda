//! `/api/v1/announcements`: what operators tell the people of the caller's facility.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{acts, model::Announcement};
use crate::{Result, app::Shared, audit, auth::Actor, web::problem::Problem};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read))
}

#[derive(Serialize, ToSchema)]
struct AnnouncementPage {
    items: Vec<Announcement>,
    /// Always null: the newest hundred are given.
    next: Option<String>,
}

/// Announcements for the facility for which the caller acts, newest first.
#[utoipa::path(get, path = "/api/v1/announcements", tag = "announcements", responses((status = 200, body = AnnouncementPage)))]
async fn list(State(app): State<Shared>, who: Actor) -> Result<Json<AnnouncementPage>> {
    let mut tx = app.db.acting(&who).await?;
    let items = acts::mine(&mut tx).await?;
    audit::viewed(&mut tx, "viewed_announcements", None, None, None).await?;
    tx.commit().await?;
    Ok(Json(AnnouncementPage { items, next: None }))
}

/// Records that the caller has read the newest version. Repeating it changes nothing.
#[utoipa::path(put, path = "/api/v1/announcements/{id}/read", tag = "announcements",
    responses((status = 204), (status = 404, body = Problem)))]
async fn read(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<StatusCode> {
    let mut tx = app.db.acting(&who).await?;
    acts::read(&mut tx, id).await?;
    audit::viewed(&mut tx, "viewed_announcement", None, None, Some(id)).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
