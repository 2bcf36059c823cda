//! What the browser says of a page that it was shown: how long it was on the screen, and that it went to paper.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::store;
use crate::{
    Error, Result,
    app::Shared,
    audit::View,
    auth::Actor,
    web::{input::Strict, problem::Problem},
};

/// Whoever was shown the page, in the same session; 404 for every other view.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(stay)).routes(routes!(print))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Stay {
    /// Since the page was opened.
    seconds: i32,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Print {}

fn view(name: &str) -> Result<View> {
    View::parse(name).ok_or(Error::NotFound)
}

/// How long a page has been on the screen so far. `view` is what the page itself carries.
#[utoipa::path(post, path = "/api/v1/me/views/{view}/stay", tag = "sign-in", request_body = Stay,
    params(("view" = String, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn stay(
    State(app): State<Shared>,
    who: Actor,
    Path(name): Path<String>,
    Strict(body): Strict<Stay>,
) -> Result<StatusCode> {
    let view = view(&name)?;
    let tx = app.db.acting(&who).await?;
    tx.query_and_commit(store::STAYED, &[&view.id, &view.at, &body.seconds]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The page goes to paper. Our own button prints only after this was answered.
#[utoipa::path(post, path = "/api/v1/me/views/{view}/print", tag = "sign-in", request_body = Print,
    params(("view" = String, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn print(
    State(app): State<Shared>,
    who: Actor,
    Path(name): Path<String>,
    Strict(Print {}): Strict<Print>,
) -> Result<StatusCode> {
    let view = view(&name)?;
    let tx = app.db.acting(&who).await?;
    tx.query_and_commit(store::PRINTED, &[&view.id, &view.at]).await?;
    Ok(StatusCode::NO_CONTENT)
}
