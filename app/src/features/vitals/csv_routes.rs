//! A list of measurements: read and shown line by line, and only then, in a second step, recorded.

use std::collections::HashSet;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Multipart, Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    acts,
    csv_list::{Line, SAMPLE, read as read_list},
    csv_standing::{readable, standing},
    csv_views::{AskView, CheckView, ask_page, check_page},
    model::{NewObservation, Place},
    read::{self, Of},
    routes::{Opened, opened},
};
use crate::{
    Error, Result,
    app::Shared,
    audit::noting_refusal,
    auth::Actor,
    opaque_debug,
    router::FORM_LIMIT,
    web::{
        csv::{download, file, received},
        forms::Errors,
        input::{Form, Strict},
        problem::Problem,
        urls,
        viewer::Asked,
    },
};

/// Bytes of a list: five hundred lines with room to spare.
const LIST: usize = 128 * 1024;

/// Members of the patient's group now.
pub fn routes() -> Router<Shared> {
    let confirm = post(confirm).layer(DefaultBodyLimit::max(FORM_LIMIT));
    Router::new()
        .route("/patients/{patient}/vitals/csv", get(ask).post(check))
        .route("/patients/{patient}/vitals/csv/sample", get(sample))
        .route("/patients/{patient}/vitals/csv/confirmation", confirm)
}

pub fn api_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(utoipa_axum::routes!(import))
}

/// A page of importing, for a group that goes on.
async fn open(app: &Shared, who: &Actor, patient: Uuid) -> Result<Opened> {
    let opened = opened(app, who, patient).await?;
    if opened.place.archived { Err(Error::Conflict("archived".into())) } else { Ok(opened) }
}

async fn ask(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
) -> Result<Response> {
    let Opened { tx, me, room, .. } = open(&app, &who, patient).await?;
    tx.commit().await?;
    let view = AskView { room, patient, typed: String::new(), errors: Errors::none() };
    Ok(ask_page(&view, &me.ctx(asked)).into_response())
}

async fn sample(State(app): State<Shared>, who: Actor, Path(patient): Path<Uuid>) -> Result<Response> {
    let Opened { tx, .. } = open(&app, &who, patient).await?;
    tx.commit().await?;
    let row =
        ["2026/11/17", "8:30", "36.5", "128", "76", "72", "96", "18", "52.3", "", "上腕式の血圧計", "朝食前"];
    Ok(download("vitals.csv", file(SAMPLE, [row.map(str::to_owned)])))
}

async fn check(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    form: Multipart,
) -> Result<Response> {
    let Opened { tx, me, room, .. } = open(&app, &who, patient).await?;
    tx.commit().await?;
    let (list, unread) = received(form, LIST).await?;
    let client_id = Uuid::now_v7();
    let lines = match unread {
        Some(why) => Err(why.to_owned()),
        None => read_list(&list, client_id, Timestamp::now()),
    };
    match lines {
        Ok(lines) => {
            let standing = stands(&app, &who, patient, &lines).await?;
            let view =
                CheckView { room, patient, client_id, list, lines, standing, again: false, refused: false };
            Ok(check_page(&view, &me.ctx(asked)).into_response())
        }
        Err(why) => {
            let view = AskView { room, patient, typed: list, errors: Errors::one("list", &why) };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, ask_page(&view, &me.ctx(asked))).into_response())
        }
    }
}

/// What becomes of good lines where others are wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Taking {
    /// Nothing, unless every line can be taken.
    AllOrNothing,
    /// They are recorded.
    GoodLines,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmForm {
    client_id: Uuid,
    list: String,
    take: Taking,
    /// `on`: also what stands already.
    #[serde(default)]
    again: Option<String>,
}

/// What is to be recorded: without what stands already, unless that is wanted too.
fn taken(lines: &[Line], standing: &HashSet<Uuid>, again: bool) -> Vec<NewObservation> {
    readable(lines).filter(|new| again || !standing.contains(&new.client_id)).cloned().collect()
}

async fn stands(app: &Shared, who: &Actor, patient: Uuid, lines: &[Line]) -> Result<HashSet<Uuid>> {
    let mut tx = app.db.acting(who).await?;
    let place = read::place(&mut tx, Of::Patient(patient)).await?;
    // Which lines stand already says what was measured: that is looking.
    read::note_view(app, &mut tx, who, &place).await?;
    let found = standing(app, &mut tx, &place, lines).await?;
    tx.commit().await?;
    Ok(found)
}

