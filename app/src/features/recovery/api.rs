//! `/api/v1/forgotten`.

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::reset;
use crate::{
    Result,
    app::Shared,
    features::sign_in::acts::Origin,
    web::{input::Strict, problem::Problem},
};

/// Anybody.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(forgotten))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ForgottenBody {
    login_id: String,
}

/// Asks for a link to a new password. 202 whether or not there is such an account: the letter goes only to a confirmed address.
#[utoipa::path(post, path = "/api/v1/forgotten", tag = "session", request_body = ForgottenBody,
    responses((status = 202), (status = 429, body = Problem)))]
async fn forgotten(
    State(app): State<Shared>,
    origin: Origin,
    Strict(body): Strict<ForgottenBody>,
) -> Result<StatusCode> {
    reset::ask(&app, &body.login_id, &origin).await?;
    Ok(StatusCode::ACCEPTED)
}
