//! One announcement for whoever it is for. The list stands on the page of notices.

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{acts, views::announcement_page};
use crate::{
    Result,
    app::Shared,
    audit,
    auth::Actor,
    web::viewer::{Asked, Me},
};

/// Any signed-in person of a facility that it is for; 404 for others.
pub fn routes() -> Router<Shared> {
    Router::new().route("/announcements/{announcement}", get(show))
}

/// Reading is recorded first, so the page's own frame no longer asks for it.
async fn show(State(app): State<Shared>, who: Actor, asked: Asked, Path(id): Path<Uuid>) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let announcement = acts::read(&mut tx, id).await?;
    let me = Me::load(&mut tx).await?;
    audit::viewed(&mut tx, "viewed_announcement", None, None, Some(id)).await?;
    tx.commit().await?;
    Ok(announcement_page(&announcement, Timestamp::now(), &me.ctx(asked)).into_response())
}