/// Reads the list again, whatever the page before said, and records it in one transaction. Sent again, it changes nothing.
async fn confirm(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    Form(form): Form<ConfirmForm>,
) -> Result<Response> {
    let lines = read_list(&form.list, form.client_id, Timestamp::now());
    let lines = lines.map_err(|_| Error::BadRequest("unreadable_form".into()))?;
    let wrong = lines.iter().any(|line| line.read.is_err());
    let standing = stands(&app, &who, patient, &lines).await;
    let standing = noting_refusal(&app, &who, "recorded_vitals", patient, standing).await?;
    let again = form.again.is_some();
    let new = taken(&lines, &standing, again);
    if new.is_empty() || wrong && form.take == Taking::AllOrNothing {
        let Opened { tx, me, room, .. } = open(&app, &who, patient).await?;
        tx.commit().await?;
        let ConfirmForm { client_id, list, .. } = form;
        let view = CheckView { room, patient, client_id, list, lines, standing, again, refused: true };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, check_page(&view, &me.ctx(asked))).into_response());
    }
    let recorded = acts::record(&app, &who, Of::Patient(patient), &new).await;
    noting_refusal(&app, &who, "recorded_vitals", patient, recorded).await?;
    Ok(Redirect::to(&urls::vitals_done(patient, "imported")).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportBody {
    client_id: Uuid,
    /// The list with its head, as text.
    csv: String,
    take: Taking,
    /// Reads and records nothing.
    #[serde(default)]
    dry_run: bool,
    /// Records also values that stand already, with the same time.
    #[serde(default)]
    again: bool,
}

#[derive(Serialize, ToSchema)]
struct ImportedLine {
    /// As a spreadsheet counts, the head being line 1.
    line: u64,
    /// How many measurements stand in it.
    observations: usize,
    /// How many of them stand already, recorded by somebody before: they are left out without `again`.
    standing: usize,
    /// What is wrong, in words for people.
    errors: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct Imported {
    /// Whether anything was recorded, now or by an earlier send.
    recorded: bool,
    lines: Vec<ImportedLine>,
}

opaque_debug!(ConfirmForm, ImportBody, ImportedLine, Imported);

/// Records a list of measurements, or says line by line what would become of it. Idempotent by `client_id` and line.
#[utoipa::path(post, path = "/api/v1/patients/{id}/observations/import", tag = "vitals", request_body = ImportBody,
    responses((status = 200, body = Imported), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn import(
    State(app): State<Shared>,
    who: Actor,
    Path(patient): Path<Uuid>,
    Strict(body): Strict<ImportBody>,
) -> Result<Json<Imported>> {
    let place = known(&app, &who, patient).await;
    noting_refusal(&app, &who, "recorded_vitals", patient, place).await?;
    let lines = read_list(&body.csv, body.client_id, Timestamp::now());
    let lines = lines.map_err(|why| Error::invalid("csv", "unreadable", why))?;
    let wrong = lines.iter().any(|line| line.read.is_err());
    let standing = stands(&app, &who, patient, &lines).await?;
    let new = taken(&lines, &standing, body.again);
    let held_back = wrong && body.take == Taking::AllOrNothing;
    let recorded = !(body.dry_run || new.is_empty() || held_back);
    if recorded {
        acts::record(&app, &who, Of::Patient(patient), &new).await?;
    }
    let line = |line: Line| ImportedLine {
        line: line.number,
        observations: line.read.as_ref().map_or(0, Vec::len),
        standing: readable(std::slice::from_ref(&line)).filter(|n| standing.contains(&n.client_id)).count(),
        errors: line.read.err().unwrap_or_default(),
    };
    Ok(Json(Imported { recorded, lines: lines.into_iter().map(line).collect() }))
}

async fn known(app: &Shared, who: &Actor, patient: Uuid) -> Result<Place> {
    let mut tx = app.db.acting(who).await?;
    let place = read::place(&mut tx, Of::Patient(patient)).await?;
    tx.commit().await?;
    Ok(place)
}
