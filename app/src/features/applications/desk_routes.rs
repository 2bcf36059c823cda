//! The queue of applications and one of them, for operators and for the secretariat of the region.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    desk_views::{ChecklistView, DeskView, QueueView, Wrong, application_page, checklist_page, queue_page},
    read, store,
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Operator,
    db::Tx,
    features::{masters, operators},
    web::{
        forms::Errors,
        input::{self, Done, Form},
        ui::Ctx,
        urls,
        viewer::Asked,
    },
};

/// Operators and secretariats; the checklist is the operators'.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::operator_applications(), get(queue))
        .route("/operator/applications/{application}", get(show))
        .route("/operator/applications/{application}/checks", post(tick))
        .route("/operator/applications/{application}/notes", post(note))
        .route("/operator/applications/{application}/question", post(ask))
        .route("/operator/applications/{application}/decision", post(decide))
        .route("/operator/applications/{application}/first-admin", post(renew))
        .route(urls::operator_checklist(), get(checklist).post(save_item))
}

#[derive(Debug, Deserialize)]
struct QueueQuery {
    closed: Option<String>,
}

async fn queue(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Query(query): Query<QueueQuery>,
) -> Result<Response> {
    let closed = query.closed.is_some();
    let mut tx = app.db.operating(&who).await?;
    let desk = operators::acts::desk(&mut tx).await?;
    let rows = read::queue(&mut tx, closed).await?;
    let words = masters::acts::all(&mut tx).await?;
    tx.commit().await?;
    Ok(queue_page(&QueueView { desk, rows, words, closed, now: Timestamp::now() }, &ctx).into_response())
}

async fn show(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Query(query): Query<Done>,
) -> Result<Response> {
    let done = match query.done.as_deref() {
        Some("checked") => Some(t("記録しました。")),
        Some("noted") => Some(t("メモを残しました。")),
        Some("asked") => Some(t("尋ねました。メールを送りました。")),
        Some("approved") => Some(t("承認しました。最初の管理者へ、リンクを送りました。")),
        Some("refused") => Some(t("断りました。メールを送りました。")),
        Some("renewed") => Some(t("新しいリンクを送りました。前のリンクは使えません。")),
        _ => None,
    };
    page(&app, &who, id, done, None, &ctx).await
}

async fn page(
    app: &Shared,
    who: &Operator,
    id: Uuid,
    done: Option<&'static str>,
    wrong: Option<(StatusCode, Wrong)>,
    ctx: &Ctx,
) -> Result<Response> {
    let mut tx = app.db.operating(who).await?;
    let desk = operators::acts::desk(&mut tx).await?;
    let application = read::one(&mut tx, id).await?;
    let words = masters::acts::all(&mut tx).await?;
    tx.commit().await?;
    let (status, wrong) = wrong.unwrap_or_default();
    let (mails, now) = (app.config.mail.is_configured(), Timestamp::now());
    let view = DeskView { desk, application, words, entry: Uuid::now_v7(), mails, wrong, done, now };
    Ok((status, application_page(&view, ctx)).into_response())
}

