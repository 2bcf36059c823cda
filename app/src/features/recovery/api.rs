//! What nobody has to be signed in for: `/api/v1/forgotten` and `/api/v1/recovery`; the rest by whom it is for, in files of their own.
//! A code for a lost second factor is used on its page alone: what comes of it is a session in a browser that sets up another one.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    acts, code, facility_api,
    model::Lost,
    operator_api,
    reset::{self, NewPassword},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    features::sign_in::acts::Origin,
    opaque_debug,
    web::{input::Strict, problem::Problem},
};

/// Anybody; and what is merged here says by itself.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(forgotten))
        .routes(routes!(set))
        .routes(routes!(with_code))
        .merge(facility_api::routes())
        .merge(operator_api::routes())
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPasswordBody {
    /// Six digits of the authenticator, or a recovery code.
    code: String,
    new_password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RecoveryCodeBody {
    code: String,
}

#[derive(Serialize, ToSchema)]
struct RecoveryCodeFor {
    /// `password`: the new one is set by `POST /forgotten/{token}` with the code as the token; `factor`: on the page `/recovery`.
    lost: Lost,
    /// As it was meant, however it was typed.
    code: String,
}

opaque_debug!(NewPasswordBody, RecoveryCodeBody, RecoveryCodeFor);

/// Sets a new password by the link of a letter or the code of two admins, with the second factor, and ends every session. 404 where the link is not
/// good (any more); 401 `wrong_credentials` for the code, which counts like any guess at the account.
#[utoipa::path(post, path = "/api/v1/forgotten/{token}", tag = "session", request_body = NewPasswordBody,
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn set(
    State(app): State<Shared>,
    origin: Origin,
    Path(token): Path<String>,
    Strict(body): Strict<NewPasswordBody>,
) -> Result<StatusCode> {
    let NewPasswordBody { code, new_password: new } = body;
    let again = new.clone();
    reset::set(&app, &token, &origin, NewPassword { code, new, again }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a code that an admin handed over stands for, while it is good; 422 for any other. Looking uses nothing up.
#[utoipa::path(post, path = "/api/v1/recovery", tag = "session", request_body = RecoveryCodeBody,
    responses((status = 200, body = RecoveryCodeFor), (status = 422, body = Problem)))]
async fn with_code(
    State(app): State<Shared>,
    Strict(body): Strict<RecoveryCodeBody>,
) -> Result<Json<RecoveryCodeFor>> {
    let code = code::folded(&body.code);
    match acts::code_for(&app, &code).await? {
        Some(lost) => Ok(Json(RecoveryCodeFor { lost, code })),
        None => Err(Error::invalid(
            "code",
            "not_good",
            t("このコードは使えません。期限と、書き写しをお確かめください。"),
        )),
    }
}
