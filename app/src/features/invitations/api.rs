//! `/api/v1`: invitations and what becomes of them.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{AnswerBody, DecisionBody, InvitationBody, InvitationList, Invited, Named, State as Stands},
    read,
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::groups::refusals,
    web::{input::Strict, problem::Problem},
};

/// Every route takes a signed-in person; the database decides who may invite, answer and approve.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(invite))
        .routes(routes!(mine))
        .routes(routes!(answer))
        .routes(routes!(cancel))
        .routes(routes!(decide))
}

/// Invites a person to a group. The invitation holds 72 hours and works once, for that person only.
#[utoipa::path(post, path = "/api/v1/groups/{id}/invitations", tag = "invitations", request_body = InvitationBody,
    responses((status = 201, body = Invited), (status = 200, body = Invited, description = "sent before"), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn invite(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Strict(body): Strict<InvitationBody>,
) -> Result<(StatusCode, Json<Invited>)> {
    let body = body.check(jiff::Timestamp::now()).map_err(|e| Error::Invalid(vec![e]))?;
    let done = acts::invite(&app, &who, group, body).await;
    let (invited, created) =
        refusals::noted(&app, &who, "member_invited", Some(group), Some(body.account_id), done).await?;
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(invited)))
}

/// What waits for the caller's answer.
#[utoipa::path(get, path = "/api/v1/invitations", tag = "invitations", responses((status = 200, body = InvitationList)))]
async fn mine(State(app): State<Shared>, who: Actor) -> Result<Json<InvitationList>> {
    let mut tx = app.db.acting(&who).await?;
    let items = read::mine(&mut tx).await?;
    crate::audit::viewed(&mut tx, "viewed_invitation", None, None, None).await?;
    tx.commit().await?;
    Ok(Json(InvitationList { items, next: None }))
}

/// The invited person accepts or declines; `{id}` is the invitation's id or the token of its link.
#[utoipa::path(post, path = "/api/v1/invitations/{id}/acceptance", tag = "invitations", params(("id" = String, Path)), request_body = AnswerBody,
    responses((status = 200, body = Stands), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn answer(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<String>,
    Strict(body): Strict<AnswerBody>,
) -> Result<Json<Stands>> {
    let named = Named::parse(&id);
    let done = acts::answer(&app, &who, named, body.client_id, body.decision).await;
    let (state, _) = refusals::noted(&app, &who, "member_answered", None, named.id, done).await?;
    Ok(Json(Stands { state }))
}

/// The host, or the managing facility's admin, takes back an invitation that nobody has answered. Repeating it changes nothing.
#[utoipa::path(delete, path = "/api/v1/invitations/{id}", tag = "invitations",
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn cancel(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<StatusCode> {
    let done = acts::cancel(&app, &who, id).await;
    refusals::noted(&app, &who, "member_refused", None, Some(id), done).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The host lets in who has accepted, or does not.
#[utoipa::path(post, path = "/api/v1/groups/{id}/members/{account}/approval", tag = "invitations", request_body = DecisionBody,
    responses((status = 200, body = Stands), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn decide(
    State(app): State<Shared>,
    who: Actor,
    Path((group, account)): Path<(Uuid, Uuid)>,
    Strict(body): Strict<DecisionBody>,
) -> Result<Json<Stands>> {
    let done = acts::decide(&app, &who, group, account, body.client_id, body.decision).await;
    let state = refusals::noted(&app, &who, "member_approved", Some(group), Some(account), done).await?;
    Ok(Json(Stands { state: state.to_owned() }))
}
