//! `/api/v1/join/{link}`: what opens behind a link, as on its page. The link is the right to it; a session counts where somebody ties the own
//! account, and a personal access token nowhere.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    join::{self, Found, Newcomer},
    returning::{self, Returner},
    rules::masked,
};
use crate::{
    Error, Result,
    app::{App, Shared},
    auth::Actor,
    features::sign_in::acts::{Kind, Origin, Proof, sign_in, sign_out},
    opaque_debug,
    web::{input::Strict, problem::Problem, viewer::Me},
};

/// Whoever holds the link, signed in or not.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(look, come))
        .routes(routes!(send_code))
        .routes(routes!(come_back))
        .routes(routes!(tie))
        .routes(routes!(refuse))
}

#[derive(Serialize, ToSchema)]
struct JoinInviter {
    name: String,
    profession: String,
}

#[derive(Serialize, ToSchema)]
struct JoinInvitation {
    facility: String,
    invited_by: JoinInviter,
    /// Of the invited person.
    name: String,
    kana: String,
    profession: String,
    /// Whether she administrates the facility from the beginning.
    admin: bool,
    /// Where a code goes that has to be given too, so that only its reader knows it again: `m•••@example.jp`. Null: none is asked for.
    code_goes_to: Option<String>,
    /// An ID that nobody has.
    login_id: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// A dead link tells nothing, whatever killed it.
async fn open(app: &App, link: &str) -> Result<Found> {
    let found = join::look(app, link).await?;
    if found.is_open() { Ok(found) } else { Err(Error::Conflict("used_or_expired".into())) }
}

/// The invitation behind a link; looking uses nothing up. 404 for an invented link, 409 `used_or_expired` for a dead one.
#[utoipa::path(get, path = "/api/v1/join/{link}", tag = "joining",
    responses((status = 200, body = JoinInvitation), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn look(State(app): State<Shared>, Path(link): Path<String>) -> Result<Json<JoinInvitation>> {
    let found = open(&app, &link).await?;
    let login_id = join::suggested(&app, &link, &found).await?;
    let asked = found.mail.as_ref().filter(|_| found.asks_code(&app));
    let code_goes_to = asked.map(|mail| masked(mail.as_ref()));
    Ok(Json(JoinInvitation {
        code_goes_to,
        login_id,
        facility: found.facility,
        invited_by: JoinInviter { name: found.by_name, profession: found.by_profession },
        name: found.name,
        kana: found.kana,
        profession: found.profession,
        admin: found.admin,
        expires_at: found.expires_at,
    }))
}

/// Sends the code to the address of the invitation, good for 15 minutes. 429 within a minute of the last, 409 `too_many_codes`; 404 where
/// none is asked for.
#[utoipa::path(post, path = "/api/v1/join/{link}/code", tag = "joining",
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem), (status = 429, body = Problem)))]
async fn send_code(State(app): State<Shared>, Path(link): Path<String>) -> Result<StatusCode> {
    join::send_code(&app, &link).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JoinBody {
    login_id: String,
    password: String,
    /// How to be reached: a mail address, a telephone number, or both.
    #[serde(default)]
    mail: String,
    #[serde(default)]
    phone: String,
    /// Six digits, where the invitation says `code_goes_to`.
    #[serde(default)]
    code: String,
    /// "Yes, that is me": the name of the invitation is right.
    sure: bool,
}

#[derive(Serialize, ToSchema)]
struct JoinSession {
    token: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
struct Joined {
    facility_id: Uuid,
    facility: String,
    /// As it is written from now on.
    login_id: String,
    /// What `POST /session` would have given; null for somebody new, who sets up the second factor on the page of sign-in first, and where
    /// the facility has yet to approve the device.
    session: Option<JoinSession>,
}

opaque_debug!(JoinInvitation, JoinBody, Joined, AccountBody);

/// Makes the account of somebody new and uses the link up. No session comes of it: the second factor is set up on a page. It takes no client id, as
/// the link works once: 409 `used_or_expired` afterwards.
#[utoipa::path(post, path = "/api/v1/join/{link}", tag = "joining", request_body = JoinBody,
    responses((status = 201, body = Joined), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn come(
    State(app): State<Shared>,
    who: Option<Actor>,
    Path(link): Path<String>,
    Strict(body): Strict<JoinBody>,
) -> Result<(StatusCode, Json<Joined>)> {
    let found = open(&app, &link).await?;
    let JoinBody { login_id, password, mail, phone, code, sure } = body;
    let password_again = password.clone();
    let new = Newcomer { login_id, password, password_again, mail, phone, code, sure };
    let Proof { login_id, .. } = join::make_account(&app, &link, new).await?;
    join::end_unfinished(&app, who.as_ref()).await;
    let Found { facility_id, facility, .. } = found;
    Ok((StatusCode::CREATED, Json(Joined { facility_id, facility, login_id, session: None })))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountBody {
    login_id: String,
    password: String,
    /// Six digits of the authenticator.
    #[serde(default)]
    totp: String,
    /// Six digits of the letter, where the invitation says `code_goes_to`.
    #[serde(default)]
    code: String,
}

/// Whoever came back is staff whatever becomes of the sign-in.
async fn session(app: &App, proof: Proof, origin: &Origin) -> Option<JoinSession> {
    let opened = sign_in(app, proof, origin, Kind::Token, false).await.ok()?;
    if opened.pending || opened.enrolling {
        // As at `POST /session`: a program can neither wait as a browser does nor set up a second factor.
        if let Some(who) = opened.actor(origin) {
            drop(sign_out(app, &who).await);
        }
        return None;
    }
    Some(JoinSession { token: opened.token, expires_at: opened.expires_at })
}

/// Comes in with an account that there is: of another facility, or from before. One answer, 401 `wrong_credentials`, whichever part does not fit; each
/// try counts like a sign-in. 409 `somebody_else` where the invitation names another person.
#[utoipa::path(post, path = "/api/v1/join/{link}/account", tag = "joining", request_body = AccountBody,
    responses((status = 200, body = Joined), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn come_back(
    State(app): State<Shared>,
    who: Option<Actor>,
    origin: Origin,
    Path(link): Path<String>,
    Strict(body): Strict<AccountBody>,
) -> Result<Json<Joined>> {
    let AccountBody { login_id, password, totp, code } = body;
    let Found { facility_id, facility, .. } = open(&app, &link).await?;
    let proof = returning::tie(&app, &link, Returner { login_id, password, totp, code }, &origin).await?;
    let login_id = proof.login_id.clone();
    let session = session(&app, proof, &origin).await;
    join::end_unfinished(&app, who.as_ref()).await;
    Ok(Json(Joined { facility_id, facility, login_id, session }))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TieBody {
    /// Six digits of the letter, where the invitation says `code_goes_to`.
    #[serde(default)]
    code: String,
}

#[derive(Serialize, ToSchema)]
struct Tied {
    facility_id: Uuid,
}

/// Ties the account of whoever is signed in. With a session alone. 409 `somebody_else` where the invitation names another person, `staff_already`.
#[utoipa::path(post, path = "/api/v1/join/{link}/tie", tag = "joining", request_body = TieBody,
    responses((status = 200, body = Tied), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn tie(
    State(app): State<Shared>,
    who: Actor,
    Path(link): Path<String>,
    Strict(body): Strict<TieBody>,
) -> Result<Json<Tied>> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    let facility_id = join::join_as_me(&app, &who, (&me.name, &me.kana), &link, &body.code).await?;
    Ok(Json(Tied { facility_id }))
}

/// "That is not me." The link is dead, and the admin sees why.
#[utoipa::path(post, path = "/api/v1/join/{link}/refusal", tag = "joining",
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn refuse(State(app): State<Shared>, Path(link): Path<String>) -> Result<StatusCode> {
    join::refuse(&app, &link).await?;
    Ok(StatusCode::NO_CONTENT)
}
