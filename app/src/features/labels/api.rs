//! `/api/v1`: labels of a post, and posts of a group by label.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{Labelled, Labels, known},
    read,
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::posts,
    web::{input::Query, problem::Problem},
};

/// Members of the post's group; 404 for everybody else.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(labels)).routes(routes!(set, take)).routes(routes!(labelled))
}

/// Which labels a post has, and who set or took away which, and when.
#[utoipa::path(get, path = "/api/v1/posts/{id}/labels", tag = "posts", responses((status = 200, body = Labels), (status = 404, body = Problem)))]
async fn labels(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Labels>> {
    let mut tx = app.db.acting(&who).await?;
    let of = posts::store::target(&mut tx, id).await?;
    posts::read::part_viewed(&app, &mut tx, &who, (id, &of), "viewed_post").await?;
    let labels = read::of_post(&app, &mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(labels))
}

/// Sets a label: `medication`, `meals`, `skin`, `pain`, `excretion`, `mind`, `home` or `papers`. The post stays as it is.
#[utoipa::path(put, path = "/api/v1/posts/{id}/labels/{code}", tag = "posts",
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem, description = "the group is archived, or the post withdrawn or corrected")))]
async fn set(
    State(app): State<Shared>,
    who: Actor,
    Path((id, code)): Path<(Uuid, String)>,
) -> Result<StatusCode> {
    let code = known(&code).ok_or(Error::NotFound)?;
    acts::label(&app, &who, id, code, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a label away. That it was there stays on record.
#[utoipa::path(delete, path = "/api/v1/posts/{id}/labels/{code}", tag = "posts", responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn take(
    State(app): State<Shared>,
    who: Actor,
    Path((id, code)): Path<(Uuid, String)>,
) -> Result<StatusCode> {
    let code = known(&code).ok_or(Error::NotFound)?;
    acts::label(&app, &who, id, code, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelQuery {
    label: Option<String>,
    cursor: Option<String>,
}

/// The posts of a group that have a label, the newest first.
#[utoipa::path(get, path = "/api/v1/groups/{id}/labels", tag = "posts",
    params(("label" = Option<String>, Query, description = "this label alone"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = Labelled), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn labelled(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Query(query): Query<LabelQuery>,
) -> Result<Json<Labelled>> {
    let label = match query.label.as_deref() {
        Some(code) => Some(known(code).ok_or_else(|| Error::BadRequest("unknown_label".into()))?),
        None => None,
    };
    let mut tx = app.db.acting(&who).await?;
    let found = read::of_group(&app, &mut tx, group, label, query.cursor.as_deref()).await?;
    audit::viewed(&mut tx, "viewed_labels", Some(group), None, None).await?;
    tx.commit().await?;
    Ok(Json(found))
}
