//! The pages of a face sheet. Every form works without JavaScript.

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts::{self, Outcome},
    conflict_views::conflict_page,
    edit_form::EditForm,
    edit_views::edit_page,
    fields::Section,
    model::Sheet,
    pages,
    read::{self, VIEWED, VIEWED_VERSIONS},
    version_views::{version_page, versions_page},
    views::face_sheet_page,
};
use crate::{
    Error, Result,
    app::Shared,
    audit::noting_refusal,
    auth::Actor,
    features::copies,
    router::FORM_LIMIT,
    web::{
        forms::Errors,
        input::{Done, Form},
        ui::time::day_of,
        urls,
        viewer::{Asked, Me},
    },
};

/// Members of the patient's group and admins of the managing facility; 404 for everybody else.
pub fn routes() -> Router<Shared> {
    let edit = get(edit).post(save).layer(DefaultBodyLimit::max(FORM_LIMIT));
    Router::new()
        .route("/patients/{patient}/face-sheet", get(show))
        .route("/patients/{patient}/face-sheet/edit", edit)
        .route("/patients/{patient}/face-sheet/versions", get(versions))
        .route("/patients/{patient}/face-sheet/versions/{version}", get(version))
        .merge(super::card_routes::routes())
}

/// Which versions a page needs: up to `limit` below a number, and perhaps one that must be among them.
struct Part {
    below: i64,
    limit: usize,
    one: Option<i64>,
}

/// The viewer and versions of the sheet; that they were seen is written in the same transaction.
async fn seen(
    app: &Shared,
    who: &Actor,
    what: &'static str,
    patient: Uuid,
    part: Part,
) -> Result<(Me, Sheet)> {
    let read = async {
        let mut tx = app.db.acting(who).await?;
        let me = Me::load(&mut tx).await?;
        let limit = i64::try_from(part.limit).map_err(Error::internal)?;
        let sheet = read::sheet(app, &mut tx, patient, part.below, limit).await?;
        let one = part.one.map(|number| sheet.numbered(number).ok_or(Error::NotFound)).transpose()?;
        read::note_view(&mut tx, what, &sheet, one.map(|version| version.id)).await?;
        tx.commit().await?;
        Ok((me, sheet))
    };
    noting_refusal(app, who, what, patient, read.await).await
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    Query(q): Query<Done>,
) -> Result<Response> {
    let part = Part { below: read::NEWEST, limit: pages::BESIDE + 1, one: None };
    let (me, sheet) = seen(&app, &who, VIEWED, patient, part).await?;
    let view = pages::sheet(&sheet, &app.people, Timestamp::now(), q.done.as_deref());
    let copied = copies::acts::of_patient(&app, &who, &me, patient).await?;
    Ok(face_sheet_page(&view, &me.ctx(asked).copied(copied)).into_response())
}

#[derive(Debug, Deserialize)]
struct Asks {
    section: Option<String>,
}

async fn edit(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    Query(q): Query<Asks>,
) -> Result<Response> {
    let part = Part { below: read::NEWEST, limit: 1, one: None };
    let (me, sheet) = seen(&app, &who, VIEWED, patient, part).await?;
    if sheet.archived {
        return Err(Error::Conflict("archived".into()));
    }
    let section = q.section.as_deref().and_then(Section::from_code);
    let view = pages::edit(&sheet, section, day_of(Timestamp::now()));
    Ok(edit_page(&view, &me.ctx(asked)).into_response())
}

/// Saves, or shows what stands in the way with everything that was typed: a field to correct (422), or somebody else's
/// text beside one's own (409).
async fn save(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let form = EditForm::parse(pairs)?;
    let section = form.section;
    let began = began_on(&app, &who, patient, form.version).await;
    let (me, base) = noting_refusal(&app, &who, "changed_face_sheet", patient, began).await?;
    let wanted = match form.read(&base.newest().fields) {
        Ok(wanted) => wanted,
        Err(errors) => return Ok(again(&app, &me, asked, &base, &form, errors)),
    };
    Ok(match acts::save_or_join(&app, &who, patient, wanted).await? {
        Outcome::Saved { joined } => {
            let done = if joined { "joined" } else { "saved" };
            let to = match section {
                Some(Section::Summary) => urls::summary_done(patient, done),
                _ => urls::face_sheet_done(patient, done),
            };
            Redirect::to(&urls::sent(&to, form.client_id)).into_response()
        }
        Outcome::Clash { theirs, merge } => {
            let view = pages::conflict(&theirs, merge, &form, &app.people, Timestamp::now());
            (StatusCode::CONFLICT, conflict_page(&view, &me.ctx(asked))).into_response()
        }
    })
}

/// The version on which the author began.
async fn began_on(app: &Shared, who: &Actor, patient: Uuid, version: i64) -> Result<(Me, Sheet)> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let sheet = read::with_the_one_before(app, &mut tx, patient, version).await?;
    tx.commit().await?;
    Ok((me, sheet))
}

fn again(app: &Shared, me: &Me, asked: Asked, base: &Sheet, form: &EditForm, errors: Errors) -> Response {
    let (ctx, now) = (me.ctx(asked), Timestamp::now());
    let page = if form.is_choice() {
        conflict_page(&pages::conflict_again(base, form, errors, &app.people, now), &ctx)
    } else {
        edit_page(&pages::edit_again(base, form, errors, day_of(now)), &ctx)
    };
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

#[derive(Debug, Deserialize)]
struct Before {
    before: Option<i64>,
}

async fn versions(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    Query(q): Query<Before>,
) -> Result<Response> {
    let part = Part { below: q.before.unwrap_or(read::NEWEST), limit: pages::ON_A_PAGE + 1, one: None };
    let (me, sheet) = seen(&app, &who, VIEWED_VERSIONS, patient, part).await?;
    let current = if q.before.is_none() { sheet.newest().number } else { read::NEWEST };
    let view = pages::versions(&sheet, current, &app.people, Timestamp::now());
    Ok(versions_page(&view, &me.ctx(asked)).into_response())
}

async fn version(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path((patient, number)): Path<(Uuid, i64)>,
) -> Result<Response> {
    let part = Part { below: number.saturating_add(2), limit: 3, one: Some(number) };
    let (me, around) = seen(&app, &who, VIEWED_VERSIONS, patient, part).await?;
    let view = pages::version(&around, number, &app.people, Timestamp::now()).ok_or(Error::NotFound)?;
    Ok(version_page(&view, &me.ctx(asked)).into_response())
}
