//! `/api/v1/facilities`: the search before an invitation. Any signed-in person.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::directory::{self, Colleague, Facility};
use crate::{
    Result,
    app::Shared,
    audit,
    auth::Actor,
    web::{input::Query, problem::Problem},
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(facilities)).routes(routes!(staff))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    #[serde(default)]
    q: String,
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct FacilityPage {
    items: Vec<Facility>,
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct StaffPage {
    items: Vec<Colleague>,
    next: Option<String>,
}

/// Facilities of this network by name. Width, case and kind of kana do not matter.
#[utoipa::path(get, path = "/api/v1/facilities", tag = "facilities", params(("q" = Option<String>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = FacilityPage)))]
async fn facilities(
    State(app): State<Shared>,
    who: Actor,
    Query(search): Query<Search>,
) -> Result<Json<FacilityPage>> {
    let mut tx = app.db.acting(&who).await?;
    let found = directory::facilities(&mut tx, &search.q).await?;
    audit::viewed(&mut tx, "searched_facilities", None, None, None).await?;
    tx.commit().await?;
    let (items, next) = directory::page(found, search.cursor.as_deref())?;
    Ok(Json(FacilityPage { items, next }))
}

/// Who works there now, by name or profession.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/staff", tag = "facilities", params(("q" = Option<String>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = StaffPage), (status = 404, body = Problem)))]
async fn staff(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Query(search): Query<Search>,
) -> Result<Json<StaffPage>> {
    let mut tx = app.db.acting(&who).await?;
    directory::facility(&mut tx, id).await?;
    let found = directory::staff(&mut tx, id, &search.q).await?;
    audit::viewed(&mut tx, "searched_staff", None, None, Some(id)).await?;
    tx.commit().await?;
    let (items, next) = directory::page(found, search.cursor.as_deref())?;
    Ok(Json(StaffPage { items, next }))
}
