//! The lock, and the ways back.

use axum::{
    Router,
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    acts::{self, Origin},
    confirm::{self, Ways},
    routes::{Next, refusal, refused, safe_next, session_token, set_session},
    views::{LockView, Refusal, lock_page},
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::passkeys,
    web::{input::Form, person::Person, ui::Profession, urls, viewer::Asked},
};

/// A session that is locked, or about to be.
pub fn routes() -> Router<Shared> {
    Router::new().route("/lock", get(locked).post(lock)).route("/unlock", post(unlock))
}

async fn locked(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    headers: HeaderMap,
    Query(q): Query<Next>,
) -> Result<Response> {
    let next = safe_next(q.next.as_deref());
    let Ok(token) = session_token(&headers) else { return Ok(Redirect::to(urls::sign_in()).into_response()) };
    let who = Actor::from_token(&token);
    match acts::state(&app, &who).await? {
        Some(state) if state.state == "locked" => {
            let ways = confirm::unlock_ways(&app, &who, &origin).await?;
            Ok(lock_page(&lock_view(state, next, ways, None), &ctx).into_response())
        }
        Some(_) => Ok(Redirect::to(&next).into_response()),
        None => Ok(Redirect::to(urls::sign_in()).into_response()),
    }
}

fn lock_view(state: acts::SessionState, next: String, ways: Ways, refusal: Option<Refusal>) -> LockView {
    let who = Person {
        account_id: state.account_id,
        name: state.name,
        profession: Profession::of(&state.profession),
        facility: state.facility,
    };
    LockView { who, next, refusal, has_draft: true, ways }
}

/// The page locks itself after the quiet minutes; the person may do it at once.
async fn lock(State(app): State<Shared>, who: Actor) -> Result<Redirect> {
    acts::lock(&app, &who).await?;
    Ok(Redirect::to(urls::lock()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnlockForm {
    #[serde(default)]
    password: String,
    /// The answer of a passkey, instead.
    #[serde(default)]
    passkey: String,
    #[serde(rename = "username")]
    _username: Option<String>,
    next: Option<String>,
}

async fn unlock(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    headers: HeaderMap,
    Form(form): Form<UnlockForm>,
) -> Result<Response> {
    let who = Actor::from_token(&session_token(&headers)?);
    let next = safe_next(form.next.as_deref());
    let unlocked = if form.passkey.is_empty() {
        confirm::unlock(&app, &who, form.password, &origin).await
    } else {
        passkeys::acts::unlock(&app, &who, &passkeys::model::from_field(&form.passkey)?, &origin).await
    };
    match unlocked {
        Ok(renewed) => {
            let mut response = Redirect::to(&next).into_response();
            set_session(response.headers_mut(), renewed.as_deref());
            Ok(response)
        }
        Err(error) => {
            let refusal = match error {
                Error::Forbidden(reason) if reason == "unknown_device" => Refusal::UnknownDevice,
                other => refusal(other)?,
            };
            let state = acts::state(&app, &who).await?.ok_or(Error::NotSignedIn)?;
            let ways = confirm::unlock_ways(&app, &who, &origin).await?;
            Ok(refused(refusal, lock_page(&lock_view(state, next, ways, Some(refusal)), &ctx)))
        }
    }
}
