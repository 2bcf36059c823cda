//! `/api/v1/patients/{id}/summary`.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    card::{self, Card, CardBody, ReadBy},
    edit_form::read_reason,
    model::ChangeBody,
    read::note_view,
};
use crate::{
    Error, Result,
    app::{App, Shared},
    audit::noting_refusal,
    auth::Actor,
    error::Overtaken,
    opaque_debug,
    people::StaffBody,
    web::{input, input::Strict, problem::Problem},
};

/// Members of the patient's group and admins of the managing facility; 404 for everybody else. Members alone say that they have read.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(show, save)).routes(routes!(mark_read)).routes(routes!(versions))
}

/// The card as it stands.
#[derive(Serialize, ToSchema)]
struct SummaryBody {
    /// Of the face sheet, for `If-Match`.
    version: i64,
    fields: BTreeMap<String, String>,
    /// The version of the sheet that changed the card last; null while nobody has written anything.
    changed_in: Option<i64>,
    changed_by: Option<StaffBody>,
    #[schema(value_type = Option<String>, format = DateTime)]
    changed_at: Option<Timestamp>,
    reason: Option<String>,
    /// The members of now, and when each read the card as it stands.
    read_by: Vec<ReadBy>,
}

/// One version that changed the card.
#[derive(Serialize, ToSchema)]
struct SummaryVersion {
    version: i64,
    changed_by: StaffBody,
    #[schema(value_type = String, format = DateTime)]
    changed_at: Timestamp,
    reason: String,
    changes: Vec<ChangeBody>,
}

#[derive(Serialize, ToSchema)]
struct SummaryVersions {
    items: Vec<SummaryVersion>,
}

opaque_debug!(SummaryBody, SummaryVersion, SummaryVersions);

fn body(app: &App, card: Card) -> SummaryBody {
    let last = card.history.first();
    SummaryBody {
        version: card.sheet.newest().number,
        fields: card.fields(),
        changed_in: last.map(|e| e.version.number),
        changed_by: last.map(|e| card::changed_by(app, e)),
        changed_at: last.map(|e| e.version.at),
        reason: last.map(|e| e.version.reason.clone()),
        read_by: card.readers,
    }
}

type Tagged = ([(HeaderName, String); 1], Json<SummaryBody>);

fn tagged(body: SummaryBody) -> Tagged {
    ([(header::ETAG, format!("\"{}\"", body.version))], Json(body))
}

async fn current(app: &Shared, who: &Actor, patient: Uuid) -> Result<Card> {
    let mut tx = app.db.acting(who).await?;
    let card = card::card(app, &mut tx, patient).await?;
    note_view(&mut tx, "viewed_summary", &card.sheet, None).await?;
    tx.commit().await?;
    Ok(card)
}

/// The summary card (患者連携サマリー) with who has read it. `ETag` is the version of the face sheet, for `If-Match`.
#[utoipa::path(get, path = "/api/v1/patients/{id}/summary", tag = "face sheets",
    responses((status = 200, body = SummaryBody, headers(("ETag" = String, description = "the version in quotes"))), (status = 404, body = Problem)))]
async fn show(State(app): State<Shared>, who: Actor, Path(patient): Path<Uuid>) -> Result<Tagged> {
    let card = current(&app, &who, patient).await;
    noting_refusal(&app, &who, "viewed_summary", patient, card).await.map(|card| tagged(body(&app, card)))
}

/// Saves the card as the next version of the face sheet, whose other fields stay. `If-Match` as there: 428 without it, 412 when another
/// version stands now, with both texts.
#[utoipa::path(put, path = "/api/v1/patients/{id}/summary", tag = "face sheets", request_body = CardBody,
    params(("If-Match" = String, Header, description = "`\"<version>\"`")),
    responses((status = 200, body = SummaryBody), (status = 404, body = Problem), (status = 409, body = Problem), (status = 412, body = Problem),
        (status = 422, body = Problem), (status = 428, body = Problem)))]
async fn save(
    State(app): State<Shared>,
    who: Actor,
    Path(patient): Path<Uuid>,
    headers: HeaderMap,
    Strict(sent): Strict<CardBody>,
) -> Result<Tagged> {
    let seen = input::if_match(&headers)?;
    let reason = read_reason(&sent.reason).map_err(|e| Error::Invalid(vec![e]))?;
    let now =
        noting_refusal(&app, &who, "changed_face_sheet", patient, current(&app, &who, patient).await).await?;
    let mine = sent.fields.clone();
    let wanted = card::wanted(&now.sheet, sent, reason)?;
    let saved = if now.sheet.newest().number == seen {
        acts::save(&app, &who, patient, &wanted).await.map(drop)
    } else if now.sheet.newest().client_id == wanted.client_id && now.sheet.newest().fields == wanted.fields {
        // A retry finds what its first send has written.
        Ok(())
    } else {
        Err(Error::Stale)
    };
    let after = current(&app, &who, patient).await?;
    match saved {
        Ok(()) => Ok(tagged(body(&app, after))),
        Err(Error::Stale) => {
            let version = after.sheet.newest().number;
            Err(Error::Overtaken(Box::new(Overtaken { version, mine, theirs: after.fields() })))
        }
        Err(other) => Err(other),
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReadBody {
    /// The version that was on the screen.
    version: i64,
}

/// The caller has read the card as this version of the sheet shows it.
#[utoipa::path(put, path = "/api/v1/patients/{id}/summary/read", tag = "face sheets", request_body = ReadBody,
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn mark_read(
    State(app): State<Shared>,
    who: Actor,
    Path(patient): Path<Uuid>,
    Strict(body): Strict<ReadBody>,
) -> Result<StatusCode> {
    let read = card::mark_read(&app, &who, patient, body.version).await;
    noting_refusal(&app, &who, "read_summary", patient, read).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The versions that changed the card, newest first: who, when, why, and what.
#[utoipa::path(get, path = "/api/v1/patients/{id}/summary/versions", tag = "face sheets",
    responses((status = 200, body = SummaryVersions), (status = 404, body = Problem)))]
async fn versions(
    State(app): State<Shared>,
    who: Actor,
    Path(patient): Path<Uuid>,
) -> Result<Json<SummaryVersions>> {
    let card = current(&app, &who, patient).await;
    let card = noting_refusal(&app, &who, "viewed_summary", patient, card).await?;
    let change = |c: super::merge::Change| ChangeBody { field: c.key, before: c.before, after: c.after };
    let item = |entry: card::Entry| SummaryVersion {
        version: entry.version.number,
        changed_by: card::changed_by(&app, &entry),
        changed_at: entry.version.at,
        reason: entry.version.reason,
        changes: entry.changes.into_iter().map(change).collect(),
    };
    Ok(Json(SummaryVersions { items: card.history.into_iter().map(item).collect() }))
}
