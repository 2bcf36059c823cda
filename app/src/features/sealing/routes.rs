//! `/menu/record`.

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};

use super::{read, views};
use crate::{
    Result,
    app::Shared,
    auth::Actor,
    web::{
        urls,
        viewer::{Asked, Me},
    },
};

/// Everybody who is signed in.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::record(), get(show))
}

async fn show(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let about = read::about(&mut tx).await?;
    tx.commit().await?;
    Ok(views::record_page(&about, app.config.log.is_on(), &me.ctx(asked)).into_response())
}