fn to(id: Uuid, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", urls::operator_application(id))).into_response()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Yes,
    No,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TickForm {
    item: Uuid,
    ticked: Answer,
}

async fn tick(
    State(app): State<Shared>,
    who: Operator,
    Path(id): Path<Uuid>,
    Form(form): Form<TickForm>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    store::tick(&mut tx, id, form.item, form.ticked == Answer::Yes).await?;
    tx.commit().await?;
    Ok(to(id, "checked"))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryForm {
    entry: Uuid,
    body: String,
}

async fn note(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Form(form): Form<EntryForm>,
) -> Result<Response> {
    let text = match input::text("note", &form.body, 4000) {
        Ok(text) => text,
        Err(problem) => {
            let wrong =
                Wrong { note: form.body, errors: Errors::one("note", &problem.message), ..Wrong::default() };
            return page(&app, &who, id, None, Some((StatusCode::UNPROCESSABLE_ENTITY, wrong)), &ctx).await;
        }
    };
    let mut tx = app.db.operating(&who).await?;
    store::note(&mut tx, id, form.entry, &text).await?;
    tx.commit().await?;
    Ok(to(id, "noted"))
}

async fn ask(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Form(form): Form<EntryForm>,
) -> Result<Response> {
    let text = match input::text("question", &form.body, 2000) {
        Ok(text) => text,
        Err(problem) => {
            let errors = Errors::one("question", &problem.message);
            let wrong = Wrong { question: form.body, errors, ..Wrong::default() };
            return page(&app, &who, id, None, Some((StatusCode::UNPROCESSABLE_ENTITY, wrong)), &ctx).await;
        }
    };
    let mut tx = app.db.operating(&who).await?;
    let application = read::one(&mut tx, id).await?;
    store::ask(&app, &mut tx, &application, form.entry, &text).await?;
    tx.commit().await?;
    app.jobs.ring();
    Ok(to(id, "asked"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Approve,
    Refuse,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionForm {
    decision: Decision,
    #[serde(default)]
    reason: String,
}

async fn decide(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Form(form): Form<DecisionForm>,
) -> Result<Response> {
    let approve = form.decision == Decision::Approve;
    let reason = if approve {
        input::optional_text("reason", &form.reason, 1000)
    } else {
        input::text("reason", &form.reason, 1000)
    };
    let refused = match reason {
        Ok(reason) => match decided(&app, &who, id, approve, &reason).await {
            Ok(()) => return Ok(to(id, if approve { "approved" } else { "refused" })),
            Err(Error::Conflict(code)) if code == "checklist_first" => {
                (StatusCode::CONFLICT, Errors::one("checks", t(CHECKLIST_FIRST)))
            }
            Err(other) => return Err(other),
        },
        Err(problem) => (StatusCode::UNPROCESSABLE_ENTITY, Errors::one("reason", &problem.message)),
    };
    let wrong = Wrong { reason: form.reason, errors: refused.1, ..Wrong::default() };
    page(&app, &who, id, None, Some((refused.0, wrong)), &ctx).await
}

const CHECKLIST_FIRST: &str = "確認項目に、まだ印のないものがあります。すべて確かめてから承認してください。";

/// One transaction; the letter goes after it.
async fn decided(app: &Shared, who: &Operator, id: Uuid, approve: bool, reason: &str) -> Result<()> {
    let mut tx = app.db.operating(who).await?;
    let application = read::one(&mut tx, id).await?;
    decide_in(app, &mut tx, &application, approve, reason).await?;
    tx.commit().await?;
    app.jobs.ring();
    Ok(())
}

pub(super) async fn decide_in(
    app: &Shared,
    tx: &mut Tx,
    application: &read::Reviewed,
    approve: bool,
    reason: &str,
) -> Result<()> {
    if approve {
        store::approve(app, tx, application, reason).await.map(drop)
    } else {
        store::refuse(app, tx, application, reason).await
    }
}

async fn renew(State(app): State<Shared>, who: Operator, Path(id): Path<Uuid>) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let application = read::one(&mut tx, id).await?;
    store::renew(&app, &mut tx, &application).await?;
    tx.commit().await?;
    app.jobs.ring();
    Ok(to(id, "renewed"))
}

async fn checklist(State(app): State<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let view = checklist_view(&app, &who, String::new(), Errors::none()).await?;
    Ok(checklist_page(&view, &ctx).into_response())
}

async fn checklist_view(
    app: &Shared,
    who: &Operator,
    typed: String,
    errors: Errors,
) -> Result<ChecklistView> {
    let mut tx = app.db.operating(who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let items = read::items(&mut tx).await?;
    tx.commit().await?;
    Ok(ChecklistView { name, items, id: Uuid::now_v7(), typed, errors })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemForm {
    id: Uuid,
    label: String,
    place: i32,
    active: Answer,
}

async fn save_item(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Form(form): Form<ItemForm>,
) -> Result<Response> {
    let place = form.place.clamp(0, 9999);
    match input::line("label", &form.label, 200) {
        Ok(label) => {
            let mut tx = app.db.operating(&who).await?;
            store::save_item(&mut tx, form.id, &label, place, form.active == Answer::Yes).await?;
            tx.commit().await?;
            Ok(Redirect::to(urls::operator_checklist()).into_response())
        }
        Err(problem) => {
            let errors = Errors::one("label", &problem.message);
            let view = checklist_view(&app, &who, form.label, errors).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, checklist_page(&view, &ctx)).into_response())
        }
    }
}
