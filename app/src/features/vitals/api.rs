//! `/api/v1/patients/{id}/observations` and `…/reference-ranges`.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts, fhir,
    model::{
        Chart, ObservationBody, ObservationPage, ObservationView, Place, RangeBody, RangesView,
        WithdrawalBody,
    },
    read::{self, Of},
    sign::Sign,
};
use crate::{
    Error, Result,
    app::Shared,
    audit::noting_refusal,
    auth::Actor,
    web::{
        input,
        input::{Query, Strict},
        problem::Problem,
    },
};

/// Members of the patient's group now; 404 for everybody else.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(withdraw))
        .routes(routes!(ranges, set_range))
}

/// Records one measurement.
#[utoipa::path(post, path = "/api/v1/patients/{id}/observations", tag = "vitals", request_body = ObservationBody,
    responses((status = 201, body = ObservationView), (status = 200, body = ObservationView, description = "sent before"),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create(
    State(app): State<Shared>,
    who: Actor,
    Path(patient): Path<Uuid>,
    Strict(body): Strict<ObservationBody>,
) -> Result<(StatusCode, Json<ObservationView>)> {
    // A stranger's mistakes are nobody's business.
    known(&app, &who, patient, "recorded_vitals").await?;
    let new = body.parse(Timestamp::now()).map_err(Error::Invalid)?;
    let written = acts::record(&app, &who, Of::Patient(patient), &[new]).await?;
    let written = written.first().ok_or_else(|| Error::internal("one record was sent"))?;
    answer(&app, &who, patient, *written).await
}

pub(super) async fn known(app: &Shared, who: &Actor, patient: Uuid, what: &'static str) -> Result<Place> {
    let place = async {
        let mut tx = app.db.acting(who).await?;
        let place = read::place(&mut tx, Of::Patient(patient)).await?;
        tx.commit().await?;
        Ok(place)
    };
    noting_refusal(app, who, what, patient, place.await).await
}

async fn answer(
    app: &Shared,
    who: &Actor,
    patient: Uuid,
    written: acts::Written,
) -> Result<(StatusCode, Json<ObservationView>)> {
    let view = one(app, who, patient, written.id).await?;
    Ok((if written.created { StatusCode::CREATED } else { StatusCode::OK }, Json(view)))
}

async fn one(app: &Shared, who: &Actor, patient: Uuid, id: Uuid) -> Result<ObservationView> {
    let mut tx = app.db.acting(who).await?;
    let place = read::place(&mut tx, Of::Patient(patient)).await?;
    let found = read::one(app, &mut tx, &place, id).await?;
    let ranges = read::ranges(app, &mut tx, &place).await?;
    tx.commit().await?;
    let observed = found.observed.first().ok_or(Error::NotFound)?;
    Ok(ObservationView::of(observed, patient, &ranges))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    code: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// Measurements, the newest first. `Accept: application/fhir+json` gives a searchset of FHIR R4.
#[utoipa::path(get, path = "/api/v1/patients/{id}/observations", tag = "vitals",
    params(("code" = Option<String>, Query, description = "LOINC; several with commas"), ("from" = Option<String>, Query), ("to" = Option<String>, Query, description = "up to here, without it"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, 200 by default"), ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = ObservationPage), (status = 404, body = Problem)))]
async fn list(
    State(app): State<Shared>,
    who: Actor,
    Path(patient): Path<Uuid>,
    Query(query): Query<ListQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    let wanted = query.signs()?;
    let after = query.cursor.as_deref().map(parse_cursor).transpose()?;
    let limit = query.limit.unwrap_or(200).clamp(1, 1000);
    // The code is sealed: with a wish for some codes everything of the time is opened.
    let rows =
        if wanted.is_none() { i64::try_from(limit).map_err(Error::internal)? * 2 + 1 } else { read::ALL };
    let before = after.map_or(Timestamp::MAX, |(at, _)| at + jiff::SignedDuration::from_micros(1));
    let span = (query.from.unwrap_or(Timestamp::MIN), query.to.unwrap_or(Timestamp::MAX).min(before));
    let mut chart =
        noting_refusal(&app, &who, read::VIEWED, patient, seen(&app, &who, patient, span, rows).await)
            .await?;
    chart.observed.retain(|o| {
        wanted.as_ref().is_none_or(|signs| signs.contains(&o.sign))
            && after.is_none_or(|(at, seq)| (o.measured_at, o.seq) < (at, seq))
    });
    let more = chart.observed.len() > limit;
    chart.observed.truncate(limit);
    let next = chart.observed.last().filter(|_| more).map(|last| cursor(last.measured_at, last.seq));
    let fhir = headers
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains(fhir::MEDIA_TYPE)));
    if fhir {
        let bundle = fhir::bundle(&chart.observed, patient, &chart.ranges);
        return Ok(([(header::CONTENT_TYPE, fhir::MEDIA_TYPE)], bundle.to_string()).into_response());
    }
    let items = chart.observed.iter().map(|o| ObservationView::of(o, patient, &chart.ranges)).collect();
    Ok(Json(ObservationPage { items, next }).into_response())
}

async fn seen(
    app: &Shared,
    who: &Actor,
    patient: Uuid,
    (from, before): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Chart> {
    let mut tx = app.db.acting(who).await?;
    let place = read::place(&mut tx, Of::Patient(patient)).await?;
    read::note_view(app, &mut tx, who, &place).await?;
    let chart = read::chart(app, &mut tx, &place, from, before, limit).await?;
    tx.commit().await?;
    Ok(chart)
}

impl ListQuery {
    fn signs(&self) -> Result<Option<Vec<Sign>>> {
        let Some(codes) = &self.code else { return Ok(None) };
        let sign =
            |code: &str| Sign::from_code(code.trim()).ok_or_else(|| Error::BadRequest("unknown_code".into()));
        codes.split(',').map(sign).collect::<Result<_>>().map(Some)
    }
}

/// Time of the measurement and place of the record: never two alike.
fn cursor(at: Timestamp, seq: i64) -> String {
    format!("{:x}-{seq:x}", at.as_microsecond())
}

fn parse_cursor(text: &str) -> Result<(Timestamp, i64)> {
    let parts = text.split_once('-').and_then(|(at, seq)| {
        let at = Timestamp::from_microsecond(i64::from_str_radix(at, 16).ok()?).ok()?;
        Some((at, i64::from_str_radix(seq, 16).ok()?))
    });
    parts.ok_or_else(|| Error::BadRequest("unknown_cursor".into()))
}

/// Withdraws a measurement, by its author or the host. It stays in the record with the reason.
#[utoipa::path(post, path = "/api/v1/patients/{id}/observations/{observation}/withdrawal", tag = "vitals", request_body = WithdrawalBody,
    responses((status = 201, body = ObservationView), (status = 200, body = ObservationView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn withdraw(
    State(app): State<Shared>,
    who: Actor,
    Path((patient, observation)): Path<(Uuid, Uuid)>,
    Strict(body): Strict<WithdrawalBody>,
) -> Result<(StatusCode, Json<ObservationView>)> {
    known(&app, &who, patient, "withdrew_vitals").await?;
    let reason = input::text("reason", &body.reason, super::model::MAX_REASON);
    let reason = reason.map_err(|problem| Error::Invalid(vec![problem]))?;
    let of = Of::Patient(patient);
    let written = acts::withdraw(&app, &who, of, observation, body.client_id, reason).await?;
    let view = one(&app, &who, patient, observation).await?;
    Ok((if written.created { StatusCode::CREATED } else { StatusCode::OK }, Json(view)))
}

/// The ranges that hold for the patient, and every version with who set it and why.
#[utoipa::path(get, path = "/api/v1/patients/{id}/reference-ranges", tag = "vitals",
    responses((status = 200, body = RangesView), (status = 404, body = Problem)))]
async fn ranges(
    State(app): State<Shared>,
    who: Actor,
    Path(patient): Path<Uuid>,
) -> Result<Json<RangesView>> {
    let ranges = async {
        let mut tx = app.db.acting(&who).await?;
        let place = read::place(&mut tx, Of::Patient(patient)).await?;
        read::note_view(&app, &mut tx, &who, &place).await?;
        let ranges = read::ranges(&app, &mut tx, &place).await?;
        tx.commit().await?;
        Ok(ranges)
    };
    let ranges = noting_refusal(&app, &who, read::VIEWED, patient, ranges.await).await?;
    Ok(Json(RangesView::of(&ranges)))
}

/// Sets the range of one number for this patient; the host and the team's doctors may. Answers all ranges.
#[utoipa::path(put, path = "/api/v1/patients/{id}/reference-ranges", tag = "vitals", request_body = RangeBody,
    responses((status = 200, body = RangesView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn set_range(
    State(app): State<Shared>,
    who: Actor,
    Path(patient): Path<Uuid>,
    Strict(body): Strict<RangeBody>,
) -> Result<Json<RangesView>> {
    known(&app, &who, patient, "set_reference_range").await?;
    let new = body.parse().map_err(Error::Invalid)?;
    let set = acts::set_range(&app, &who, Of::Patient(patient), &new).await;
    noting_refusal(&app, &who, "set_reference_range", patient, set).await?;
    ranges(State(app), who, Path(patient)).await
}
