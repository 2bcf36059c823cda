//! `/api/v1/facilities/{id}/reviews`, `/api/v1/review-items/{item}/answer` and `/api/v1/facilities/{id}/unused`.

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
    acts,
    model::{Answered, Answering, Item, Opening, Proof, Review},
    read,
    unused::{self, Unused},
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff,
    web::{input::Strict, problem::Problem},
};

/// The facility's admin, for the facility for which they act; answers about memberships are the host's.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, open))
        .routes(routes!(show))
        .routes(routes!(answer))
        .routes(routes!(idle))
}

#[derive(Serialize, ToSchema)]
struct Reviews {
    items: Vec<Review>,
}

/// The reviews of the facility, the newest first; 100 at most.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/reviews", tag = "facilities",
    responses((status = 200, body = Reviews), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Reviews>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_reviews", Some(id)).await?;
    audit::viewed(&mut tx, "viewed_reviews", None, None, None).await?;
    let items = read::all(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(Reviews { items }))
}

#[derive(Serialize, ToSchema)]
struct Opened {
    id: Uuid,
}

/// Opens a review now. 409 while one is open.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/reviews", tag = "facilities", request_body = Opening,
    responses((status = 201, body = Opened), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn open(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<Opening>,
) -> Result<(StatusCode, Json<Opened>)> {
    let (tx, _) = staff::administrating(&app, &who, "opened_review", Some(id)).await?;
    drop(tx);
    let id = acts::open(&app, &who, body.client_id).await?;
    Ok((StatusCode::CREATED, Json(Opened { id })))
}

/// One review with its list, its answers and what proves them.
#[derive(Serialize, ToSchema)]
struct Whole {
    review: Review,
    items: Vec<Item>,
    proof: Proof,
}

/// One review, in the order of its list. The proof was recomputed for this answer.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/reviews/{review}", tag = "facilities",
    responses((status = 200, body = Whole), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn show(
    State(app): State<Shared>,
    who: Actor,
    Path((id, review)): Path<(Uuid, Uuid)>,
) -> Result<Json<Whole>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_review", Some(id)).await?;
    let sealed = read::sealed(&mut tx, review).await?;
    let items = read::items(&mut tx, review).await?;
    let proof = sealed.proof(&app, &items).await?;
    let review = read::all(&mut tx).await?.into_iter().find(|r| r.id == review).ok_or(Error::NotFound)?;
    audit::viewed(&mut tx, "viewed_review", None, None, Some(review.id)).await?;
    tx.commit().await?;
    Ok(Json(Whole { review, items, proof }))
}

/// Keeps or removes: an account by the facility's admin, a membership by the group's host. The same answer again is the same result;
/// another one is 409.
#[utoipa::path(put, path = "/api/v1/review-items/{item}/answer", tag = "facilities", request_body = Answering,
    responses((status = 200, body = Answered), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn answer(
    State(app): State<Shared>,
    who: Actor,
    Path(item): Path<Uuid>,
    Strict(body): Strict<Answering>,
) -> Result<Json<Answered>> {
    acts::place(&app, &who, item).await?;
    acts::answer(&app, &who, item, body).await.map(Json)
}

#[derive(Serialize, ToSchema)]
struct UnusedList {
    items: Vec<Unused>,
}

/// Accounts and devices of the own staff that nobody has used for ninety days.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/unused", tag = "facilities",
    responses((status = 200, body = UnusedList), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn idle(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<UnusedList>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_unused", Some(id)).await?;
    audit::viewed(&mut tx, "viewed_unused", None, None, None).await?;
    let items = unused::all(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(UnusedList { items }))
}
