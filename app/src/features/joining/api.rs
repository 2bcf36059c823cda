//! `/api/v1/facilities/{id}/staff-invitations`; a list of people is in `import_api.rs`, what is behind a link in `join_api.rs`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts, import_api, join_api,
    model::{InvitationBody, Invited, Waiting},
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff::administrating,
    web::{input::Strict, problem::Problem},
};

/// The facility's admin, for the facility for which they act; and whoever holds a link.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(invite, list))
        .routes(routes!(cancel))
        .routes(routes!(renew))
        .merge(import_api::routes())
        .merge(join_api::routes())
}

#[derive(Serialize, ToSchema)]
struct Invitations {
    items: Vec<Waiting>,
}

/// Invites one person. The link is in this answer alone; with an address it goes there too. It works once, for seven days.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/staff-invitations", tag = "facilities", request_body = InvitationBody,
    responses((status = 201, body = Invited), (status = 200, body = Invited), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn invite(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<InvitationBody>,
) -> Result<(StatusCode, Json<Invited>)> {
    let (tx, _) = administrating(&app, &who, "invited_staff", Some(id)).await?;
    let new = body.checked().map_err(Error::Invalid)?;
    let made = acts::invite(&app, tx, &[new]).await?.pop();
    let (invited, created) = made.ok_or_else(|| Error::internal("one invitation"))?;
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(invited)))
}

/// Those that wait, have run out or were refused; the newest first.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/staff-invitations", tag = "facilities",
    responses((status = 200, body = Invitations), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Invitations>> {
    let (mut tx, _) = administrating(&app, &who, "viewed_staff_invitations", Some(id)).await?;
    let items = acts::all(&mut tx).await?;
    audit::viewed(&mut tx, "viewed_staff_invitations", None, None, None).await?;
    tx.commit().await?;
    Ok(Json(Invitations { items }))
}

/// Takes an invitation back; its link is dead at once.
#[utoipa::path(delete, path = "/api/v1/facilities/{id}/staff-invitations/{invitation}", tag = "facilities",
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn cancel(
    State(app): State<Shared>,
    who: Actor,
    Path((id, invitation)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    let (tx, _) = administrating(&app, &who, "cancelled_staff_invitation", Some(id)).await?;
    acts::cancel(tx, invitation).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Another link with seven new days; the one before is dead.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/staff-invitations/{invitation}/link", tag = "facilities",
    responses((status = 200, body = Invited), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn renew(
    State(app): State<Shared>,
    who: Actor,
    Path((id, invitation)): Path<(Uuid, Uuid)>,
) -> Result<Json<Invited>> {
    let (tx, _) = administrating(&app, &who, "renewed_staff_invitation", Some(id)).await?;
    acts::renew(&app, tx, invitation).await.map(|(_, invited)| Json(invited))
}
