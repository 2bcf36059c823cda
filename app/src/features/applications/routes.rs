//! The public pages of an application: the form, that a letter is on its way, and the page behind the letter's link.

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    acts,
    model::{ApplicationForm, Typed},
    views::{NewView, StatusView, closed_page, new_page, sent_page, status_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    features::sign_in::acts::Origin,
    web::{
        forms::Errors,
        input::{self, Fields, Form},
        ui::Ctx,
        urls,
        viewer::Asked,
    },
};

/// Everybody; an application is found by the link of a letter alone.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::new_application(), get(write).post(apply))
        .route(urls::application_sent(), get(sent))
        .route("/facility-applications/status/{link}", get(status))
        .route("/facility-applications/status/{link}/confirmation", post(confirm))
        .route("/facility-applications/status/{link}/answer", post(answer))
}

type Pairs = Form<Vec<(String, String)>>;

async fn write(State(app): State<Shared>, Asked(ctx): Asked) -> Result<Response> {
    let form = ApplicationForm { client_id: Uuid::now_v7(), ..ApplicationForm::default() };
    shown(&app, form, StatusCode::OK, Errors::none(), &ctx).await
}

/// The form with what was typed; that nobody can apply now, where there is no pledge or no mail server.
async fn shown(
    app: &Shared,
    form: ApplicationForm,
    status: StatusCode,
    errors: Errors,
    ctx: &Ctx,
) -> Result<Response> {
    let pledge = acts::pledge(app).await?;
    if !acts::takes_applications(app, pledge.is_some()) {
        return Ok((StatusCode::OK, closed_page(ctx)).into_response());
    }
    let offered = acts::offered(app).await?;
    let view = NewView { form, offered, pledge: pledge.ok_or(Error::NotFound)?, errors };
    Ok((status, new_page(&view, ctx)).into_response())
}

async fn apply(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    Form(pairs): Pairs,
) -> Result<Response> {
    let form = ApplicationForm::of(pairs)?;
    let new = match form.checked(&acts::offered(&app).await?) {
        Ok(new) => new,
        Err(problems) => {
            let errors = problems.into_iter().collect();
            return shown(&app, form, StatusCode::UNPROCESSABLE_ENTITY, errors, &ctx).await;
        }
    };
    match acts::apply(&app, &new, &origin.block).await {
        Ok(_) => Ok(Redirect::to(urls::application_sent()).into_response()),
        Err(Error::Conflict(reason)) if reason == acts::OTHER => {
            let form = ApplicationForm { client_id: Uuid::now_v7(), ..form };
            shown(&app, form, StatusCode::CONFLICT, Errors::one("name", t(SENT_ALREADY)), &ctx).await
        }
        Err(Error::Stale) => {
            let form = ApplicationForm { agreed: false, ..form };
            shown(&app, form, StatusCode::CONFLICT, Errors::one("agreed", t(NEWER_PLEDGE)), &ctx).await
        }
        Err(other) => Err(other),
    }
}

/// The page behind it names a new application: sent again, nothing stands in its way.
const SENT_ALREADY: &str = "このページからは、別の内容の申請を前に送っています。この内容はまだ送っていません。これも送るときは、もう一度「申請する」を押してください。";
const NEWER_PLEDGE: &str = "誓約が新しい版になりました。読んで、もう一度印を付けてください。";

async fn sent(Asked(ctx): Asked) -> Response {
    sent_page(&ctx).into_response()
}

async fn status(State(app): State<Shared>, Asked(ctx): Asked, Path(link): Path<String>) -> Result<Response> {
    let own = acts::of_link(&app, &link).await?;
    let typed = Typed::standing(&own.particulars);
    shown_status(&app, link, own, typed, String::new(), (StatusCode::OK, Errors::none()), &ctx).await
}

async fn shown_status(
    app: &Shared,
    link: String,
    own: acts::Own,
    typed: Typed,
    answer: String,
    (status, errors): (StatusCode, Errors),
    ctx: &Ctx,
) -> Result<Response> {
    let offered = acts::offered(app).await?;
    let (entry, now) = (Uuid::now_v7(), Timestamp::now());
    let view = StatusView { link, own, offered, entry, typed, answer, errors, now };
    Ok((status, status_page(&view, ctx)).into_response())
}

fn to(link: &str) -> Redirect {
    Redirect::to(&format!("/{}/{}", acts::STATUS, urls::encode(link)))
}

async fn confirm(State(app): State<Shared>, Path(link): Path<String>) -> Result<Redirect> {
    acts::confirm(&app, &link).await?;
    Ok(to(&link))
}

async fn answer(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    Path(link): Path<String>,
    Form(pairs): Pairs,
) -> Result<Response> {
    let fields = Fields::only(pairs, &[Typed::FIELDS.as_slice(), &["entry", "answer"]].concat())?;
    let entry = *fields.ids("entry")?.first().ok_or_else(|| Error::BadRequest("unreadable_form".into()))?;
    let (typed, said) = (Typed::of(&fields), fields.one("answer"));
    let own = acts::of_link(&app, &link).await?;
    let offered = acts::offered(&app).await?;
    match (typed.checked(&offered), input::text("answer", said, 2000)) {
        (Ok(is), Ok(text)) => {
            acts::answer(&app, &link, entry, &text, &own.particulars, &is).await?;
            Ok(to(&link).into_response())
        }
        (checked, text) => {
            let wrong = checked.err().into_iter().flatten().chain(text.err());
            let errors = (StatusCode::UNPROCESSABLE_ENTITY, wrong.collect());
            shown_status(&app, link, own, typed, said.to_owned(), errors, &ctx).await
        }
    }
}
