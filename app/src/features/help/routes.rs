//! The index, one page for each topic, and the list of keys.

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{topics, views};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    web::{
        ui::Ctx,
        urls,
        viewer::{Asked, Me},
    },
};

/// Everybody, signed in or not: nothing of a record stands here.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::help(), get(index))
        .route(urls::help_keys(), get(keys))
        .route("/help/{topic}", get(topic))
}

/// In the frame of whoever is signed in; before it for everybody else, also where the session sleeps or the database is away.
async fn frame(app: &Shared, who: Option<Actor>, asked: Asked) -> Ctx {
    let Some(who) = who else { return asked.0 };
    match me(app, &who).await {
        Ok(me) => me.ctx(asked),
        Err(_) => asked.0,
    }
}

async fn me(app: &Shared, who: &Actor) -> Result<Me> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    Ok(me)
}

async fn index(State(app): State<Shared>, who: Option<Actor>, asked: Asked) -> Response {
    views::index_page(&topics::all(), &frame(&app, who, asked).await).into_response()
}

async fn topic(
    State(app): State<Shared>,
    who: Option<Actor>,
    Path(slug): Path<String>,
    asked: Asked,
) -> Result<Response> {
    let topic = topics::all().into_iter().find(|topic| topic.slug == slug).ok_or(Error::NotFound)?;
    Ok(views::topic_page(&topic, &frame(&app, who, asked).await).into_response())
}

async fn keys(State(app): State<Shared>, who: Option<Actor>, asked: Asked) -> Response {
    views::keys_page(&frame(&app, who, asked).await).into_response()
}
