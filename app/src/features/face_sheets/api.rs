//! `/api/v1/patients/{id}/face-sheet`.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, header},
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    edit_form::read_reason,
    fields,
    model::{ChangeBody, OneVersionBody, Save, SaveBody, SheetBody, VersionPage},
    read::{self, VIEWED, VIEWED_VERSIONS},
};
use crate::{
    Error, Result,
    app::Shared,
    audit::noting_refusal,
    auth::Actor,
    error::Overtaken,
    web::{
        input,
        input::{Query, Strict},
        problem::Problem,
    },
};

/// Members of the patient's group and admins of the managing facility; 404 for everybody else.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(show, save)).routes(routes!(versions)).routes(routes!(version))
}

type Tagged = ([(HeaderName, String); 1], Json<SheetBody>);

fn tagged(body: SheetBody) -> Tagged {
    ([(header::ETAG, format!("\"{}\"", body.version))], Json(body))
}

/// The face sheet as it stands. `ETag` is its version, for `If-Match`.
#[utoipa::path(get, path = "/api/v1/patients/{id}/face-sheet", tag = "face sheets",
    responses((status = 200, body = SheetBody, headers(("ETag" = String, description = "the version in quotes"))), (status = 404, body = Problem)))]
async fn show(State(app): State<Shared>, who: Actor, Path(patient): Path<Uuid>) -> Result<Tagged> {
    let read = current(&app, &who, patient).await;
    noting_refusal(&app, &who, VIEWED, patient, read).await.map(tagged)
}

async fn current(app: &Shared, who: &Actor, patient: Uuid) -> Result<SheetBody> {
    let mut tx = app.db.acting(who).await?;
    let sheet = read::sheet(app, &mut tx, patient, read::NEWEST, 1).await?;
    read::note_view(&mut tx, VIEWED, &sheet, None).await?;
    tx.commit().await?;
    Ok(sheet.newest().body(&app.people))
}

/// Saves the next version. `If-Match` names the version that was seen: 428 without it, 412 when another one stands
/// now, with both texts in the answer (`mine`, `theirs`, `version`). Nothing is written then.
#[utoipa::path(put, path = "/api/v1/patients/{id}/face-sheet", tag = "face sheets", request_body = SaveBody,
    params(("If-Match" = String, Header, description = "`\"<version>\"`, the ETag of the sheet that was read")),
    responses((status = 200, body = SheetBody), (status = 404, body = Problem), (status = 409, body = Problem, description = "the group is archived"),
        (status = 412, body = Problem), (status = 422, body = Problem), (status = 428, body = Problem)))]
async fn save(
    State(app): State<Shared>,
    who: Actor,
    Path(patient): Path<Uuid>,
    headers: HeaderMap,
    Strict(body): Strict<SaveBody>,
) -> Result<Tagged> {
    let seen = input::if_match(&headers)?;
    let save = wanted(body, seen)?;
    let saved = match acts::save(&app, &who, patient, &save).await {
        Ok(number) => saved(&app, &who, patient, number).await,
        Err(Error::Stale) => Err(overtaken(&app, &who, patient, save).await?),
        Err(other) => Err(other),
    };
    noting_refusal(&app, &who, "changed_face_sheet", patient, saved).await.map(tagged)
}

fn wanted(body: SaveBody, seen: i64) -> Result<Save> {
    let client_id = body.client_id.unwrap_or_else(Uuid::new_v4);
    match (fields::read(body.fields), read_reason(&body.reason)) {
        (Ok(fields), Ok(reason)) => Ok(Save { client_id, seen, fields, reason }),
        (fields, reason) => {
            let problems = fields.err().into_iter().flatten().map(Into::into);
            Err(Error::Invalid(problems.chain(reason.err()).collect()))
        }
    }
}

