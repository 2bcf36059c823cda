//! `/api/v1/facilities/{id}/access-log/charts` and `/shown`.

use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    charts::{self, Chart, MOST, Reader},
    filter::Typed,
    shown::{self, Shown},
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff,
    people::KIN,
    web::{input::Query, problem::Problem},
};

/// Patients of one answer.
const PAGE: i64 = 200;

/// The facility's admin, for the facility for which they act.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(readers)).routes(routes!(affected))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Period {
    from: String,
    to: String,
    cursor: String,
}

#[derive(Serialize, ToSchema)]
struct ChartOpenings {
    patient_id: Uuid,
    openings: i64,
    /// How many different people.
    people: i64,
    #[schema(value_type = String, format = DateTime)]
    first_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
struct Charts {
    /// Of the whole period.
    openings: i64,
    charts: i64,
    items: Vec<ChartOpenings>,
    next: Option<String>,
}

impl From<Chart> for ChartOpenings {
    fn from(c: Chart) -> Self {
        Self {
            patient_id: c.patient,
            openings: c.openings,
            people: c.people,
            first_at: c.first_at,
            last_at: c.last_at,
        }
    }
}

/// How often each patient's chart was opened in a period, the most first.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/access-log/charts", tag = "facilities",
    params(("id" = Uuid, Path), ("from" = Option<String>, Query, description = "a day (Asia/Tokyo) or a time"),
        ("to" = Option<String>, Query, description = "a day, which is included, or a time, which is not"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = Charts), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list(
    State(app): State<Shared>,
    who: Actor,
    Path(facility): Path<Uuid>,
    Query(period): Query<Period>,
) -> Result<Json<Charts>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_chart_counts", Some(facility)).await?;
    let skip: i64 = match period.cursor.as_str() {
        "" => 0,
        text => {
            text.parse().ok().filter(|n| *n >= 0).ok_or_else(|| Error::BadRequest("unknown_cursor".into()))?
        }
    };
    let typed = Typed { from: period.from, to: period.to, ..Typed::default() };
    let filter = typed.read(Timestamp::now()).map_err(Error::Invalid)?;
    audit::viewed(&mut tx, "viewed_chart_counts", None, None, None).await?;
    let total = charts::total(&mut tx, &filter).await?;
    let mut rows = charts::charts(&mut tx, &filter, PAGE + 1, skip).await?;
    tx.commit().await?;
    let more = i64::try_from(rows.len()).is_ok_and(|n| n > PAGE);
    rows.truncate(usize::try_from(PAGE).unwrap_or_default());
    Ok(Json(Charts {
        openings: total.openings,
        charts: total.charts,
        items: rows.into_iter().map(Into::into).collect(),
        next: more.then(|| (skip + PAGE).to_string()),
    }))
}

#[derive(Serialize, ToSchema)]
struct ChartReader {
    account_id: Option<Uuid>,
    /// As it was the last time. Null for patients and relatives, whose names are not the facility's to read.
    name: Option<String>,
    /// `patient` and `family` are those.
    profession: Option<String>,
    facility_id: Option<Uuid>,
    facility: Option<String>,
    openings: i64,
    #[schema(value_type = String, format = DateTime)]
    first_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_at: Timestamp,
    /// How long the pages were open, as far as is known.
    seconds: i64,
}

impl From<Reader> for ChartReader {
    fn from(r: Reader) -> Self {
        let (account_id, name, profession) =
            r.account.map_or((None, None, None), |(id, name, code)| (Some(id), name, code));
        let kin = profession.as_deref().is_some_and(|code| KIN.contains(&code));
        Self {
            account_id,
            name: name.filter(|_| !kin),
            profession,
            facility_id: r.facility.as_ref().map(|f| f.0),
            facility: r.facility.map(|f| f.1),
            openings: r.openings,
            first_at: r.first_at,
            last_at: r.last_at,
            seconds: r.seconds,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ChartReaders {
    items: Vec<ChartReader>,
}

/// Who opened one patient's chart, how often, first and last, and for how long altogether.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/access-log/charts/{patient}", tag = "facilities",
    params(("id" = Uuid, Path), ("patient" = Uuid, Path), ("from" = Option<String>, Query), ("to" = Option<String>, Query)),
    responses((status = 200, body = ChartReaders), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn readers(
    State(app): State<Shared>,
    who: Actor,
    Path((facility, patient)): Path<(Uuid, Uuid)>,
    Query(period): Query<Period>,
) -> Result<Json<ChartReaders>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_chart_counts", Some(facility)).await?;
    let typed = Typed { patient: patient.to_string(), from: period.from, to: period.to, ..Typed::default() };
    let filter = typed.read(Timestamp::now()).map_err(Error::Invalid)?;
    let rows = charts::readers(&mut tx, &filter, MOST).await?;
    audit::viewed(&mut tx, "viewed_chart_counts", None, Some(patient), None).await?;
    tx.commit().await?;
    Ok(Json(ChartReaders { items: rows.into_iter().map(Into::into).collect() }))
}

#[derive(Serialize, ToSchema)]
struct ShownPatient {
    patient_id: Uuid,
    /// The facility's own patient.
    mine: bool,
    /// The record was opened or changed; else the name stood on a list.
    opened: bool,
    acts: Vec<String>,
    events: i64,
    #[schema(value_type = String, format = DateTime)]
    first_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_at: Timestamp,
}

impl From<Shown> for ShownPatient {
    fn from(s: Shown) -> Self {
        Self {
            patient_id: s.patient,
            mine: s.mine,
            opened: s.opened,
            acts: s.acts,
            events: s.events,
            first_at: s.first_at,
            last_at: s.last_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ShownPatients {
    items: Vec<ShownPatient>,
}

/// Whose records an account, a device or a session was shown in a period: own patients whoever it was, and whatever was seen under the
/// facility's name. Rather one too many.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/access-log/shown", tag = "facilities",
    params(("id" = Uuid, Path), ("account" = Option<Uuid>, Query), ("device" = Option<Uuid>, Query), ("session" = Option<Uuid>, Query),
        ("from" = Option<String>, Query), ("to" = Option<String>, Query)),
    responses((status = 200, body = ShownPatients), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn affected(
    State(app): State<Shared>,
    who: Actor,
    Path(facility): Path<Uuid>,
    Query(typed): Query<shown::Typed>,
) -> Result<Json<ShownPatients>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_shown_patients", Some(facility)).await?;
    let suspicion = typed.read(Timestamp::now()).map_err(Error::Invalid)?;
    audit::viewed(&mut tx, "viewed_shown_patients", None, None, None).await?;
    let items = shown::patients(&mut tx, &suspicion).await?;
    tx.commit().await?;
    Ok(Json(ShownPatients { items: items.into_iter().map(Into::into).collect() }))
}
