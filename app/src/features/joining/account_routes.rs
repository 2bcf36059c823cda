//! Coming in with an account that there is: by its ID and password, or as whoever is signed in.

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    join,
    join_routes::{gone, is_gone, mine, problems},
    join_views::{AccountView, account_page},
    returning::{Returner, rejoin},
};
use crate::words::t;
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

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/join/{link}/account", get(ask_account).post(come_back))
        .route("/join/{link}/tie", post(tie))
}

async fn ask_account(State(app): State<Shared>, asked: Asked, Path(link): Path<String>) -> Result<Response> {
    let found = join::look(&app, &link).await?;
    if !found.is_open() {
        return Ok(gone(asked));
    }
    let Asked(ctx) = asked;
    let asks_code = found.asks_code(&app);
    let view = AccountView {
        link,
        found,
        login_id: String::new(),
        errors: Errors::none(),
        asks_code,
        code_sent: false,
    };
    Ok(account_page(&view, &ctx).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountForm {
    login_id: String,
    password: String,
    #[serde(default)]
    totp: String,
    #[serde(default)]
    code: String,
}

const SOMEBODY_ELSE: &str = "この招待は、別の方あてです。あなたあてのはずのときは、施設の管理者に、登録されている名前で新しく招待してもらってください。";

async fn come_back(
    State(app): State<Shared>,
    who: Option<Actor>,
    asked: Asked,
    origin: Origin,
    Path(link): Path<String>,
    Form(form): Form<AccountForm>,
) -> Result<Response> {
    let login_id = form.login_id.clone();
    let given =
        Returner { login_id: form.login_id, password: form.password, totp: form.totp, code: form.code };
    let error = match rejoin(&app, &link, given, &origin).await {
        Ok(opened) => {
            join::end_unfinished(&app, who.as_ref()).await;
            return Ok(signed_in(&opened, &format!("{}?done=joined", urls::my_contact())));
        }
        Err(error) if is_gone(&error) => return Ok(gone(asked)),
        Err(error) => error,
    };
    let (status, errors) = match error {
        Error::WrongCredentials => (
            StatusCode::UNAUTHORIZED,
            Errors::one("login_id", t("IDかパスワード、または認証アプリの数字が違います。")),
        ),
        Error::Conflict(reason) if reason == "somebody_else" => {
            (StatusCode::CONFLICT, Errors::one("login_id", t(SOMEBODY_ELSE)))
        }
        Error::Conflict(reason) if reason == "staff_already" => (
            StatusCode::CONFLICT,
            Errors::one("login_id", t("このアカウントは、もうこの施設のスタッフです。")),
        ),
        other => problems(other)?,
    };
    let found = join::look(&app, &link).await?;
    let Asked(ctx) = asked;
    let asks_code = found.asks_code(&app);
    let view = AccountView { link, found, login_id, errors, asks_code, code_sent: false };
    Ok((status, account_page(&view, &ctx)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TieForm {
    #[serde(default)]
    code: String,
}

async fn tie(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(link): Path<String>,
    Form(form): Form<TieForm>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    let error = match join::join_as_me(&app, &who, (&me.name, &me.kana), &link, &form.code).await {
        Ok(_) => return Ok(Redirect::to("/menu?done=joined").into_response()),
        Err(error) if is_gone(&error) => return Ok(gone(asked)),
        Err(error) => error,
    };
    let (status, errors) = match error {
        Error::Conflict(reason) if reason == "somebody_else" => {
            (StatusCode::CONFLICT, Errors::one("tie", t(SOMEBODY_ELSE)))
        }
        Error::Conflict(reason) if reason == "staff_already" => {
            (StatusCode::CONFLICT, Errors::one("tie", t("あなたは、もうこの施設のスタッフです。")))
        }
        other => problems(other)?,
    };
    let found = join::look(&app, &link).await?;
    let mut response = mine(&app, &link, found, &me, asked, errors, false);
    *response.status_mut() = status;
    Ok(response)
}
