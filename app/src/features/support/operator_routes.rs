//! Operators answer.

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
    acts,
    operator_views::{InquiryView, QueueView, inquiry_page, queue_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Operator,
    features::operators,
    web::{
        forms::Errors,
        input::{self, Done, Form},
        urls,
        viewer::Asked,
    },
};

/// Operators.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::operator_inquiries(), get(queue))
        .route("/operator/inquiries/{inquiry}", get(show))
        .route("/operator/inquiries/{inquiry}/answer", post(answer))
        .route("/operator/inquiries/{inquiry}/state", post(shift))
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
    let view = QueueView {
        name: operators::acts::name(&mut tx).await?,
        rows: acts::queue(&mut tx, closed).await?,
        closed,
        facts: acts::facts_at_console(&mut tx).await?,
        now: Timestamp::now(),
    };
    tx.commit().await?;
    Ok(queue_page(&view, &ctx).into_response())
}

async fn show(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Query(query): Query<Done>,
) -> Result<Response> {
    let done = match query.done.as_deref() {
        Some("answered") => Some(t("回答しました。")),
        Some("moved") => Some(t("状態を変えました。")),
        _ => None,
    };
    let view = view(&app, &who, id).await?;
    Ok(inquiry_page(&InquiryView { done, ..view }, &ctx).into_response())
}

async fn view(app: &Shared, who: &Operator, id: Uuid) -> Result<InquiryView> {
    let mut tx = app.db.operating(who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let opened = acts::opened(app, &mut tx, id).await?;
    tx.commit().await?;
    Ok(InquiryView {
        name,
        opened,
        answer: Uuid::now_v7(),
        typed: String::new(),
        errors: Errors::none(),
        mails: app.config.mail.is_configured(),
        done: None,
        now: Timestamp::now(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerForm {
    answer: Uuid,
    body: String,
}

async fn answer(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Form(form): Form<AnswerForm>,
) -> Result<Response> {
    let text = match input::text("body", &form.body, 8000) {
        Ok(text) => text,
        Err(problem) => {
            let view = view(&app, &who, id).await?;
            let errors = Errors::one("body", &problem.message);
            let view = InquiryView { typed: form.body, answer: form.answer, errors, ..view };
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, inquiry_page(&view, &ctx)).into_response());
        }
    };
    let mut tx = app.db.operating(&who).await?;
    let opened = acts::opened(&app, &mut tx, id).await?;
    match acts::reply(&app, &mut tx, &opened, form.answer, &text).await {
        Err(Error::Conflict(reason)) if reason == acts::OTHER => {
            drop(tx);
            let errors = Errors::one("body", t(SENT_ALREADY));
            let view = InquiryView { typed: form.body, errors, ..view(&app, &who, id).await? };
            return Ok((StatusCode::CONFLICT, inquiry_page(&view, &ctx)).into_response());
        }
        other => other?,
    }
    tx.commit().await?;
    app.jobs.ring();
    Ok(Redirect::to(&format!("{}?done=answered", urls::operator_inquiry(id))).into_response())
}

/// The page behind it names a new answer: sent again, nothing stands in its way.
const SENT_ALREADY: &str = "このページからは、別の文の回答を前に送っています（上にあります）。この文はまだ送っていません。これも送るときは、もう一度「回答する」を押してください。";

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Act {
    Take,
    Close,
    Reopen,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateForm {
    act: Act,
}

async fn shift(
    State(app): State<Shared>,
    who: Operator,
    Path(id): Path<Uuid>,
    Form(form): Form<StateForm>,
) -> Result<Redirect> {
    let act = match form.act {
        Act::Take => "take",
        Act::Close => "close",
        Act::Reopen => "reopen",
    };
    let mut tx = app.db.operating(&who).await?;
    acts::shift(&mut tx, id, act).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=moved", urls::operator_inquiry(id))))
}
