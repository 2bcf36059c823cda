//! The language of my screens: kept in this browser, and, for whoever is signed in, with the account, so that the next browser has it.

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use serde::Deserialize;

use crate::{
    Error, Result,
    app::{App, Shared},
    auth::{Actor, Relative},
    features::sign_in::routes::{safe_next, set_cookie},
    web::{input::Form, urls},
    words::{COOKIE, COOKIE_AGE, Language, t},
};

const CHOOSE: &str = "SELECT act.choose_language($1)";
const CHOOSE_AS_RELATIVE: &str = "SELECT fam.choose_language($1, $2)";

/// Anybody, for this browser; whoever is signed in also for the own account.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::language(), post(choose))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageForm {
    language: String,
    back: Option<String>,
}

async fn choose(
    State(app): State<Shared>,
    who: Option<Actor>,
    kin: Option<Relative>,
    Form(form): Form<LanguageForm>,
) -> Result<Response> {
    let language = Language::from_code(&form.language)
        .ok_or_else(|| Error::invalid("language", "unknown", t("言語を選んでください。")))?;
    if let Some(who) = who {
        kept(of_staff(&app, &who, language).await)?;
    }
    if let Some(kin) = kin {
        kept(app.db.family(CHOOSE_AS_RELATIVE, &[&kin.token_hash(), &language.code()]).await.map(drop))?;
    }
    let mut response = Redirect::to(&safe_next(form.back.as_deref())).into_response();
    set_cookie(response.headers_mut(), COOKIE, language.code(), Some(COOKIE_AGE));
    Ok(response)
}

async fn of_staff(app: &App, who: &Actor, language: Language) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    tx.query(CHOOSE, &[&language.code()]).await?;
    tx.commit().await
}

/// A session that is over, locked or not whole yet changes nothing but this browser.
fn kept(done: Result<()>) -> Result<()> {
    match done {
        Err(Error::NotSignedIn | Error::Locked | Error::MustEnrol | Error::DeviceWaits) => Ok(()),
        other => other,
    }
}
