//! `/api/v1/status` for everybody, and `/api/v1/synthetic` for the synthetic users alone.

use axum::{
    Json,
    extract::State,
    http::{Extensions, HeaderMap, StatusCode, header},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    figures::Figures,
    store,
    views::{Now, StatusView, percent},
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Elsewhere,
    web::{input::Strict, problem::Problem},
};

/// The status: everybody. The synthetic user's read and write: whoever holds its ticket, to all others they are not there.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(status)).routes(routes!(beats, beat))
}

#[derive(Serialize, ToSchema)]
struct Status {
    /// How it is now: `working`, `reading` (nothing can be written), `down`, `unknown` (just started).
    now: Now,
    /// Since when it is not as it should be.
    since: Option<String>,
    /// When the figures were gathered; null before the first time.
    gathered_at: Option<String>,
    /// Newest first. The last day ends a moment ago.
    months: Vec<MonthFigures>,
    /// Announced work: what is to come and what was.
    works: Vec<WorkBody>,
}

/// Requests of the synthetic users of one month, announced work apart.
#[derive(Serialize, ToSchema)]
struct MonthFigures {
    /// `2026-11`.
    month: String,
    requests: u64,
    /// Succeeded within 60 s, automatic retries included: the availability. Per cent with four places, rounded down.
    within_60s_percent: Option<String>,
    /// The same for writing alone.
    writing_within_60s_percent: Option<String>,
    /// Succeeded within 3 s.
    within_3s_percent: Option<String>,
    /// Seconds: the longest time in a row without an answer within 3 s.
    longest_outage_seconds: u64,
    /// Requests that did not find what had been acknowledged. 0, or something is very wrong.
    lost: u64,
    requests_during_work: u64,
}

#[derive(Serialize, ToSchema)]
struct WorkBody {
    from: String,
    to: String,
    what: String,
}

/// How it is now, and the measured availability by month. Needs no database.
#[utoipa::path(get, path = "/api/v1/status", tag = "status", responses((status = 200, body = Status)))]
async fn status(State(app): State<Shared>) -> Json<Status> {
    let view = StatusView::of(&app, Timestamp::now());
    let known = view.known.as_deref();
    let month = |m: super::board::Month| {
        let Figures { asked, lost, planned, longest_seconds, .. } = m.figures;
        MonthFigures {
            month: format!("{}-{:02}", m.year, m.month),
            requests: asked,
            within_60s_percent: m.figures.per_million().map(|n| number(Some(n))),
            writing_within_60s_percent: m.write.per_million().map(|n| number(Some(n))),
            within_3s_percent: m.figures.at_once_per_million().map(|n| number(Some(n))),
            longest_outage_seconds: longest_seconds,
            lost,
            requests_during_work: planned,
        }
    };
    Json(Status {
        now: view.now,
        since: view.since.map(|at| at.to_string()),
        gathered_at: known.map(|k| k.at.to_string()),
        months: known.map_or_else(Vec::new, |k| k.months().into_iter().map(month).collect()),
        works: known.map_or_else(Vec::new, |k| {
            let work = |w: &super::figures::Work| WorkBody {
                from: w.from.to_string(),
                to: w.to.to_string(),
                what: w.what.clone(),
            };
            k.works.iter().map(work).collect()
        }),
    })
}

fn number(per_million: Option<u64>) -> String {
    percent(per_million).trim_end_matches(" %").to_owned()
}

fn ticket(headers: &HeaderMap) -> Result<&str> {
    let value = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    value.and_then(|v| v.strip_prefix("Bearer ")).ok_or(Error::NotFound)
}

/// The ids of the synthetic user's newest writes.
#[utoipa::path(get, path = "/api/v1/synthetic", tag = "status", responses((status = 200, body = Vec<Uuid>), (status = 404, body = Problem)))]
async fn beats(
    State(app): State<Shared>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Json<Vec<Uuid>>> {
    let elsewhere = extensions.get::<Elsewhere>().is_some();
    store::beats(&app, ticket(&headers)?, elsewhere).await.map(Json)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Beat {
    client_id: Uuid,
}

/// A durable write that leaves no record; the same id again is the same write.
#[utoipa::path(post, path = "/api/v1/synthetic", tag = "status", request_body = Beat, responses((status = 204), (status = 404, body = Problem)))]
async fn beat(
    State(app): State<Shared>,
    headers: HeaderMap,
    Strict(body): Strict<Beat>,
) -> Result<StatusCode> {
    store::beat(&app, ticket(&headers)?, body.client_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
