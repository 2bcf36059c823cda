//! `/api/v1`: timelines and posts.

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
    model::{CorrectionBody, NewPost, Post, PostBody, PostPage, ReadBody, Readers, Timeline, WithdrawalBody},
    read, rules,
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::groups::refusals,
    web::{
        input,
        input::{Query, Strict},
        problem::Problem,
    },
};

/// Every route takes a signed-in person; the database finds the group through that person's membership (404 else).
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show))
        .routes(routes!(correct))
        .routes(routes!(withdraw))
        .routes(routes!(acknowledge))
        .routes(routes!(readers))
        .routes(routes!(mark_read))
}

/// Writes a post. The same `client_id` with the same content answers 200 with the first result; with another content 409.
#[utoipa::path(post, path = "/api/v1/groups/{id}/posts", tag = "posts", request_body = PostBody,
    responses((status = 201, body = Post), (status = 200, body = Post, description = "sent before"), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn create(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Strict(body): Strict<PostBody>,
) -> Result<(StatusCode, Json<Post>)> {
    let new = NewPost::try_from(body).map_err(Error::Invalid)?;
    if new.must_acknowledge_by.is_some_and(|by| !rules::is_sensible_deadline(by, jiff::Timestamp::now())) {
        return Err(Error::invalid(
            "must_acknowledge_by",
            "not_ahead",
            t("期限は、いまより先で3か月以内にしてください。"),
        ));
    }
    answer(acts::post(&app, &who, group, new).await?)
}

fn answer(posted: acts::Posted) -> Result<(StatusCode, Json<Post>)> {
    Ok((if posted.created { StatusCode::CREATED } else { StatusCode::OK }, Json(posted.post)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[serde(default)]
    timeline: Timeline,
    limit: Option<i64>,
    cursor: Option<String>,
    after_seq: Option<i64>,
}

/// A page of a timeline, newest first; with `after_seq` oldest first.
#[utoipa::path(get, path = "/api/v1/groups/{id}/posts", tag = "posts",
    params(("timeline" = Option<String>, Query), ("limit" = Option<i64>, Query, description = "1 to 100, 50 by default"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"), ("after_seq" = Option<i64>, Query)),
    responses((status = 200, body = PostPage), (status = 404, body = Problem)))]
async fn list(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Query(query): Query<ListQuery>,
) -> Result<Json<PostPage>> {
    let limit = query.limit.unwrap_or(50).clamp(1, 100);
    let from = match (query.cursor.as_deref(), query.after_seq) {
        (Some(cursor), None) => {
            read::parse_cursor(cursor).ok_or_else(|| Error::BadRequest("unknown_cursor".into()))?
        }
        (None, Some(seq)) => read::From::After(seq),
        (None, None) => read::From::Before(i64::MAX),
        (Some(_), Some(_)) => return Err(Error::BadRequest("cursor_or_after_seq".into())),
    };
    let page = read::page(&app, &who, group, query.timeline, from, limit).await;
    refusals::noted(&app, &who, "viewed_timeline", Some(group), None, page).await.map(Json)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShowQuery {
    withdrawn: Option<String>,
}

/// One post. `?withdrawn=show` unfolds a withdrawn text, which is a view of its own in the access log.
#[utoipa::path(get, path = "/api/v1/posts/{id}", tag = "posts", params(("withdrawn" = Option<String>, Query)),
    responses((status = 200, body = Post), (status = 404, body = Problem)))]
async fn show(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Query(query): Query<ShowQuery>,
) -> Result<Json<Post>> {
    let post = read::one(&app, &who, id, query.withdrawn.as_deref() == Some("show")).await;
    refusals::noted(&app, &who, "viewed_post", None, Some(id), post).await.map(Json)
}

/// A new post that corrects an own one. The first text stays, folded.
#[utoipa::path(post, path = "/api/v1/posts/{id}/corrections", tag = "posts", request_body = CorrectionBody,
    responses((status = 201, body = Post), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn correct(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<CorrectionBody>,
) -> Result<(StatusCode, Json<Post>)> {
    answer(acts::correct(&app, &who, id, &body).await?)
}

/// Hides an own post behind a reason.
#[utoipa::path(post, path = "/api/v1/posts/{id}/withdrawal", tag = "posts", request_body = WithdrawalBody,
    responses((status = 201, body = Post), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn withdraw(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<WithdrawalBody>,
) -> Result<(StatusCode, Json<Post>)> {
    let reason =
        input::text("reason", &body.reason, super::model::MAX_REASON).map_err(|e| Error::Invalid(vec![e]))?;
    acts::withdraw(&app, &who, id, body.client_id, reason).await?;
    Ok((StatusCode::CREATED, Json(read::one(&app, &who, id, false).await?)))
}

/// 了解.
#[utoipa::path(put, path = "/api/v1/posts/{id}/acknowledgement", tag = "posts", responses((status = 204), (status = 404, body = Problem)))]
async fn acknowledge(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<StatusCode> {
    acts::acknowledge(&app, &who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who displayed and who acknowledged, with times.
#[utoipa::path(get, path = "/api/v1/posts/{id}/readers", tag = "posts", responses((status = 200, body = Readers), (status = 404, body = Problem)))]
async fn readers(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Readers>> {
    Ok(Json(Readers { items: read::readers(&app, &who, id).await? }))
}

/// The caller's screen has shown the timeline up to here.
#[utoipa::path(post, path = "/api/v1/groups/{id}/read", tag = "posts", request_body = ReadBody, responses((status = 204), (status = 404, body = Problem)))]
async fn mark_read(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Strict(body): Strict<ReadBody>,
) -> Result<StatusCode> {
    acts::mark_read(&app, &who, group, body.timeline, body.up_to_seq).await?;
    Ok(StatusCode::NO_CONTENT)
}
