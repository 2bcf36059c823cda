//! `/api/v1/me/calendar-link`.

use axum::{Json, extract::State, http::StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::acts::{self, Link};
use crate::{
    Result,
    app::Shared,
    auth::Actor,
    web::{input::Strict, problem::Problem},
};

/// Any signed-in person, for the own link in the facility for which they act. No token opens these: a link is a secret of its own.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(show, make, end))
}

/// A link that is good now. Where it leads is told once, when it is made.
#[derive(Serialize, ToSchema)]
struct CalendarLink {
    #[schema(value_type = String, format = DateTime)]
    made_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// Whether the facility's own number of a patient stands beside a visit.
    with_number: bool,
    /// When a calendar last asked.
    #[schema(value_type = Option<String>, format = DateTime)]
    fetched_at: Option<Timestamp>,
}

impl From<Link> for CalendarLink {
    fn from(l: Link) -> Self {
        Self { made_at: l.made_at, ends_at: l.ends_at, with_number: l.with_number, fetched_at: l.fetched_at }
    }
}

#[derive(Serialize, ToSchema)]
struct CalendarLinkState {
    /// Null where there is none.
    link: Option<CalendarLink>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CalendarLinkBody {
    with_number: bool,
}

#[derive(Serialize, ToSchema)]
struct MadeCalendarLink {
    /// For the calendar. Here and never again; whoever has it can read it.
    address: String,
    link: Option<CalendarLink>,
}

/// Whether the caller has a link, and since when.
#[utoipa::path(get, path = "/api/v1/me/calendar-link", tag = "visits", responses((status = 200, body = CalendarLinkState)))]
async fn show(State(app): State<Shared>, who: Actor) -> Result<Json<CalendarLinkState>> {
    let mut tx = app.db.acting(&who).await?;
    let link = acts::mine(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(CalendarLinkState { link: link.map(Into::into) }))
}

/// Makes a link in the place of any that there was, which stops at once; sent again, it makes another. Asks for a session that has
/// proven again who it is (`POST /session/step-up`).
#[utoipa::path(put, path = "/api/v1/me/calendar-link", tag = "visits", request_body = CalendarLinkBody,
    responses((status = 200, body = MadeCalendarLink), (status = 403, body = Problem)))]
async fn make(
    State(app): State<Shared>,
    who: Actor,
    Strict(body): Strict<CalendarLinkBody>,
) -> Result<Json<MadeCalendarLink>> {
    let token = acts::make(&app, &who, body.with_number).await?;
    let mut tx = app.db.acting(&who).await?;
    let link = acts::mine(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(MadeCalendarLink { address: acts::address(&app, &token), link: link.map(Into::into) }))
}

/// Ends the caller's link at once. Without one this is no error.
#[utoipa::path(delete, path = "/api/v1/me/calendar-link", tag = "visits", responses((status = 204)))]
async fn end(State(app): State<Shared>, who: Actor) -> Result<StatusCode> {
    acts::end(&app, &who).await?;
    Ok(StatusCode::NO_CONTENT)
}
