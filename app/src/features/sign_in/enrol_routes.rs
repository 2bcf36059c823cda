//! Setting up a second factor: the page with both ways, app authentication, and the recovery codes that follow.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;

use super::{
    acts::{self, Origin},
    enrol_views::{EnrolView, RecoveryCodesView, enrol_page, recovery_codes_page},
    routes::{session_token, set_session},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    web::{forms::Errors, input::Form, ui::Ctx, urls, viewer::Asked},
};

/// A session in its own state: it is only setting up, or has just shown again who it is.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/enrol", get(enrol).post(enrol_totp))
        .route("/enrol/recovery-codes", get(kept_get).post(kept))
}

async fn enrol(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    headers: HeaderMap,
) -> Result<Response> {
    let view = enrol_view(&app, &session_token(&headers)?, Errors::none(), &origin.device_name).await?;
    Ok(enrol_page(&view, &ctx).into_response())
}

/// The page again, with what is wrong; the passkey's name as it was typed.
pub async fn enrolment_again(
    app: &Shared,
    token: &str,
    errors: Errors,
    passkey_name: &str,
    ctx: &Ctx,
) -> Result<Response> {
    let view = enrol_view(app, token, errors, passkey_name).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, enrol_page(&view, ctx)).into_response())
}

async fn enrol_view(app: &Shared, token: &str, errors: Errors, passkey_name: &str) -> Result<EnrolView> {
    let state = acts::state(app, &Actor::from_token(token)).await?.ok_or(Error::NotSignedIn)?;
    let offer = acts::offer_enrolment(app, token).await?;
    Ok(EnrolView {
        qr: offer.enrolment.qr,
        key: offer.enrolment.key,
        login_id: offer.login_id,
        errors,
        required: state.state == "enrolling",
        passkey_name: passkey_name.to_owned(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmForm {
    code: String,
}

async fn enrol_totp(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    headers: HeaderMap,
    Form(form): Form<ConfirmForm>,
) -> Result<Response> {
    let token = session_token(&headers)?;
    match acts::confirm_enrolment(&app, &token, &form.code, &origin).await {
        Ok(done) => {
            let mut response = match done.codes {
                Some(codes) => {
                    let view = RecoveryCodesView { codes, replaces_older: false, errors: Errors::none() };
                    recovery_codes_page(&view, &ctx).into_response()
                }
                None => Redirect::to(&format!("{}?done=totp-added", urls::passkeys())).into_response(),
            };
            set_session(response.headers_mut(), done.token.as_deref());
            Ok(response)
        }
        Err(Error::WrongCredentials) => {
            let errors =
                Errors::one("code", t("コードが合いません。アプリに出ている新しい6けたを入れてください。"));
            enrolment_again(&app, &token, errors, &origin.device_name, &ctx).await
        }
        Err(other) => Err(other),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptForm {
    #[serde(rename = "step")]
    _step: String,
    #[serde(rename = "kept")]
    _kept: Option<String>,
}

/// The codes stand on the page before; this only leads on. They cannot be shown again, ticked or not.
async fn kept(Form(_): Form<KeptForm>) -> Redirect {
    Redirect::to(urls::home())
}

async fn kept_get() -> Redirect {
    Redirect::to(urls::home())
}
