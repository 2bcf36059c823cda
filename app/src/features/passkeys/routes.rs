//! The pages. Signing in and enrolling answer with the session's cookie; the list is one's own.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    model::{self, Attestation},
    store,
    views::{ListView, NewView, list_page, new_page, removal_page, totp_removal_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::{Actor, cookie},
    features::sign_in::{
        Fresh,
        acts::Origin,
        confirm,
        enrol_routes::enrolment_again,
        enrol_views::{RecoveryCodesView, recovery_codes_page},
        routes::{
            PRE_COOKIE, refusal, refused, safe_next, session_token, set_cookie, set_session, sign_in_again,
            signed_in,
        },
    },
    web::{
        error::status,
        forms::Errors,
        input::{Done, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// Ties a challenge for signing in to the browser that asked for it; five minutes.
pub const CEREMONY_COOKIE: &str = "__Host-renkei-ceremony";

/// Anybody signs in; the rest is a signed-in person's own, and whoever changes it has just shown who they are.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::sign_in_passkey(), post(sign_in))
        .route(urls::sign_in_code_passkey(), post(second_step))
        .route(urls::enrol_passkey(), post(enrol))
        .route(urls::passkeys(), get(list).post(add))
        .route(urls::new_passkey(), get(ask_new))
        .route("/menu/passkeys/{passkey}/removal", get(ask_removal).post(remove))
        .route(urls::totp_removal(), get(ask_totp_removal).post(remove_totp))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasskeyForm {
    passkey: String,
    next: Option<String>,
}

async fn sign_in(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    headers: HeaderMap,
    Form(form): Form<PasskeyForm>,
) -> Result<Response> {
    let next = safe_next(form.next.as_deref());
    let asker = cookie(&headers, CEREMONY_COOKIE).unwrap_or_default();
    match acts::sign_in(&app, &asker, &model::from_field(&form.passkey)?, &origin).await {
        Ok(opened) => Ok(without(signed_in(&opened, &next), CEREMONY_COOKIE)),
        Err(error) => {
            let refusal = refusal(error)?;
            Ok(refused(refusal, sign_in_again(&app, refusal, next, &ctx)))
        }
    }
}

async fn second_step(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    headers: HeaderMap,
    Form(form): Form<PasskeyForm>,
) -> Result<Response> {
    let next = safe_next(form.next.as_deref());
    let pre = cookie(&headers, PRE_COOKIE).unwrap_or_default();
    match acts::second_step(&app, &pre, &model::from_field(&form.passkey)?, &origin).await {
        Ok(opened) => Ok(without(signed_in(&opened, &next), PRE_COOKIE)),
        Err(error) => {
            // The half sign-in may be over, or not: the page before knows.
            let refusal =
                refusal(if matches!(error, Error::NotSignedIn) { Error::WrongCredentials } else { error })?;
            Ok(refused(refusal, sign_in_again(&app, refusal, next, &ctx)))
        }
    }
}

fn without(mut response: Response, name: &str) -> Response {
    set_cookie(response.headers_mut(), name, "", Some(0));
    response
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewForm {
    passkey: String,
    name: String,
    client_id: Option<Uuid>,
}

async fn enrol(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    headers: HeaderMap,
    Form(form): Form<NewForm>,
) -> Result<Response> {
    let token = session_token(&headers)?;
    let made: Attestation = model::from_field(&form.passkey)?;
    match acts::enrol(&app, &token, &form.name, &made, &origin).await {
        Ok(done) => {
            let view = RecoveryCodesView {
                codes: done.codes.unwrap_or_default(),
                replaces_older: false,
                errors: Errors::none(),
            };
            let mut response = recovery_codes_page(&view, &ctx).into_response();
            set_session(response.headers_mut(), done.token.as_deref());
            Ok(response)
        }
        Err(error) => {
            let errors = about_the_new_one(&error).ok_or(error)?;
            enrolment_again(&app, &token, errors, &form.name, &ctx).await
        }
    }
}

/// What stands against a new passkey, in the person's words; `None` for what is no matter of the form.
fn about_the_new_one(error: &Error) -> Option<Errors> {
    match error {
        Error::Invalid(fields) => Some(fields.iter().cloned().collect()),
        Error::Conflict(reason) if reason == "challenge_used_or_over" => Some(Errors::one(
            "name",
            t("時間がたったため、登録できませんでした。もう一度ボタンを押してください。"),
        )),
        Error::Conflict(reason) if reason == "too_many_passkeys" => {
            Some(Errors::one("name", t("パスキーは20個までです。使っていないものを外してください。")))
        }
        Error::Conflict(reason) if reason == "passkey_credential_id_key" => {
            Some(Errors::one("name", t("この端末のパスキーは、もう登録されています。")))
        }
        _ => None,
    }
}

async fn list(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(q): Query<Done>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let (passkeys, ways) = (store::mine(&mut tx).await?, confirm::ways(&mut tx).await?);
    tx.commit().await?;
    let done = match q.done.as_deref() {
        Some("added") => Some(t("パスキーを登録しました。")),
        Some("removed") => Some(t("パスキーを外しました。")),
        Some("totp-removed") => Some(t("アプリ認証をやめました。")),
        Some("totp-added") => Some(t("アプリ認証を登録しました。")),
        _ => None,
    };
    let view = ListView { passkeys, totp: ways.code, done, now: Timestamp::now() };
    Ok(list_page(&view, &me.ctx(asked)).into_response())
}

async fn ask_new(
    State(app): State<Shared>,
    Fresh(who): Fresh,
    asked: Asked,
    origin: Origin,
) -> Result<Response> {
    let view = NewView { id: Uuid::now_v7(), name: origin.device_name, errors: Errors::none() };
    new_form(&app, &who, asked, &view, StatusCode::OK).await
}

async fn new_form(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    view: &NewView,
    status: StatusCode,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    Ok((status, new_page(view, &me.ctx(asked))).into_response())
}

async fn add(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(form): Form<NewForm>,
) -> Result<Response> {
    let id = form.client_id.ok_or(Error::BadRequest("unreadable_form".into()))?;
    match acts::add(&app, &who, id, &form.name, &model::from_field(&form.passkey)?).await {
        Ok(_) => Ok(Redirect::to(&format!("{}?done=added", urls::passkeys())).into_response()),
        Err(error) => {
            let (status, errors) = (status(&error), about_the_new_one(&error).ok_or(error)?);
            let view = NewView { id: Uuid::now_v7(), name: form.name, errors };
            new_form(&app, &who, asked, &view, status).await
        }
    }
}

async fn ask_removal(
    State(app): State<Shared>,
    Fresh(who): Fresh,
    asked: Asked,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let mine = store::mine(&mut tx).await?;
    tx.commit().await?;
    let passkey = mine.iter().find(|k| k.id == id).ok_or(Error::NotFound)?;
    Ok(removal_page(passkey, &me.ctx(asked)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn remove(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Redirect> {
    acts::remove(&app, &who, id).await?;
    Ok(Redirect::to(&format!("{}?done=removed", urls::passkeys())))
}

async fn ask_totp_removal(State(app): State<Shared>, Fresh(who): Fresh, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    Ok(totp_removal_page(&me.ctx(asked)).into_response())
}

async fn remove_totp(
    State(app): State<Shared>,
    who: Actor,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Redirect> {
    acts::remove_totp(&app, &who).await?;
    Ok(Redirect::to(&format!("{}?done=totp-removed", urls::passkeys())))
}
