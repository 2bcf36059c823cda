//! `/api/v1`: tasks.

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
    model::{Change, ChangeBody, NewTask, Task, TaskBody, TaskPage, TaskWithHistory},
    read::{self, Wanted},
    routes::{first_line, opened_one},
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::groups::refusals,
    web::{
        input::{Query, Strict, unreadable_query},
        problem::Problem,
    },
};

/// Every route takes a signed-in person; the database finds the group through that person's membership (404 else).
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(make))
        .routes(routes!(make_from_post))
        .routes(routes!(show, change))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    group: Option<Uuid>,
    owner: Option<String>,
    state: Option<String>,
}

/// The caller's open tasks by what is due; with `owner=anyone` everybody's in the caller's groups, with `state=closed` those
/// that are done or dropped, the latest first.
#[utoipa::path(get, path = "/api/v1/tasks", tag = "tasks",
    params(("group" = Option<Uuid>, Query), ("owner" = Option<String>, Query, description = "`me` (default) or `anyone`"),
        ("state" = Option<String>, Query, description = "`open` (default) or `closed`")),
    responses((status = 200, body = TaskPage)))]
async fn list(
    State(app): State<Shared>,
    who: Actor,
    Query(query): Query<ListQuery>,
) -> Result<Json<TaskPage>> {
    let mut tx = app.db.acting(&who).await?;
    let owner = match query.owner.as_deref() {
        None | Some("me") => Some(read::me(&mut tx).await?),
        Some("anyone") => None,
        Some(_) => return Err(unreadable_query()),
    };
    let open = match query.state.as_deref() {
        None | Some("open") => true,
        Some("closed") => false,
        Some(_) => return Err(unreadable_query()),
    };
    let wanted = Wanted { owner, group: query.group, task: None, open: Some(open) };
    let items = read::list(&app, &mut tx, wanted).await?;
    audit::viewed(&mut tx, "viewed_tasks", query.group, None, None).await?;
    tx.commit().await?;
    Ok(Json(TaskPage { items, next: None }))
}

/// A task of the group. The same `client_id` with the same content answers 200 with the first one; with another content 409.
#[utoipa::path(post, path = "/api/v1/groups/{id}/tasks", tag = "tasks", request_body = TaskBody,
    responses((status = 201, body = Task), (status = 200, body = Task, description = "sent before"), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn make(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Strict(body): Strict<TaskBody>,
) -> Result<(StatusCode, Json<Task>)> {
    let new = NewTask::parse(&body, None, "").map_err(Error::Invalid)?;
    made(&app, &who, group, new).await
}

/// A task from a post of the team timeline; without `what` it is called like the post's first line.
#[utoipa::path(post, path = "/api/v1/posts/{id}/tasks", tag = "tasks", request_body = TaskBody,
    responses((status = 201, body = Task), (status = 200, body = Task, description = "sent before"), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn make_from_post(
    State(app): State<Shared>,
    who: Actor,
    Path(post): Path<Uuid>,
    Strict(body): Strict<TaskBody>,
) -> Result<(StatusCode, Json<Task>)> {
    let (group, line) = first_line(&app, &who, post).await?;
    let new = NewTask::parse(&body, Some(post), &line).map_err(Error::Invalid)?;
    made(&app, &who, group, new).await
}

async fn made(app: &Shared, who: &Actor, group: Uuid, new: NewTask) -> Result<(StatusCode, Json<Task>)> {
    let made = acts::make(app, who, group, &new).await;
    let (id, created) = refusals::noted(app, who, "made_task", Some(group), None, made).await?;
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(one(app, who, id).await?)))
}

/// One task with everything that happened to it.
#[utoipa::path(get, path = "/api/v1/tasks/{id}", tag = "tasks", params(("id" = Uuid, Path)),
    responses((status = 200, body = TaskWithHistory), (status = 404, body = Problem)))]
async fn show(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<TaskWithHistory>> {
    let (mut tx, task) = opened_one(&app, &who, id).await?;
    let history = read::history(&app, &mut tx, id).await?.into_iter().map(Into::into).collect();
    tx.commit().await?;
    Ok(Json(TaskWithHistory { task, history }))
}

/// One change: done, dropped, open again, to somebody else, or other words.
#[utoipa::path(put, path = "/api/v1/tasks/{id}", tag = "tasks", request_body = ChangeBody,
    responses((status = 200, body = Task), (status = 404, body = Problem), (status = 409, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)))]
async fn change(
    State(app): State<Shared>,
    who: Actor,
    Path(task): Path<Uuid>,
    Strict(body): Strict<ChangeBody>,
) -> Result<Json<Task>> {
    let change = Change::try_from(&body).map_err(Error::Invalid)?;
    let done = acts::change(&app, &who, task, body.client_id, &change).await;
    refusals::noted(&app, &who, "changed_task", None, Some(task), done).await?;
    Ok(Json(one(&app, &who, task).await?))
}

async fn one(app: &Shared, who: &Actor, task: Uuid) -> Result<Task> {
    let mut tx = app.db.acting(who).await?;
    let task = read::one(app, &mut tx, task).await?;
    tx.commit().await?;
    Ok(task)
}
