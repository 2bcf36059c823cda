//! What opens behind a relative's link. Looking uses nothing up, and whatever fetches links by itself (a preview in a chat, a filter of
//! letters) learns no name: those come when somebody asks for them.

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    door_routes::signed_in,
    join::{self, Newcomer},
    join_views::{JoinView, door_page, gone_page, join_page, mine_page},
    model::Place,
    read,
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Relative,
    web::{forms::Errors, input::Form, ui::Ctx, urls, viewer::Asked},
};

/// Whoever holds the link, signed in or not.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/family/join/{link}", get(show).post(come))
        .route("/family/join/{link}/open", post(open))
        .route("/family/join/{link}/also", post(also))
}

fn is_gone(error: &Error) -> bool {
    matches!(error, Error::Conflict(reason) if reason == "used_or_expired" || reason == "archived")
}

fn gone(ctx: &Ctx) -> Response {
    (StatusCode::GONE, gone_page(ctx)).into_response()
}

/// Who is signed in at this door now.
async fn signed(app: &Shared, who: Option<&Relative>) -> Result<Option<Place>> {
    let Some(who) = who else { return Ok(None) };
    match read::places(app, who).await {
        Ok(places) => Ok(places.into_iter().next()),
        Err(Error::NotSignedIn | Error::OutOfService(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

async fn show(State(app): State<Shared>, Asked(ctx): Asked, Path(link): Path<String>) -> Result<Response> {
    match join::facility(&app, &link).await {
        Ok(facility) => Ok(door_page(&link, &facility, &ctx).into_response()),
        Err(error) if is_gone(&error) => Ok(gone(&ctx)),
        Err(other) => Err(other),
    }
}

#[derive(Deserialize)]
struct Nothing {}

async fn open(
    State(app): State<Shared>,
    who: Option<Relative>,
    Asked(ctx): Asked,
    Path(link): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response> {
    let found = match join::open(&app, &link).await {
        Ok(found) => found,
        Err(error) if is_gone(&error) => return Ok(gone(&ctx)),
        Err(other) => return Err(other),
    };
    if let Some(me) = signed(&app, who.as_ref()).await? {
        return Ok(mine_page(&link, &found, &me, &ctx).into_response());
    }
    let view = JoinView { link, found, typed: Newcomer::default(), errors: Errors::none() };
    Ok(join_page(&view, &ctx).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JoinForm {
    login_id: String,
    password: String,
    password_again: String,
    sure: Option<String>,
    promised: Option<String>,
}

async fn come(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    Path(link): Path<String>,
    Form(form): Form<JoinForm>,
) -> Result<Response> {
    let (sure, promised) = (form.sure.is_some(), form.promised.is_some());
    let login_id = form.login_id.clone();
    let new = Newcomer {
        login_id: form.login_id,
        password: form.password,
        password_again: form.password_again,
        sure,
        promised,
    };
    match join::join(&app, &link, new).await {
        Ok(token) => Ok(signed_in(&token, urls::family_enrol())),
        Err(error) if is_gone(&error) => Ok(gone(&ctx)),
        Err(Error::Invalid(problems)) => {
            let found = match join::open(&app, &link).await {
                Ok(found) => found,
                // The try that was one too many.
                Err(error) if is_gone(&error) => return Ok(gone(&ctx)),
                Err(other) => return Err(other),
            };
            let typed = Newcomer { login_id, sure, promised, ..Newcomer::default() };
            let view = JoinView { link, found, typed, errors: problems.into_iter().collect() };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, join_page(&view, &ctx)).into_response())
        }
        Err(other) => Err(other),
    }
}

async fn also(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Path(link): Path<String>,
) -> Result<Response> {
    match join::join_also(&app, &link, &who).await {
        Ok(group) => Ok(Redirect::to(&urls::family_timeline(group)).into_response()),
        Err(error) if is_gone(&error) => Ok(gone(&ctx)),
        Err(other) => Err(other),
    }
}