async fn saved(app: &Shared, who: &Actor, patient: Uuid, number: i64) -> Result<SheetBody> {
    let mut tx = app.db.acting(who).await?;
    let sheet = read::with_the_one_before(app, &mut tx, patient, number).await?;
    tx.commit().await?;
    Ok(sheet.newest().body(&app.people))
}

/// Both texts. Seeing the other's is a view.
async fn overtaken(app: &Shared, who: &Actor, patient: Uuid, save: Save) -> Result<Error> {
    let theirs = current(app, who, patient).await?;
    let (version, mine, theirs) = (theirs.version, save.fields, theirs.fields);
    Ok(Error::Overtaken(Box::new(Overtaken { version, mine, theirs })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// The versions, newest first: who, when, why, and which fields.
#[utoipa::path(get, path = "/api/v1/patients/{id}/face-sheet/versions", tag = "face sheets",
    params(("limit" = Option<i64>, Query, description = "1 to 100, 50 by default"), ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = VersionPage), (status = 404, body = Problem)))]
async fn versions(
    State(app): State<Shared>,
    who: Actor,
    Path(patient): Path<Uuid>,
    Query(query): Query<ListQuery>,
) -> Result<Json<VersionPage>> {
    let limit = query.limit.unwrap_or(50).clamp(1, 100);
    let below = match query.cursor.as_deref() {
        None => read::NEWEST,
        Some(cursor) => parse_cursor(cursor).ok_or(Error::BadRequest("unknown_cursor".into()))?,
    };
    let page = page(&app, &who, patient, below, limit).await;
    noting_refusal(&app, &who, VIEWED_VERSIONS, patient, page).await.map(Json)
}

async fn page(app: &Shared, who: &Actor, patient: Uuid, below: i64, limit: i64) -> Result<VersionPage> {
    let mut tx = app.db.acting(who).await?;
    // One more than the page: the last line is compared with it.
    let sheet = read::sheet(app, &mut tx, patient, below, limit + 1).await?;
    read::note_view(&mut tx, VIEWED_VERSIONS, &sheet, None).await?;
    tx.commit().await?;
    let (all, limit) = (&sheet.versions, usize::try_from(limit).map_err(Error::internal)?);
    let shown = &all[..all.len().min(limit)];
    let items =
        shown.iter().enumerate().map(|(n, version)| version.line(all.get(n + 1), &app.people)).collect();
    let next = shown.last().filter(|_| all.len() > limit).map(|last| format!("v{:x}", last.number));
    Ok(VersionPage { items, next })
}

fn parse_cursor(text: &str) -> Option<i64> {
    i64::from_str_radix(text.strip_prefix('v')?, 16).ok()
}

/// One version, whole, with what it changed.
#[utoipa::path(get, path = "/api/v1/patients/{id}/face-sheet/versions/{version}", tag = "face sheets",
    responses((status = 200, body = OneVersionBody), (status = 404, body = Problem)))]
async fn version(
    State(app): State<Shared>,
    who: Actor,
    Path((patient, number)): Path<(Uuid, i64)>,
) -> Result<Json<OneVersionBody>> {
    let one = one_version(&app, &who, patient, number).await;
    noting_refusal(&app, &who, VIEWED_VERSIONS, patient, one).await.map(Json)
}

async fn one_version(app: &Shared, who: &Actor, patient: Uuid, number: i64) -> Result<OneVersionBody> {
    let mut tx = app.db.acting(who).await?;
    let sheet = read::with_the_one_before(app, &mut tx, patient, number).await?;
    read::note_view(&mut tx, VIEWED_VERSIONS, &sheet, Some(sheet.newest().id)).await?;
    tx.commit().await?;
    let this = sheet.newest();
    let change = |c: super::merge::Change| ChangeBody { field: c.key, before: c.before, after: c.after };
    let changes = this.changes(sheet.versions.get(1)).into_iter().map(change).collect();
    Ok(OneVersionBody { sheet: this.body(&app.people), reason: this.reason.clone(), changes })
}
