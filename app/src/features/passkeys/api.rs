//! `/api/v1/session/passkey…` and `/api/v1/me/passkeys`.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{Assertion, Attestation, Passkey, Purpose},
    routes::CEREMONY_COOKIE,
};
use crate::{
    Error, Result,
    app::Shared,
    auth::{Actor, cookie, token},
    features::sign_in::{
        acts::Origin,
        routes::{PRE_COOKIE, set_cookie, set_opened},
    },
    web::{input::Strict, problem::Problem},
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(challenge))
        .routes(routes!(sign_in))
        .routes(routes!(list, add))
        .routes(routes!(challenge_to_add))
        .routes(routes!(rename, remove))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChallengeBody {
    r#for: Purpose,
}

/// A challenge for the browser's dialogue, good for five minutes and once: `{"publicKey": …}` with the members of
/// `PublicKeyCredentialRequestOptionsJSON`, for `enrol` of `PublicKeyCredentialCreationOptionsJSON` (WebAuthn Level 3).
/// It belongs to the session, to the sign-in whose password was right, or for `sign_in` to this browser, by a cookie.
#[utoipa::path(post, path = "/api/v1/session/passkey/challenge", tag = "session", request_body = ChallengeBody,
    responses((status = 200, body = Value), (status = 401, body = Problem)))]
async fn challenge(
    State(app): State<Shared>,
    who: Option<Actor>,
    headers: HeaderMap,
    Strict(body): Strict<ChallengeBody>,
) -> Result<Response> {
    let browser = token::fresh();
    let asker = match body.r#for {
        Purpose::SignIn => token::hash(&browser),
        Purpose::SecondStep => token::hash(&cookie(&headers, PRE_COOKIE).ok_or(Error::NotSignedIn)?),
        Purpose::Confirm | Purpose::Unlock | Purpose::Enrol => who.ok_or(Error::NotSignedIn)?.key(),
    };
    let mut response = Json(acts::challenge(&app, body.r#for, asker).await?).into_response();
    if body.r#for == Purpose::SignIn {
        set_cookie(response.headers_mut(), CEREMONY_COOKIE, &browser, Some(300));
    }
    Ok(response)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignInBody {
    r#for: Purpose,
    passkey: Assertion,
}

#[derive(Serialize, ToSchema)]
struct SignedIn {
    #[schema(value_type = String, format = DateTime)]
    expires_at: jiff::Timestamp,
    account_id: Uuid,
}

/// Signs this browser in by a passkey, alone (`sign_in`) or after the password (`second_step`). The session's token is in the
/// cookie only. Whatever is wrong, the answer is one.
#[utoipa::path(post, path = "/api/v1/session/passkey", tag = "session", request_body = SignInBody,
    responses((status = 200, body = SignedIn), (status = 401, body = Problem), (status = 429, body = Problem)))]
async fn sign_in(
    State(app): State<Shared>,
    origin: Origin,
    headers: HeaderMap,
    Strict(body): Strict<SignInBody>,
) -> Result<Response> {
    let (opened, used) = match body.r#for {
        Purpose::SignIn => {
            let asker = cookie(&headers, CEREMONY_COOKIE).unwrap_or_default();
            (acts::sign_in(&app, &asker, &body.passkey, &origin).await?, CEREMONY_COOKIE)
        }
        Purpose::SecondStep => {
            let pre = cookie(&headers, PRE_COOKIE).unwrap_or_default();
            (acts::second_step(&app, &pre, &body.passkey, &origin).await?, PRE_COOKIE)
        }
        _ => return Err(Error::BadRequest("not_a_sign_in".into())),
    };
    let answer = SignedIn { expires_at: opened.expires_at, account_id: opened.account_id };
    let mut response = Json(answer).into_response();
    set_opened(response.headers_mut(), &opened);
    set_cookie(response.headers_mut(), used, "", Some(0));
    Ok(response)
}

#[derive(Serialize, ToSchema)]
struct Passkeys {
    items: Vec<Passkey>,
    /// Always null: there are twenty at most.
    next: Option<String>,
}

/// The caller's passkeys, the oldest first.
#[utoipa::path(get, path = "/api/v1/me/passkeys", tag = "session", responses((status = 200, body = Passkeys)))]
async fn list(State(app): State<Shared>, who: Actor) -> Result<Json<Passkeys>> {
    Ok(Json(Passkeys { items: acts::mine(&app, &who).await?, next: None }))
}

/// A challenge for one more passkey; `step_up_required` where the caller has not just shown who they are.
#[utoipa::path(post, path = "/api/v1/me/passkeys/challenge", tag = "session",
    responses((status = 200, body = Value), (status = 403, body = Problem)))]
async fn challenge_to_add(State(app): State<Shared>, who: Actor) -> Result<Json<Value>> {
    acts::challenge_to_add(&app, &who).await.map(Json)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBody {
    /// The passkey's id from here on.
    client_id: Uuid,
    /// 1 to 60 characters.
    name: String,
    passkey: Attestation,
}

/// Adds a passkey that the browser has made. Fails with 409 for a challenge that is over and for one that is there already.
#[utoipa::path(post, path = "/api/v1/me/passkeys", tag = "session", request_body = NewBody,
    responses((status = 201, body = Passkey), (status = 200, body = Passkey), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn add(
    State(app): State<Shared>,
    who: Actor,
    Strict(body): Strict<NewBody>,
) -> Result<(StatusCode, Json<Passkey>)> {
    let new = acts::add(&app, &who, body.client_id, &body.name, &body.passkey).await?;
    let mine = acts::mine(&app, &who).await?;
    let added = mine.into_iter().find(|k| k.id == body.client_id).ok_or(Error::NotFound)?;
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(added)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NameBody {
    name: String,
}

/// Another name for a passkey.
#[utoipa::path(put, path = "/api/v1/me/passkeys/{id}", tag = "session", params(("id" = Uuid, Path)), request_body = NameBody,
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn rename(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<NameBody>,
) -> Result<StatusCode> {
    acts::rename(&app, &who, id, &body.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a passkey away. 409 `last_second_factor` for the last second factor of the account.
#[utoipa::path(delete, path = "/api/v1/me/passkeys/{id}", tag = "session", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn remove(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<StatusCode> {
    acts::remove(&app, &who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
