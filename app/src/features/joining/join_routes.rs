//! What opens behind a link: for somebody new, for somebody with an account, and for whom it was not meant. Looking uses nothing up,
//! whatever fetches links by itself.

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    account_routes,
    join::{self, Found, Newcomer},
    join_views::{
        AccountView, JoinView, MineView, account_page, gone_page, join_page, mine_page, refused_page,
    },
    rules::is_invited,
};
use crate::words::{fill, t};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::sign_in::{acts::Origin, routes::signed_in},
    web::{
        forms::Errors,
        input::Form,
        urls,
        viewer::{Asked, Me},
    },
};

/// Whoever holds the link, signed in or not.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/join/{link}", get(show).post(come))
        .route("/join/{link}/code", post(send_code))
        .merge(account_routes::routes())
        .route("/join/{link}/refusal", post(refuse))
}

pub(super) fn gone(Asked(ctx): Asked) -> Response {
    (StatusCode::GONE, gone_page(&ctx)).into_response()
}

/// Who is signed in with a session that works now.
async fn signed(app: &Shared, who: Option<&Actor>) -> Result<Option<Me>> {
    let Some(who) = who else { return Ok(None) };
    let mut tx = app.db.acting(who).await?;
    match Me::load(&mut tx).await {
        Ok(me) => tx.commit().await.map(|()| Some(me)),
        Err(Error::NotSignedIn | Error::Locked | Error::MustEnrol | Error::OutOfService(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

async fn show(
    State(app): State<Shared>,
    who: Option<Actor>,
    asked: Asked,
    Path(link): Path<String>,
) -> Result<Response> {
    let found = join::look(&app, &link).await?;
    if !found.is_open() {
        return Ok(gone(asked));
    }
    if let Some(me) = signed(&app, who.as_ref()).await? {
        return Ok(mine(&app, &link, found, &me, asked, Errors::none(), false));
    }
    let mut typed = Newcomer {
        mail: found.mail.as_ref().map(ToString::to_string).unwrap_or_default(),
        ..Newcomer::default()
    };
    typed.login_id = join::suggested(&app, &link, &found).await?;
    Ok(newcomer(&app, &link, found, typed, asked, Errors::none(), StatusCode::OK))
}

fn newcomer(
    app: &Shared,
    link: &str,
    found: Found,
    typed: Newcomer,
    Asked(ctx): Asked,
    errors: Errors,
    status: StatusCode,
) -> Response {
    let asks_code = found.asks_code(app);
    let view = JoinView { link: link.to_owned(), found, typed, errors, asks_code, code_sent: false };
    (status, join_page(&view, &ctx)).into_response()
}

pub(super) fn mine(
    app: &Shared,
    link: &str,
    found: Found,
    me: &Me,
    asked: Asked,
    errors: Errors,
    code_sent: bool,
) -> Response {
    let view = MineView {
        link: link.to_owned(),
        asks_code: found.asks_code(app),
        is_me: is_invited((&found.name, &found.kana), (&me.name, &me.kana)),
        me: me.name.clone(),
        found,
        errors,
        code_sent,
    };
    mine_page(&view, &me.ctx(asked)).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JoinForm {
    #[serde(default)]
    code: String,
    login_id: String,
    password: String,
    password_again: String,
    mail: String,
    phone: String,
    sure: Option<String>,
}

impl From<JoinForm> for Newcomer {
    fn from(form: JoinForm) -> Self {
        Self {
            login_id: form.login_id,
            password: form.password,
            password_again: form.password_again,
            mail: form.mail,
            phone: form.phone,
            code: form.code,
            sure: form.sure.is_some(),
        }
    }
}

/// The fields of a refused form; anything else goes on its way.
pub(super) fn problems(error: Error) -> Result<(StatusCode, Errors)> {
    match error {
        Error::Invalid(fields) => Ok((StatusCode::UNPROCESSABLE_ENTITY, fields.into_iter().collect())),
        Error::Conflict(reason) if reason == "code_over" => Ok((
            StatusCode::CONFLICT,
            Errors::one("code", t("この確認番号は、もう使えません。新しい番号を受け取ってください。")),
        )),
        other => Err(other),
    }
}

pub(super) fn is_gone(error: &Error) -> bool {
    matches!(error, Error::Conflict(reason) if reason == "used_or_expired")
}

async fn come(
    State(app): State<Shared>,
    who: Option<Actor>,
    asked: Asked,
    origin: Origin,
    Path(link): Path<String>,
    Form(form): Form<JoinForm>,
) -> Result<Response> {
    let (login_id, mail, phone) = (form.login_id.clone(), form.mail.clone(), form.phone.clone());
    let (code, sure) = (form.code.clone(), form.sure.is_some());
    match join::join(&app, &link, form.into(), &origin).await {
        Ok(opened) => {
            join::end_unfinished(&app, who.as_ref()).await;
            Ok(signed_in(&opened, urls::home()))
        }
        Err(error) if is_gone(&error) => Ok(gone(asked)),
        Err(error) => {
            let (status, errors) = problems(error)?;
            let found = join::look(&app, &link).await?;
            let typed = Newcomer { login_id, mail, phone, code, sure, ..Newcomer::default() };
            Ok(newcomer(&app, &link, found, typed, asked, errors, status))
        }
    }
}

/// From which of the three forms a code was asked for, and what stood in it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CodeForm {
    page: String,
    login_id: String,
    mail: String,
    phone: String,
    sure: Option<String>,
    #[serde(rename = "password")]
    _password: String,
    #[serde(rename = "password_again")]
    _password_again: String,
    #[serde(rename = "totp")]
    _totp: String,
    #[serde(rename = "code")]
    _code: String,
}

/// Sent from the same form, so that what was typed is kept.
async fn send_code(
    State(app): State<Shared>,
    who: Option<Actor>,
    Asked(ctx): Asked,
    Path(link): Path<String>,
    Form(form): Form<CodeForm>,
) -> Result<Response> {
    let sent = join::send_code(&app, &link).await;
    let (status, errors, code_sent) = match sent {
        Ok(()) => (StatusCode::OK, Errors::none(), true),
        Err(error) if is_gone(&error) => return Ok(gone(Asked(ctx))),
        Err(Error::TooMany { retry_after }) => {
            let why = fill(
                t("番号を送ったばかりです。{retry_after}秒たってから、もう一度押してください。"),
                &[("retry_after", &retry_after)],
            );
            (StatusCode::TOO_MANY_REQUESTS, Errors::one("code", &why), false)
        }
        Err(Error::Conflict(reason)) if reason == "too_many_codes" => {
            let why = t("番号を何度も送りました。施設の管理者に、新しいリンクを作ってもらってください。");
            (StatusCode::CONFLICT, Errors::one("code", why), false)
        }
        Err(other) => return Err(other),
    };
    let found = join::look(&app, &link).await?;
    let CodeForm { page, login_id, mail, phone, sure, .. } = form;
    let asks_code = found.asks_code(&app);
    let page = match page.as_str() {
        "account" => account_page(&AccountView { link, found, login_id, errors, asks_code, code_sent }, &ctx),
        "tie" => {
            let me = signed(&app, who.as_ref()).await?.ok_or(Error::NotSignedIn)?;
            let mut response = mine(&app, &link, found, &me, Asked(ctx), errors, code_sent);
            *response.status_mut() = status;
            return Ok(response);
        }
        _ => {
            let typed = Newcomer { login_id, mail, phone, sure: sure.is_some(), ..Newcomer::default() };
            join_page(&JoinView { link, found, typed, errors, asks_code, code_sent }, &ctx)
        }
    };
    Ok((status, page).into_response())
}

async fn refuse(State(app): State<Shared>, asked: Asked, Path(link): Path<String>) -> Result<Response> {
    match join::refuse(&app, &link).await {
        Ok(()) => {
            let Asked(ctx) = asked;
            Ok(refused_page(&ctx).into_response())
        }
        Err(error) if is_gone(&error) => Ok(gone(asked)),
        Err(other) => Err(other),
    }
}
