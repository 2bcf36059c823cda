//! `/api/v1/facilities/{id}/interruptions` and `…/quiet-hours`.

use axum::{
    Json,
    extract::{Path, State},
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    api::{WindowBody, Windows, parsed, windows},
    facility_routes::{monday, opened},
    model::Rung,
    store,
};
use crate::{
    Result,
    app::Shared,
    auth::Actor,
    features::facilities::staff,
    web::{
        input::{Query, Strict},
        problem::Problem,
    },
};

/// The facility's admin, for the facility for which they act; others do not exist here.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(interruptions)).routes(routes!(quiet, set_quiet))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WeekQuery {
    week: Option<Date>,
}

/// How often one of the staff was rung in the week.
#[derive(Serialize, ToSchema)]
struct RungBody {
    id: Uuid,
    name: String,
    profession: String,
    rung: i64,
    /// Of these, in quiet hours.
    quiet: i64,
    /// Of these, for something urgent.
    urgent: i64,
    /// Devices that push no longer reaches.
    failing_devices: i64,
    /// Whether a mail server has refused the confirmed address, at once or in a report that came later.
    mail_refused: bool,
}

impl From<Rung> for RungBody {
    fn from(r: Rung) -> Self {
        Self {
            id: r.account,
            name: r.name,
            profession: r.profession,
            rung: r.all,
            quiet: r.quiet,
            urgent: r.urgent,
            failing_devices: r.failing,
            mail_refused: r.bounced,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Interruptions {
    /// The Monday with which the week begins.
    week: String,
    /// Who was rung most first.
    items: Vec<RungBody>,
    /// Always null: the whole staff.
    next: Option<String>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuietHours {
    /// Seven windows, Monday first; null on a day without one.
    #[schema(value_type = Vec<Option<WindowBody>>)]
    quiet_hours: Windows,
}

/// How often each of the staff was rung in a week, and who is not reached. Counts alone.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/interruptions", tag = "facilities",
    params(("id" = Uuid, Path), ("week" = Option<String>, Query, description = "any day of it, `2026-11-30`; this week by default")),
    responses((status = 200, body = Interruptions), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn interruptions(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Query(query): Query<WeekQuery>,
) -> Result<Json<Interruptions>> {
    let monday = monday(query.week);
    let (mut tx, _) = opened(&app, &who, Some(id)).await?;
    let rows = store::rung(&mut tx, monday).await?;
    tx.commit().await?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(Json(Interruptions { week: monday.to_string(), items, next: None }))
}

/// The facility's usual quiet hours, which hold for everybody of the staff who has not set their own.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/quiet-hours", tag = "facilities", params(("id" = Uuid, Path)),
    responses((status = 200, body = QuietHours), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn quiet(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<QuietHours>> {
    let (mut tx, _) = opened(&app, &who, Some(id)).await?;
    let quiet = store::facility_quiet(&mut tx).await?.unwrap_or_default();
    tx.commit().await?;
    Ok(Json(QuietHours { quiet_hours: windows(&quiet) }))
}

/// Sets them. Asks for a session that has proven again who it is (`POST /session/step-up`).
#[utoipa::path(put, path = "/api/v1/facilities/{id}/quiet-hours", tag = "facilities", params(("id" = Uuid, Path)), request_body = QuietHours,
    responses((status = 200, body = QuietHours), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn set_quiet(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<QuietHours>,
) -> Result<Json<QuietHours>> {
    drop(staff::administrating(&app, &who, "changed_facility_quiet", Some(id)).await?);
    let quiet = parsed(&body.quiet_hours)?;
    acts::set_facility_quiet(&app, &who, &quiet).await?;
    Ok(Json(QuietHours { quiet_hours: windows(&quiet) }))
}
