//! `/api/v1/me/copies`.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::acts;
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    web::{input::Strict, problem::Problem},
};

/// Any signed-in person, for the device of the session.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(get, put)).routes(routes!(tell))
}

#[derive(Serialize, ToSchema)]
struct CopiedGroup {
    group: Uuid,
    /// From when the copy was made, 1 to 72.
    hours: i32,
}

#[derive(Serialize, ToSchema)]
struct Copies {
    /// This device keeps copies.
    kept: bool,
    /// How long the facility for which the person acts lets them stay; 0: it allows none.
    hours: i32,
    /// Of which groups a copy may be there now. What is of another group, or older, has to be deleted.
    groups: Vec<CopiedGroup>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Keep {
    kept: bool,
}

/// Most that a device tells at once.
const MOST: usize = 200;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Readings {
    /// One for each time that a copy was opened, at most 200, in order.
    groups: Vec<Uuid>,
}

/// What this device may keep to be read without a line.
#[utoipa::path(get, path = "/api/v1/me/copies", tag = "devices", responses((status = 200, body = Copies)))]
async fn get(State(app): State<Shared>, who: Actor) -> Result<Json<Copies>> {
    let mut tx = app.db.acting(&who).await?;
    let here = acts::here(&mut tx).await?;
    let groups = acts::allowed(&mut tx).await?;
    tx.commit().await?;
    let groups = groups.iter().map(|c| CopiedGroup { group: c.group, hours: c.hours }).collect();
    Ok(Json(Copies { kept: here.kept, hours: here.hours, groups }))
}

/// Begins to keep copies on the device of this session, or ends it; the same again changes nothing. 403 `copies_not_allowed`: the facility
/// allows none.
#[utoipa::path(put, path = "/api/v1/me/copies", tag = "devices", request_body = Keep, responses((status = 204), (status = 403, body = Problem)))]
async fn put(State(app): State<Shared>, who: Actor, Strict(body): Strict<Keep>) -> Result<StatusCode> {
    acts::keep(&app, &who, body.kept).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells which copies were opened while there was no line: each is written into the access log. Groups of which this device has made no
/// copy within seven days are passed over.
#[utoipa::path(post, path = "/api/v1/me/copies/readings", tag = "devices", request_body = Readings, responses((status = 204), (status = 422, body = Problem)))]
async fn tell(State(app): State<Shared>, who: Actor, Strict(body): Strict<Readings>) -> Result<StatusCode> {
    if body.groups.len() > MOST {
        return Err(Error::invalid("groups", "too_many", t("一度に伝えられるのは200件までです。")));
    }
    acts::were_read(&app, &who, &body.groups).await?;
    Ok(StatusCode::NO_CONTENT)
}
