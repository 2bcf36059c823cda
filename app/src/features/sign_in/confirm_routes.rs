//! `/confirm` and `POST /api/v1/session/step-up`: proving again who one is; `POST /api/v1/session/unlock`.
//!
//! A page that needs it leads here and comes back. A form that needs it is sent on to `/confirm/first` by the browser itself
//! (307, RFC 9110 §15.4.8), with everything that was typed; the page here carries it and offers to send it again.

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    acts::Origin,
    confirm::{self, Renewed, Shown, Ways},
    confirm_views::{ConfirmView, HeldView, confirm_page, file_page, held_page, is_file},
    routes::{refusal, refused, safe_next, set_session},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::passkeys::{acts as passkeys, model::Assertion, model::from_field},
    web::{
        forms::Errors,
        input::{Form, Strict},
        problem::Problem,
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::confirm(), get(ask).post(check)).route(urls::confirm_first(), post(first))
}

pub fn api_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(step_up)).routes(routes!(unlock))
}

#[derive(Debug, Deserialize)]
struct Next {
    next: Option<String>,
}

async fn ask(State(app): State<Shared>, who: Actor, asked: Asked, Query(q): Query<Next>) -> Result<Response> {
    page(&app, &who, asked, Waiting { next: safe_next(q.next.as_deref()), held: None }, Outcome::First).await
}

/// What waits for the person.
struct Waiting {
    next: String,
    held: Option<String>,
}

enum Outcome {
    First,
    /// Nothing was shown.
    Empty,
    Refused(super::views::Refusal),
}

async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    waiting: Waiting,
    outcome: Outcome,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let ways = confirm::ways(&mut tx).await?;
    tx.commit().await?;
    let (refusal, errors) = match outcome {
        Outcome::First => (None, Errors::none()),
        Outcome::Empty => (None, nothing_shown(ways)),
        Outcome::Refused(refusal) => (Some(refusal), Errors::none()),
    };
    let view = ConfirmView {
        ways,
        login_id: me.login_id.clone(),
        next: waiting.next,
        held: waiting.held,
        refusal,
        errors,
    };
    let markup = confirm_page(&view, &me.ctx(asked));
    Ok(match (view.refusal, view.errors.is_empty()) {
        (Some(refusal), _) => refused(refusal, markup),
        (None, false) => (StatusCode::UNPROCESSABLE_ENTITY, markup).into_response(),
        (None, true) => markup.into_response(),
    })
}

fn nothing_shown(ways: Ways) -> Errors {
    match (ways.password, ways.code) {
        (true, true) => Errors::one("password", t("パスワードか確認コードの、どちらかを入れてください。")),
        (true, false) => Errors::one("password", t("パスワードを入れてください。")),
        (false, _) => Errors::one("code", t("確認コードを入れてください。")),
    }
}

/// The browser brings what it was about to send. Passwords and codes among it are not carried on: whoever typed one begins
/// again on that page.
async fn first(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(q): Query<Next>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let held = if fields.iter().any(|(name, _)| is_proof(name)) {
        None
    } else {
        Some(serde_urlencoded::to_string(&fields).map_err(Error::internal)?)
    };
    page(&app, &who, asked, Waiting { next: safe_next(q.next.as_deref()), held }, Outcome::First).await
}

