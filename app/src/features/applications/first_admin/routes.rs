//! `/first-admin/{link}`: choose an ID and a password, then app authentication, then in.

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    acts::{self, Found, State as LinkState, Typed},
    views::{FirstAdminView, first_admin_page, gone_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::{
        masters,
        sign_in::{
            acts::{FirstStep, Origin, Proof, first_step},
            routes::signed_in,
        },
    },
    web::{
        forms::Errors,
        input::Form,
        ui::Ctx,
        urls,
        viewer::{Asked, Me},
    },
};

/// Whoever has the link of the letter.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/first-admin/{link}", get(show).post(redeem))
        .route("/first-admin/{link}/account", post(with_account))
}

/// Whose session this browser has, if it works now.
async fn signed_in_as(app: &Shared, who: Option<Actor>) -> Result<Option<String>> {
    let Some(who) = who else { return Ok(None) };
    let mut tx = app.db.acting(&who).await?;
    match Me::load(&mut tx).await {
        Ok(me) => tx.commit().await.map(|()| Some(me.name)),
        Err(Error::NotSignedIn | Error::Locked | Error::MustEnrol | Error::OutOfService(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

async fn show(
    State(app): State<Shared>,
    who: Option<Actor>,
    Asked(ctx): Asked,
    Path(link): Path<String>,
) -> Result<Response> {
    let found = acts::find(&app, &link).await?;
    let typed = found.typed.clone();
    page(&app, who, link, found, typed, (StatusCode::OK, Errors::none()), &ctx).await
}

async fn page(
    app: &Shared,
    who: Option<Actor>,
    link: String,
    found: Found,
    typed: Typed,
    (status, errors): (StatusCode, Errors),
    ctx: &Ctx,
) -> Result<Response> {
    if found.state != LinkState::Waits {
        return Ok((StatusCode::GONE, gone_page(found.state == LinkState::Expired, ctx)).into_response());
    }
    let (account, words) = (signed_in_as(app, who).await?, masters::acts::offered(app).await?);
    let view = FirstAdminView { link, facility: found.facility, typed, account, words, errors };
    Ok((status, first_admin_page(&view, ctx)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedeemForm {
    login_id: String,
    name: String,
    kana: String,
    profession: String,
    phone: String,
    password: String,
    again: String,
}

async fn redeem(
    State(app): State<Shared>,
    who: Option<Actor>,
    Asked(ctx): Asked,
    Path(link): Path<String>,
    origin: Origin,
    Form(form): Form<RedeemForm>,
) -> Result<Response> {
    let RedeemForm { login_id, name, kana, profession, phone, password, again } = form;
    let typed = Typed { login_id, name, kana, profession, phone };
    let found = acts::find(&app, &link).await?;
    let words = masters::acts::offered(&app).await?;
    let refused = match acts::checked(&typed, &password, &again, &words) {
        Err(problems) => (StatusCode::UNPROCESSABLE_ENTITY, problems.into_iter().collect()),
        Ok(person) if found.state == LinkState::Waits => {
            match acts::redeem(&app, &link, &person, password.clone()).await {
                Ok(()) => return enter(&app, person.login_id, password, &origin).await,
                Err(Error::Conflict(code)) if code == "account_login_id_key" => {
                    (StatusCode::CONFLICT, Errors::one("login_id", t(LOGIN_TAKEN)))
                }
                Err(Error::Conflict(code)) if code == "mail_of_another_account" => {
                    (StatusCode::CONFLICT, Errors::one("login_id", t(HAS_ACCOUNT)))
                }
                Err(other) => return Err(other),
            }
        }
        Ok(_) => (StatusCode::GONE, Errors::none()),
    };
    page(&app, who, link, found, typed, refused, &ctx).await
}

pub(super) const LOGIN_TAKEN: &str = "このIDは、もう使われています。別のIDにしてください。";
const HAS_ACCOUNT: &str = "このメールアドレスのかたは、もうアカウントをお持ちです。そのアカウントでサインインしてから、メールのリンクをもう一度開いてください。";

/// Straight on to setting up app authentication.
async fn enter(app: &Shared, login_id: String, password: String, origin: &Origin) -> Result<Response> {
    match first_step(app, Proof { login_id, password, code: None }, origin).await {
        Ok(FirstStep::In(opened)) => Ok(signed_in(&opened, urls::home())),
        // The account is there whatever became of the sign-in.
        Ok(FirstStep::CodeWanted { .. }) | Err(_) => Ok(Redirect::to(urls::sign_in()).into_response()),
    }
}

async fn with_account(State(app): State<Shared>, who: Actor, Path(link): Path<String>) -> Result<Redirect> {
    acts::redeem_signed_in(&app, &who, &link).await?;
    Ok(Redirect::to(urls::menu()))
}
