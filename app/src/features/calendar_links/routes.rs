//! The page of the link, and the feed behind it.

use axum::{
    Router,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use super::{
    acts,
    views::{self, LinkView},
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    web::{
        input::{Fields, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// The page: any signed-in person, for the own link. The feed: whoever has the link.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::calendar_link(), get(show).post(make))
        .route(urls::calendar_link_end(), axum::routing::post(end))
        .route("/calendar/{feed}", get(feed))
}

async fn show(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    page(&app, &who, asked, None).await
}

/// `token`: it has just been made, and is shown this once.
async fn page(app: &Shared, who: &Actor, asked: Asked, token: Option<String>) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let link = acts::mine(&mut tx).await?;
    tx.commit().await?;
    let address = token.map(|token| acts::address(app, &token));
    let view = LinkView { facility: me.facility.clone(), link, address, now: jiff::Timestamp::now() };
    Ok(views::link_page(&view, &me.ctx(asked)).into_response())
}

async fn make(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let fields = Fields::only(pairs, &["with_number"])?;
    let token = acts::make(&app, &who, fields.one("with_number") == "on").await?;
    page(&app, &who, asked, Some(token)).await
}

async fn end(State(app): State<Shared>, who: Actor) -> Result<Response> {
    acts::end(&app, &who).await?;
    Ok(Redirect::to(urls::calendar_link()).into_response())
}

async fn feed(State(app): State<Shared>, Path(feed): Path<String>) -> Result<Response> {
    let token = feed.strip_suffix(".ics").ok_or(Error::NotFound)?;
    let text = acts::feed(&app, token).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "inline; filename=\"visits.ics\""),
    ];
    Ok((headers, text).into_response())
}
