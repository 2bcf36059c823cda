//! Papers at the console, and those that a facility's admins may open.

use axum::{
    Router,
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    acts::{self, Opened, Typed},
    views::{self, DeskView, PaperView},
};
use crate::{
    Error, Result,
    app::Shared,
    auth::{Actor, Operator},
    features::{files, operators},
    web::{
        forms::Errors,
        input::Done,
        ui::Ctx,
        urls,
        viewer::{Asked, Me},
    },
    words::t,
};

pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::operator_papers(), get(desk).post(store))
        .route("/operator/papers/{paper}", get(paper))
        .route("/operator/papers/{paper}/content", get(content))
        .route("/operator/papers/{paper}/end", post(end))
        .route(urls::facility_papers(), get(shared))
        .route("/facility/papers/{paper}", get(shared_content))
}

async fn desk(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Query(q): Query<Done>,
) -> Result<Response> {
    let view = desk_view(&app, &who, Typed::default(), Errors::none(), q.done.is_some()).await?;
    Ok(views::desk_page(&view, &ctx).into_response())
}

async fn desk_view(
    app: &Shared,
    who: &Operator,
    typed: Typed,
    errors: Errors,
    done: bool,
) -> Result<DeskView> {
    let mut tx = app.db.operating(who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let papers = acts::papers(&mut tx).await?;
    let facilities = acts::facilities(&mut tx).await?;
    tx.commit().await?;
    Ok(DeskView { name, papers, facilities, typed, errors, done, now: Timestamp::now() })
}

async fn store(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    files::Parts(mut parts): files::Parts<1>,
) -> Result<Response> {
    // Without a session nobody makes the server read a file.
    operators::acts::name_of(&app, &who).await?;
    let mut typed = Typed::default();
    let mut file = None;
    while let Some(mut field) =
        parts.next_field().await.map_err(|_| Error::BadRequest("body_cut_off".into()))?
    {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" => {
                let name = field.file_name().unwrap_or_default().to_owned();
                file = Some((name, files::whole_file(&app, &mut field).await?));
            }
            "kind" => typed.kind = files::short_text(&app, &mut field).await?,
            "title" => typed.title = files::short_text(&app, &mut field).await?,
            "party" => typed.party = files::short_text(&app, &mut field).await?,
            "facility" => typed.facility = files::short_text(&app, &mut field).await?,
            _ => return Err(Error::BadRequest("unreadable_form".into())),
        }
    }
    let stored = match file.filter(|(name, _)| !name.is_empty()) {
        Some((name, file)) => acts::store(&app, &who, &typed, &name, file.bytes.clone()).await,
        None => Err(Error::invalid("file", "empty", t("ファイルを選んでください。"))),
    };
    match stored {
        Ok(_) => Ok(Redirect::to(&format!("{}?done=1", urls::operator_papers())).into_response()),
        Err(Error::Invalid(fields)) => refused(&app, &who, &ctx, typed, fields).await,
        Err(other) => Err(other),
    }
}

async fn refused(
    app: &Shared,
    who: &Operator,
    ctx: &Ctx,
    typed: Typed,
    fields: Vec<crate::FieldError>,
) -> Result<Response> {
    let away = fields.iter().any(|f| f.code == acts::NO_SCANNER);
    let status = if away { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::UNPROCESSABLE_ENTITY };
    let errors = fields.into_iter().collect();
    let view = desk_view(app, who, typed, errors, false).await?;
    Ok((status, views::desk_page(&view, ctx)).into_response())
}

async fn paper(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let paper = acts::papers(&mut tx).await?.into_iter().find(|p| p.id == id).ok_or(Error::NotFound)?;
    let events = acts::events(&mut tx, id).await?;
    tx.commit().await?;
    let view = PaperView { name, paper, events, now: Timestamp::now() };
    Ok(views::paper_page(&view, &ctx).into_response())
}

async fn content(State(app): State<Shared>, who: Operator, Path(id): Path<Uuid>) -> Result<Response> {
    acts::open(&app, &who, id).await.map(deliver)
}

async fn end(State(app): State<Shared>, who: Operator, Path(id): Path<Uuid>) -> Result<Redirect> {
    acts::end(&app, &who, id).await?;
    Ok(Redirect::to(&urls::operator_paper(id)))
}

async fn shared(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let papers = acts::shared(&mut tx).await?;
    tx.commit().await?;
    Ok(views::shared_page(&papers, Timestamp::now(), &me.ctx(asked)).into_response())
}

async fn shared_content(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Response> {
    acts::open_shared(&app, &who, id).await.map(deliver)
}

/// Always a download: nothing in it runs in our pages.
fn deliver(opened: Opened) -> Response {
    let media_type = HeaderValue::from_str(&opened.media_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let mut response = Body::from(opened.bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::CONTENT_DISPOSITION, files::disposition(false, &opened.name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}
