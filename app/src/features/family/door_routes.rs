//! The family's door: signing in and out, and setting up app authentication.

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    door,
    door_views::{AppView, DoorView, app_page, door_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::{FAMILY_COOKIE, Relative},
    features::sign_in::{
        acts::Origin,
        routes::{forget_language, refusal, refused, safe_next, set_cookie, set_language},
    },
    web::{forms::Errors, input::Form, urls, viewer::Asked},
};

/// Everybody; app authentication is for a session that has just joined.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/family/sign-in", get(ask).post(sign_in))
        .route("/family/sign-out", post(sign_out))
        .route("/family/app", get(app_authentication).post(confirm))
}

#[derive(Debug, Deserialize)]
struct Next {
    next: Option<String>,
}

/// Only a page of this site; anything else leads to its front.
fn next_page(next: Option<&str>) -> String {
    let next = safe_next(next);
    if next.starts_with("/family/") { next } else { urls::family().to_owned() }
}

async fn ask(Asked(ctx): Asked, Query(q): Query<Next>) -> Response {
    let view = DoorView { next: next_page(q.next.as_deref()), ..DoorView::default() };
    door_page(&view, &ctx).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DoorForm {
    login_id: String,
    password: String,
    code: String,
    next: Option<String>,
}

/// The cookie of a session that has just begun.
pub(super) fn signed_in(token: &str, next: &str) -> Response {
    let mut response = Redirect::to(next).into_response();
    set_cookie(response.headers_mut(), FAMILY_COOKIE, token, Some(door::SESSION.as_secs().unsigned_abs()));
    response
}

async fn sign_in(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    Form(form): Form<DoorForm>,
) -> Result<Response> {
    let next = next_page(form.next.as_deref());
    let code = Some(form.code.as_str());
    match door::sign_in(&app, &form.login_id, form.password, code, &origin).await {
        Ok(opened) if opened.enrolling => Ok(signed_in(&opened.token, urls::family_enrol())),
        Ok(opened) => {
            let mut response = signed_in(&opened.token, &next);
            set_language(response.headers_mut(), opened.language);
            Ok(response)
        }
        Err(Error::SecondFactorRequired) => {
            let view = DoorView { login_id: form.login_id, next, refusal: None, code_wanted: true };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, door_page(&view, &ctx)).into_response())
        }
        Err(error) => {
            let refusal = refusal(error)?;
            let view = DoorView { login_id: form.login_id, next, refusal: Some(refusal), code_wanted: false };
            Ok(refused(refusal, door_page(&view, &ctx)))
        }
    }
}

async fn sign_out(State(app): State<Shared>, who: Option<Relative>) -> Result<Response> {
    if let Some(who) = who {
        door::sign_out(&app, &who).await?;
    }
    let mut response = Redirect::to(urls::family_sign_in()).into_response();
    set_cookie(response.headers_mut(), FAMILY_COOKIE, "", Some(0));
    forget_language(response.headers_mut());
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}

async fn app_authentication(State(app): State<Shared>, who: Relative, Asked(ctx): Asked) -> Result<Response> {
    let (enrolment, login_id) = door::offer(&app, &who).await?;
    Ok(app_page(&AppView { enrolment, login_id, errors: Errors::none() }, &ctx).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeForm {
    code: String,
}

async fn confirm(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Form(form): Form<CodeForm>,
) -> Result<Response> {
    match door::confirm(&app, &who, &form.code).await {
        Ok(token) => Ok(signed_in(&token, urls::family())),
        Err(Error::WrongCredentials) => {
            let (enrolment, login_id) = door::offer(&app, &who).await?;
            let errors = Errors::one(
                "code",
                t("数字が ちがいます。アプリに 出ている 新しい 6けたを 入れてください。"),
            );
            let page = app_page(&AppView { enrolment, login_id, errors }, &ctx);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(other) => Err(other),
    }
}
