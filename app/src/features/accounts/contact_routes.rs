//! How I am reached: the page in the menu, and the page behind the link of a letter.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;

use super::{
    contact::{self, ConfirmLink, NewContact},
    contact_views::{ContactView, confirm_page, confirmed_page, contact_page, gone_page, taken_page},
};
use crate::words::{fill, t};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::sign_in::acts::Origin,
    web::{
        error::status,
        forms::Errors,
        input::{Done, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person, for themselves; and whoever holds the link of a letter.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::my_contact(), get(ask).post(change))
        .route("/contact/confirm/{link}", get(link).post(confirm))
}

async fn ask(State(app): State<Shared>, who: Actor, asked: Asked, Query(q): Query<Done>) -> Result<Response> {
    let done = match q.done.as_deref() {
        Some("joined") => Some(t("施設に加わりました。連絡先を確かめてください。")),
        Some("contact") => Some(t("連絡先を保存しました。")),
        Some("link") => Some(t(
            "電話番号を保存し、新しいアドレスに確認のメールを送りました。メールのリンクを開くと、アドレスが変わります。",
        )),
        _ => None,
    };
    form(&app, &who, asked, None, Errors::none(), done, StatusCode::OK).await
}

/// `typed`: mail and telephone of a refused form.
async fn form(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    typed: Option<(String, String)>,
    errors: Errors,
    done: Option<&'static str>,
    status: StatusCode,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let now = contact::mine(&mut tx).await?;
    tx.commit().await?;
    let (mail, phone) = typed.unwrap_or_else(|| (now.mail.clone().unwrap_or_default(), now.phone.clone()));
    let view = ContactView { now, mail, phone, errors, done, mails: app.config.mail.is_configured() };
    Ok((status, contact_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactForm {
    mail: String,
    phone: String,
    password: String,
}

async fn change(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    origin: Origin,
    Form(form_): Form<ContactForm>,
) -> Result<Response> {
    let mut wrong = Vec::new();
    let mail = contact::mail(&form_.mail).map_err(|e| wrong.push(e)).unwrap_or_default();
    let phone = contact::phone(&form_.phone).map_err(|e| wrong.push(e)).unwrap_or_default();
    let with_mail = mail.is_some();
    let result = if wrong.is_empty() {
        contact::change(&app, &who, &origin, NewContact { mail, phone, password: form_.password }).await
    } else {
        Err(Error::Invalid(wrong))
    };
    let error = match result {
        Ok(()) => {
            let mut tx = app.db.acting(&who).await?;
            let waits = contact::mine(&mut tx).await?.waiting.is_some();
            tx.commit().await?;
            let done = if with_mail && waits { "link" } else { "contact" };
            return Ok(Redirect::to(&format!("{}?done={done}", urls::my_contact())).into_response());
        }
        Err(error) => error,
    };
    let (status, errors) = match error {
        Error::WrongCredentials => {
            (StatusCode::UNPROCESSABLE_ENTITY, Errors::one("password", t("いまのパスワードと違います。")))
        }
        Error::TooMany { retry_after } => {
            let why =
                fill(t("{0}分ほど待ってから、もう一度お試しください。"), &[("0", &retry_after.div_ceil(60))]);
            (status(&error), Errors::one("password", &why))
        }
        Error::Invalid(fields) => (StatusCode::UNPROCESSABLE_ENTITY, fields.into_iter().collect()),
        other => return Err(other),
    };
    form(&app, &who, asked, Some((form_.mail, form_.phone)), errors, None, status).await
}

async fn link(State(app): State<Shared>, Asked(ctx): Asked, Path(link): Path<String>) -> Result<Response> {
    Ok(match contact::link(&app, &link).await? {
        ConfirmLink::Waits => confirm_page(&link, &ctx).into_response(),
        ConfirmLink::Used => (StatusCode::GONE, gone_page(true, &ctx)).into_response(),
        ConfirmLink::Expired => (StatusCode::GONE, gone_page(false, &ctx)).into_response(),
    })
}

async fn confirm(State(app): State<Shared>, Asked(ctx): Asked, Path(link): Path<String>) -> Result<Response> {
    // An invented link is 404 here too.
    let found = contact::link(&app, &link).await?;
    match contact::confirm(&app, &link).await {
        Ok(()) => Ok(confirmed_page(&ctx).into_response()),
        Err(Error::Conflict(reason)) if reason == "used_or_expired" => {
            Ok((StatusCode::GONE, gone_page(found != ConfirmLink::Expired, &ctx)).into_response())
        }
        Err(Error::Conflict(reason)) if reason == "contact_mail" => {
            Ok((StatusCode::CONFLICT, taken_page(&ctx)).into_response())
        }
        Err(other) => Err(other),
    }
}
