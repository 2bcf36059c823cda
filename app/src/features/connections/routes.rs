//! The page of connections.

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};

use super::views::{ConnectionsView, connections_page};
use crate::{
    Result,
    app::Shared,
    auth::Actor,
    web::{
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person. The page holds nothing of a patient, so opening it leaves no event.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::connections(), get(show))
}

async fn show(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    Ok(connections_page(&ConnectionsView, &me.ctx(asked)).into_response())
}
