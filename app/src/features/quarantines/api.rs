//! `/api/v1`: quarantine.

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
    model::{self, DecisionBody, Opened, Quarantine, QuarantineBody, RewritingBody, SecondBody},
    read,
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{groups::refusals, posts},
    web::{input, input::Strict, problem::Problem},
};

/// A member hides; the others are for the two (404 else).
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(hide))
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(decide))
        .routes(routes!(name_second))
        .routes(routes!(rewrite))
}

/// Hides a post that is about another patient, with its corrections and what the family was shown of it. 409 `quarantined`: it is already.
#[utoipa::path(post, path = "/api/v1/posts/{id}/quarantine", tag = "quarantine", params(("id" = Uuid, Path)), request_body = QuarantineBody,
    responses((status = 201, body = Opened), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn hide(
    State(app): State<Shared>,
    who: Actor,
    Path(post): Path<Uuid>,
    Strict(body): Strict<QuarantineBody>,
) -> Result<(StatusCode, Json<Opened>)> {
    let reason = model::reason(&body.reason).map_err(|e| Error::Invalid(vec![e]))?;
    let hidden = acts::quarantine(&app, &who, post, body.client_id, (reason, body.second)).await;
    let id = refusals::noted(&app, &who, "quarantined", None, Some(post), hidden).await?;
    Ok((StatusCode::CREATED, opened(&app, &who, id).await?))
}

#[derive(Serialize, ToSchema)]
struct AllMine {
    /// What waits first, then the newest.
    items: Vec<Quarantine>,
    /// Always null: decided ones go after a month.
    next: Option<String>,
}

/// What the caller found, or has to decide.
#[utoipa::path(get, path = "/api/v1/quarantines", tag = "quarantine", responses((status = 200, body = AllMine)))]
async fn list(State(app): State<Shared>, who: Actor) -> Result<Json<AllMine>> {
    let mut tx = app.db.acting(&who).await?;
    let items = read::mine(&mut tx).await?;
    audit::viewed(&mut tx, "viewed_quarantines", None, None, None).await?;
    tx.commit().await?;
    Ok(Json(AllMine { items, next: None }))
}

/// One of them: its texts, what was said, whom it reached before and what came of it. Files open at `/files/{id}` for the two.
#[utoipa::path(get, path = "/api/v1/quarantines/{id}", tag = "quarantine", params(("id" = Uuid, Path)),
    responses((status = 200, body = Opened), (status = 404, body = Problem)))]
async fn show(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Opened>> {
    let found = opened(&app, &who, id).await;
    refusals::noted(&app, &who, "viewed_quarantine", None, Some(id), found).await
}

async fn opened(app: &Shared, who: &Actor, id: Uuid) -> Result<Json<Opened>> {
    let mut tx = app.db.acting(who).await?;
    let opened = read::opened(app, &mut tx, id).await?;
    let q = &opened.quarantine;
    audit::viewed(&mut tx, "viewed_quarantine", Some(q.group_id), None, Some(q.post_id)).await?;
    tx.commit().await?;
    Ok(Json(opened))
}

/// The second person's word.
#[utoipa::path(post, path = "/api/v1/quarantines/{id}/decision", tag = "quarantine", params(("id" = Uuid, Path)), request_body = DecisionBody,
    responses((status = 200, body = Opened), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn decide(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<DecisionBody>,
) -> Result<Json<Opened>> {
    let note = model::note(body.decision, &body.note).map_err(|e| Error::Invalid(vec![e]))?;
    let done = acts::decide(&app, &who, id, body.client_id, (body.decision, note)).await;
    refusals::noted(&app, &who, "decided_quarantine", None, Some(id), done).await?;
    opened(&app, &who, id).await
}

/// Somebody else of the group decides: said by whoever decides, by the finder after a day or where that person is gone, by the host where one of the two is gone.
#[utoipa::path(put, path = "/api/v1/quarantines/{id}/second", tag = "quarantine", params(("id" = Uuid, Path)), request_body = SecondBody,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn name_second(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<SecondBody>,
) -> Result<StatusCode> {
    let done = acts::hand_on(&app, &who, id, body.account).await;
    refusals::noted(&app, &who, "named_second", None, Some(id), done).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The text again, as a post of the caller's in the patient's group where it belongs, with the receipt of how long it stood elsewhere. 409 `moved_already`.
#[utoipa::path(post, path = "/api/v1/quarantines/{id}/rewriting", tag = "quarantine", params(("id" = Uuid, Path)), request_body = RewritingBody,
    responses((status = 201, body = posts::model::Post), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn rewrite(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<RewritingBody>,
) -> Result<(StatusCode, Json<posts::model::Post>)> {
    let words =
        input::text("body", &body.body, posts::model::MAX_BODY).map_err(|e| Error::Invalid(vec![e]))?;
    let done = acts::rewrite(&app, &who, id, (body.group, words)).await;
    let there = refusals::noted(&app, &who, "moved", Some(body.group), Some(id), done).await?;
    Ok((StatusCode::CREATED, Json(posts::read::one(&app, &who, there, false).await?)))
}
