//! What nobody has to be signed in for: asking for a new password, and using a link or a code. Every form works without JavaScript.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;

use super::{
    acts, code,
    model::Lost,
    public_views::{
        self as views, AskView, CodeView, NewPasswordView, RedeemView, ask_page, code_page, gone_page,
        new_password_page, redeem_page,
    },
    reset::{self, NewPassword},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    features::sign_in::{
        acts::{Origin, Proof},
        routes::{refusal, refused, signed_in},
    },
    web::{error::status, forms::Errors, input::Form, ui::Ctx, urls, viewer::Asked},
};

/// Anybody.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::forgotten(), get(ask).post(send))
        .route("/forgotten/{token}", get(new_password).post(set))
        .route(urls::recovery(), get(ask_code).post(with_code))
        .route("/recovery/{code}", get(redeem).post(redeemed))
}

#[derive(Debug, Deserialize)]
struct AskQuery {
    asked: Option<String>,
}

async fn ask(Asked(ctx): Asked, Query(q): Query<AskQuery>) -> Response {
    ask_page(&AskView { asked: q.asked.is_some(), ..AskView::default() }, &ctx).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskForm {
    login_id: String,
}

async fn send(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    Form(form): Form<AskForm>,
) -> Result<Response> {
    if form.login_id.trim().is_empty() {
        let errors = Errors::one("login_id", t("IDを入れてください。"));
        let view = AskView { errors, ..AskView::default() };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, ask_page(&view, &ctx)).into_response());
    }
    match reset::ask(&app, &form.login_id, &origin).await {
        Ok(()) => Ok(Redirect::to("/forgotten?asked=1").into_response()),
        Err(error @ Error::TooMany { .. }) => {
            let refusal = refusal(error)?;
            let view = AskView { login_id: form.login_id, refusal: Some(refusal), ..AskView::default() };
            Ok(refused(refusal, ask_page(&view, &ctx)))
        }
        Err(other) => Err(other),
    }
}

fn gone(ctx: &Ctx) -> Response {
    (StatusCode::GONE, gone_page(ctx)).into_response()
}

async fn new_password(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    Path(token): Path<String>,
) -> Result<Response> {
    if !reset::is_good(&app, &token).await? {
        return Ok(gone(&ctx));
    }
    let view = NewPasswordView { token, errors: Errors::none(), refusal: None };
    Ok(new_password_page(&view, &ctx).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPasswordForm {
    code: String,
    #[serde(default)]
    recovery_code: String,
    new_password: String,
    new_password_again: String,
}

async fn set(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    Path(token): Path<String>,
    Form(form): Form<NewPasswordForm>,
) -> Result<Response> {
    let code = if form.recovery_code.trim().is_empty() { form.code } else { form.recovery_code };
    let given = NewPassword { code, new: form.new_password, again: form.new_password_again };
    match reset::set(&app, &token, &origin, given).await {
        Ok(()) => Ok(views::set_page(&ctx).into_response()),
        Err(Error::NotFound) => Ok(gone(&ctx)),
        Err(Error::Invalid(fields)) => {
            let errors: Errors = fields.iter().cloned().collect();
            let view = NewPasswordView { token, errors, refusal: None };
            Ok((status(&Error::Invalid(fields)), new_password_page(&view, &ctx)).into_response())
        }
        Err(error) => {
            let refusal = refusal(error)?;
            let view = NewPasswordView { token, errors: Errors::none(), refusal: Some(refusal) };
            Ok(refused(refusal, new_password_page(&view, &ctx)))
        }
    }
}

async fn ask_code(Asked(ctx): Asked) -> Response {
    code_page(&CodeView { errors: Errors::none() }, &ctx).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeForm {
    code: String,
}

async fn with_code(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    Form(form): Form<CodeForm>,
) -> Result<Response> {
    let code = code::folded(&form.code);
    Ok(match acts::code_for(&app, &code).await? {
        Some(Lost::Factor) => Redirect::to(&urls::recovery_with(&code)).into_response(),
        Some(Lost::Password) => Redirect::to(&urls::new_password(&code)).into_response(),
        None => {
            let errors =
                Errors::one("code", t("このコードは使えません。期限と、書き写しをお確かめください。"));
            (StatusCode::UNPROCESSABLE_ENTITY, code_page(&CodeView { errors }, &ctx)).into_response()
        }
    })
}

async fn redeem(State(app): State<Shared>, Asked(ctx): Asked, Path(code): Path<String>) -> Result<Response> {
    let code = code::folded(&code);
    if acts::code_for(&app, &code).await? != Some(Lost::Factor) {
        return Ok(gone(&ctx));
    }
    Ok(redeem_page(&RedeemView { code, login_id: String::new(), refusal: None }, &ctx).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedeemForm {
    login_id: String,
    password: String,
}

async fn redeemed(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    Path(code): Path<String>,
    Form(form): Form<RedeemForm>,
) -> Result<Response> {
    let code = code::folded(&code);
    let proof = Proof { login_id: form.login_id.clone(), password: form.password, code: None };
    match acts::redeem(&app, &code, proof, &origin).await {
        Ok(opened) => Ok(signed_in(&opened, urls::home())),
        Err(error) => {
            let refusal = refusal(error)?;
            let view = RedeemView { code, login_id: form.login_id, refusal: Some(refusal) };
            Ok(refused(refusal, redeem_page(&view, &ctx)))
        }
    }
}
