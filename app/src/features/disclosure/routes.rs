//! The disclosure for everybody, and the operator's desk on which it is published.

use axum::{
    Router,
    extract::{Path, Query, State as Held},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use paper::Paper;
use serde::Deserialize;

use super::{State, acts, answers, disclosure, leaflet::leaflet, operating_rules::operating_rules, views};
use crate::words::{self, Language, t};
use crate::{
    Error, Result,
    app::Shared,
    auth::Operator,
    features::{files, operators},
    web::{
        forms::Errors,
        input::{Done, Form},
        ui::Ctx,
        urls,
        viewer::Asked,
    },
};

pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::disclosure(), get(live))
        .route("/disclosure/editions/{n}", get(edition))
        .route(urls::operating_rules(), get(rules))
        .route(urls::leaflet(), get(leaflet_page))
        .route(urls::operator_disclosure(), get(desk).post(publish))
        .route(urls::operator_risks(), get(risks))
        .route(urls::operator_system(), get(system))
}

async fn gather(app: &Shared) -> Result<State> {
    State::gather(app, Timestamp::now()).await
}

async fn live(Held(app): Held<Shared>, Asked(ctx): Asked, Query(q): Query<Download>) -> Result<Response> {
    let (paper, _) = disclosure(&*app.board.state(&app).await?);
    Ok(as_asked(&paper, &q, &ctx, "disclosure"))
}

async fn edition(
    Held(app): Held<Shared>,
    Asked(ctx): Asked,
    Path(n): Path<i32>,
    Query(q): Query<Download>,
) -> Result<Response> {
    let (_, paper) = acts::edition(&app, n).await?;
    Ok(as_asked(&paper, &q, &ctx, &format!("disclosure-{n}")))
}

#[derive(Debug, Deserialize)]
struct Download {
    /// `md` or `html`: a file instead of the page.
    format: Option<String>,
    /// `ja` or `en`, of the leaflet; the reader's own without one.
    language: Option<String>,
}

async fn rules(Held(app): Held<Shared>, Asked(ctx): Asked, Query(q): Query<Download>) -> Result<Response> {
    let paper = operating_rules(&*app.board.state(&app).await?);
    Ok(as_asked(&paper, &q, &ctx, "operating-rules"))
}

async fn leaflet_page(
    Held(app): Held<Shared>,
    Asked(ctx): Asked,
    Query(q): Query<Download>,
) -> Result<Response> {
    let state = app.board.state(&app).await?;
    let language = match q.language.as_deref() {
        Some("ja") => Language::Japanese,
        Some("en") => Language::English,
        _ => words::language(),
    };
    let paper = match language {
        Language::Japanese => words::stored(|| leaflet(&state)),
        Language::English => words::in_english(|| leaflet(&state)),
    };
    let file = as_file(&paper, &q, language, "leaflet");
    Ok(file.unwrap_or_else(|| views::leaflet_page(&paper, language, &ctx).into_response()))
}

/// A page, or a file to keep.
fn as_asked(paper: &Paper, asked: &Download, ctx: &Ctx, name: &str) -> Response {
    let file = as_file(paper, asked, Language::Japanese, name);
    file.unwrap_or_else(|| views::paper_page(paper, ctx).into_response())
}

fn as_file(paper: &Paper, asked: &Download, language: Language, name: &str) -> Option<Response> {
    let (text, media_type, ending) = match asked.format.as_deref()? {
        "md" => (paper.to_markdown(), "text/markdown; charset=utf-8", "md"),
        "html" => (views::file(paper, language).into_string(), "text/html; charset=utf-8", "html"),
        _ => return None,
    };
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_DISPOSITION, files::disposition(false, &format!("{name}.{ending}")));
    Some(response)
}

async fn desk(
    Held(app): Held<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Query(q): Query<Done>,
) -> Result<Response> {
    let name = operators::acts::name_of(&app, &who).await?;
    let state = gather(&app).await?;
    Ok(views::desk_page(&name, &state, "", &Errors::none(), q.done.is_some(), &ctx).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishForm {
    n: i32,
    change: String,
}

async fn publish(
    Held(app): Held<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Form(form): Form<PublishForm>,
) -> Result<Response> {
    let name = operators::acts::name_of(&app, &who).await?;
    let state = gather(&app).await?;
    let (paper, tally) = disclosure(&state);
    let errors = match acts::publish(&app, &who, form.n, &form.change, &paper, tally).await {
        Ok(()) => {
            let to = format!("{}?done=1", urls::operator_disclosure());
            return Ok(Redirect::to(&to).into_response());
        }
        Err(Error::Invalid(fields)) => fields.into_iter().collect(),
        Err(Error::Stale) => Errors::one(
            "change",
            t("ほかの運営者が先に版を公開しました。確かめて、もう一度公開してください。"),
        ),
        Err(other) => return Err(other),
    };
    let page = views::desk_page(&name, &state, &form.change, &errors, false, &ctx);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn risks(Held(app): Held<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let name = operators::acts::name_of(&app, &who).await?;
    let state = gather(&app).await?;
    let answers = answers::answers(&state);
    Ok(views::risks_page(&name, &state, &answers, &ctx).into_response())
}

async fn system(Held(app): Held<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let name = operators::acts::name_of(&app, &who).await?;
    let state = gather(&app).await?;
    Ok(views::system_page(&name, &state, &ctx).into_response())
}
