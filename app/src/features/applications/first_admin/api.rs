//! `/api/v1/first-admin/{link}`. The account is made here; its first sign-in is on a page, where the second factor is set up.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    acts::{self, Found, State as LinkState, Typed},
    routes::LOGIN_TAKEN,
};
use crate::words::t;
use crate::{
    Error, Result,
    app::{App, Shared},
    auth::Actor,
    features::masters,
    web::{input::Strict, problem::Problem},
};

/// Whoever has the link of the letter.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(look, redeem)).routes(routes!(with_account))
}

#[derive(Serialize, ToSchema)]
struct FirstAdminLink {
    facility: String,
    /// As the application says; the person may say otherwise.
    name: String,
    kana: String,
    profession: String,
    phone: String,
}

/// A used link and one whose time is over tell nothing.
async fn waiting(app: &App, link: &str) -> Result<Found> {
    let found = acts::find(app, link).await?;
    if found.state == LinkState::Waits { Ok(found) } else { Err(Error::Conflict("used_or_expired".into())) }
}

/// What a first admin's link leads to; looking uses nothing up. 404 for an invented link, 409 `used_or_expired` for a dead one.
#[utoipa::path(get, path = "/api/v1/first-admin/{link}", tag = "facility applications",
    responses((status = 200, body = FirstAdminLink), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn look(State(app): State<Shared>, Path(link): Path<String>) -> Result<Json<FirstAdminLink>> {
    let Found { facility, typed, .. } = waiting(&app, &link).await?;
    let Typed { name, kana, profession, phone, .. } = typed;
    Ok(Json(FirstAdminLink { facility, name, kana, profession, phone }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FirstAdminBody {
    login_id: String,
    name: String,
    kana: String,
    /// A code of the list of professions, e.g. `doctor`.
    profession: String,
    phone: String,
    password: String,
}

#[derive(Serialize, ToSchema)]
struct FirstAdminMade {
    /// As it is written from now on.
    login_id: String,
    facility: String,
}

/// Makes the first admin's account and uses the link up. No session comes of it: the first sign-in is on the page, where the second factor
/// is set up. It takes no client id, as the link works once: 409 `used_or_expired` afterwards. 409 `mail_of_another_account` where the person
/// has an account already; with that, `POST …/account`.
#[utoipa::path(post, path = "/api/v1/first-admin/{link}", tag = "facility applications", request_body = FirstAdminBody,
    responses((status = 201, body = FirstAdminMade), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn redeem(
    State(app): State<Shared>,
    Path(link): Path<String>,
    Strict(body): Strict<FirstAdminBody>,
) -> Result<(StatusCode, Json<FirstAdminMade>)> {
    let found = waiting(&app, &link).await?;
    let FirstAdminBody { login_id, name, kana, profession, phone, password } = body;
    let typed = Typed { login_id, name, kana, profession, phone };
    let words = masters::acts::offered(&app).await?;
    let person = acts::checked(&typed, &password, &password, &words).map_err(Error::Invalid)?;
    acts::redeem(&app, &link, &person, password).await.map_err(|error| match error {
        Error::Conflict(code) if code == "account_login_id_key" => {
            Error::invalid("login_id", "taken", t(LOGIN_TAKEN))
        }
        other => other,
    })?;
    Ok((StatusCode::CREATED, Json(FirstAdminMade { login_id: person.login_id, facility: found.facility })))
}

/// Whoever is signed in becomes the admin there too. With a session alone.
#[utoipa::path(post, path = "/api/v1/first-admin/{link}/account", tag = "facility applications",
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn with_account(State(app): State<Shared>, who: Actor, Path(link): Path<String>) -> Result<StatusCode> {
    acts::redeem_signed_in(&app, &who, &link).await?;
    Ok(StatusCode::NO_CONTENT)
}
