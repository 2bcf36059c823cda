//! The inquiry page and the page of an answer. Anybody, signed in or not; it stays reachable whatever the service mode.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts::{self, AnswerLink},
    model::InquiryForm,
    views::{AskView, answer_page, ask_page, link_gone_page, link_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::sign_in::acts::Origin,
    web::{
        forms::Errors,
        input::Form,
        ui::Ctx,
        urls,
        viewer::{Asked, Me},
    },
};

/// Everybody.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::support(), get(show).post(ask))
        .route("/support/answers/{link}", get(link).post(open))
}

#[derive(Debug, Deserialize)]
struct Sent {
    number: Option<i64>,
}

/// Who asks. Without a session that works now — none, locked, or out of service — somebody unknown asks.
async fn asker(app: &Shared, who: Option<Actor>) -> Result<Option<(Tx, Me)>> {
    let Some(who) = who else { return Ok(None) };
    let mut tx = app.db.acting(&who).await?;
    match Me::load(&mut tx).await {
        Ok(me) => Ok(Some((tx, me))),
        Err(
            Error::NotSignedIn
            | Error::Locked
            | Error::MustEnrol
            | Error::DeviceWaits
            | Error::OutOfService(_),
        ) => Ok(None),
        Err(other) => Err(other),
    }
}

async fn view(
    app: &Shared,
    asked: Asked,
    asker: Option<(Tx, Me)>,
    form: InquiryForm,
) -> Result<(AskView, Ctx)> {
    let desk = &app.config.support;
    let now = Timestamp::now();
    let mut view = AskView {
        desk: desk.name.clone(),
        phone: desk.phone.clone(),
        hours: desk.hours(),
        state: desk.now(now),
        next: desk.next_opening(now),
        mails: app.config.mail.is_configured(),
        form,
        errors: Errors::none(),
        sent: None,
        mine: Vec::new(),
        now,
    };
    let Some((mut tx, me)) = asker else { return Ok((view, asked.0)) };
    view.mine = acts::mine(app, &mut tx).await?;
    audit::viewed(&mut tx, "viewed_inquiries", None, None, None).await?;
    tx.commit().await?;
    if view.form.name.is_empty() {
        view.form.name.clone_from(&me.name);
    }
    Ok((view, me.ctx(asked)))
}

async fn show(
    State(app): State<Shared>,
    who: Option<Actor>,
    asked: Asked,
    Query(query): Query<Sent>,
) -> Result<Response> {
    let asker = asker(&app, who).await?;
    let form = InquiryForm { client_id: Uuid::now_v7(), ..InquiryForm::default() };
    let (mut view, ctx) = view(&app, asked, asker, form).await?;
    view.sent = query.number;
    Ok(ask_page(&view, &ctx).into_response())
}

async fn ask(
    State(app): State<Shared>,
    who: Option<Actor>,
    asked: Asked,
    origin: Origin,
    Form(form): Form<InquiryForm>,
) -> Result<Response> {
    let mut first = asker(&app, who.clone()).await?;
    let inquiry = match form.checked(first.is_some()) {
        Ok(inquiry) => inquiry,
        Err(problems) => {
            let (mut view, ctx) = view(&app, asked, first, form).await?;
            view.errors = problems.into_iter().collect();
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, ask_page(&view, &ctx)).into_response());
        }
    };
    match acts::ask(&app, first.as_mut().map(|(tx, _)| tx), &inquiry, &origin.block).await {
        Ok(number) => {
            if let Some((tx, _)) = first {
                tx.commit().await?;
            }
            let page = format!("{}?number={number}", urls::support());
            Ok(Redirect::to(&urls::sent(&page, form.client_id)).into_response())
        }
        Err(Error::Conflict(reason)) if reason == acts::OTHER => {
            drop(first);
            let form = InquiryForm { client_id: Uuid::now_v7(), ..form };
            let (mut view, ctx) = view(&app, asked, asker(&app, who).await?, form).await?;
            view.errors = Errors::one("body", t(SENT_ALREADY));
            Ok((StatusCode::CONFLICT, ask_page(&view, &ctx)).into_response())
        }
        Err(other) => Err(other),
    }
}

/// The page behind it names a new inquiry: sent again, nothing stands in its way.
const SENT_ALREADY: &str = "このページからは、別の内容の問い合わせを前に送っています。この内容はまだ送っていません。これも送るときは、もう一度「送る」を押してください。";

/// Only tells whether there is something to open: whatever fetches links by itself uses nothing up.
async fn link(State(app): State<Shared>, Asked(ctx): Asked, Path(link): Path<String>) -> Result<Response> {
    Ok(match acts::answer_link(&app, &link).await? {
        AnswerLink::Waits => link_page(&link, &ctx).into_response(),
        gone => (StatusCode::GONE, link_gone_page(gone == AnswerLink::Expired, &ctx)).into_response(),
    })
}

async fn open(State(app): State<Shared>, Asked(ctx): Asked, Path(name): Path<String>) -> Result<Response> {
    match acts::open_answer(&app, &name).await? {
        Some(own) => Ok(answer_page(&own, Timestamp::now(), &ctx).into_response()),
        None => {
            let expired = acts::answer_link(&app, &name).await? == AnswerLink::Expired;
            Ok((StatusCode::GONE, link_gone_page(expired, &ctx)).into_response())
        }
    }
}