fn is_proof(field: &str) -> bool {
    field.contains("password") || field == "code" || field == "recovery_code" || field == "passkey"
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmForm {
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    passkey: String,
    #[serde(rename = "username")]
    _username: Option<String>,
    next: Option<String>,
    held: Option<String>,
}

async fn check(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    origin: Origin,
    Form(form): Form<ConfirmForm>,
) -> Result<Response> {
    let waiting = Waiting { next: safe_next(form.next.as_deref()), held: form.held };
    let done = if !form.passkey.is_empty() {
        passkeys::step_up(&app, &who, &from_field(&form.passkey)?, &origin).await
    } else if !form.code.trim().is_empty() {
        confirm::step_up(&app, &who, Shown::Code(form.code), &origin).await
    } else if !form.password.is_empty() {
        confirm::step_up(&app, &who, Shown::Password(form.password), &origin).await
    } else {
        return page(&app, &who, asked, waiting, Outcome::Empty).await;
    };
    match done {
        Ok(renewed) => lead_on(&app, &who, asked, waiting, renewed, &origin).await,
        Err(error) => page(&app, &who, asked, waiting, Outcome::Refused(refusal(error)?)).await,
    }
}

async fn lead_on(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    waiting: Waiting,
    renewed: Renewed,
    origin: &Origin,
) -> Result<Response> {
    let mut response = if waiting.held.is_none() && !is_file(&waiting.next) {
        Redirect::to(&waiting.next).into_response()
    } else {
        let who = renewed.as_deref().map_or_else(|| who.clone(), |token| origin.actor(token));
        let mut tx = app.db.acting(&who).await?;
        let ctx = Me::load(&mut tx).await?.ctx(asked);
        tx.commit().await?;
        match &waiting.held {
            Some(held) => {
                let fields = serde_urlencoded::from_str(held)
                    .map_err(|_| Error::BadRequest("unreadable_form".into()))?;
                held_page(&HeldView { action: waiting.next, fields }, &ctx).into_response()
            }
            None => file_page(&waiting.next, &ctx).into_response(),
        }
    };
    set_session(response.headers_mut(), renewed.as_deref());
    Ok(response)
}

/// Exactly one of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ShownBody {
    password: Option<String>,
    /// Six digits of the authenticator.
    totp: Option<String>,
    /// The answer to a challenge for `confirm` or `unlock`.
    passkey: Option<Assertion>,
}

#[derive(Serialize, ToSchema)]
struct Stepped {
    /// Until then the session may do what answers 403 `step_up_required`.
    #[schema(value_type = String, format = DateTime)]
    fresh_until: Timestamp,
}

/// Minutes that a step-up is good for, as in `sec.is_fresh`.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// Proves again who one is, before exports, departures and one's own factors. A browser's session gets a new token in its
/// cookie; a program's token stays. 403 `code_or_passkey_please` where the session rests on a remembered device and the
/// password alone was shown.
#[utoipa::path(post, path = "/api/v1/session/step-up", tag = "session", request_body = ShownBody,
    responses((status = 200, body = Stepped), (status = 401, body = Problem), (status = 403, body = Problem), (status = 429, body = Problem)))]
async fn step_up(
    State(app): State<Shared>,
    who: Actor,
    origin: Origin,
    Strict(body): Strict<ShownBody>,
) -> Result<Response> {
    let renewed = match (body.password, body.totp, body.passkey) {
        (Some(password), None, None) => {
            confirm::step_up(&app, &who, Shown::Password(password), &origin).await?
        }
        (None, Some(code), None) => confirm::step_up(&app, &who, Shown::Code(code), &origin).await?,
        (None, None, Some(assertion)) => passkeys::step_up(&app, &who, &assertion, &origin).await?,
        _ => return Err(Error::BadRequest("one_proof_please".into())),
    };
    let mut response = Json(Stepped { fresh_until: Timestamp::now() + FRESH }).into_response();
    set_session(response.headers_mut(), renewed.as_deref());
    Ok(response)
}

/// Opens a locked session again: by a passkey, or by the password on the session's own device (403 `unknown_device` elsewhere).
#[utoipa::path(post, path = "/api/v1/session/unlock", tag = "session", request_body = ShownBody,
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 429, body = Problem)))]
async fn unlock(
    State(app): State<Shared>,
    who: Actor,
    origin: Origin,
    _: HeaderMap,
    Strict(body): Strict<ShownBody>,
) -> Result<Response> {
    let renewed = match (body.password, body.totp, body.passkey) {
        (Some(password), None, None) => confirm::unlock(&app, &who, password, &origin).await?,
        (None, None, Some(assertion)) => passkeys::unlock(&app, &who, &assertion, &origin).await?,
        _ => return Err(Error::BadRequest("one_proof_please".into())),
    };
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_session(response.headers_mut(), renewed.as_deref());
    Ok(response)
}
