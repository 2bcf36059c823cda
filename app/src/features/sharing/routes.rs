//! The page on which a group is chosen, and the answer to a share that no service worker has taken.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::{Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http_body_util::BodyExt;
use serde::Deserialize;

use super::{read, views};
use crate::{
    Result,
    app::Shared,
    audit,
    auth::Actor,
    web::{
        urls,
        viewer::{Asked, Me},
    },
};

/// How long the rest of a share that cannot be taken is let in, so that the phone gets to read the answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Any signed-in person, among her own groups.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::share(), get(choose))
}

/// Everybody. Stands outside the protection against forged requests: a phone may name another app as the sender, or nobody, and there is
/// nothing to forge. No session is read, nothing is kept.
pub fn arrival() -> Router<Shared> {
    Router::new().route(urls::share(), post(not_taken))
}

#[derive(Debug, Deserialize)]
struct Came {
    /// The device could not keep what was shared.
    lost: Option<String>,
}

async fn choose(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(came): Query<Came>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let places = read::places(&mut tx, &app).await?;
    audit::viewed(&mut tx, "viewed_groups", None, None, None).await?;
    tx.commit().await?;
    let view = views::Choice { places, lost: came.lost.is_some(), now: jiff::Timestamp::now() };
    Ok(views::choice_page(&view, &me.ctx(asked)).into_response())
}

/// Without a service worker a share comes here. It is thrown away as it comes: nobody has chosen yet who may read it.
async fn not_taken(State(app): State<Shared>, Asked(ctx): Asked, body: Body) -> Response {
    let most = app.config.limits.file_bytes;
    // Whoever sends more than that, or slowly, gets the answer in the middle of it.
    let _ = tokio::time::timeout(PATIENCE, throw_away(body, most)).await;
    views::not_taken_page(&ctx).into_response()
}

async fn throw_away(mut body: Body, most: u64) {
    let mut seen = 0;
    while let Some(Ok(frame)) = body.frame().await {
        seen += frame.data_ref().map_or(0, |data| data.len() as u64);
        if seen > most {
            return;
        }
    }
}
