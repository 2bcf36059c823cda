//! `/api/v1`: stamps, pins and bookmarks of a post.

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
    model::{BookmarkBody, Bookmarks, Pins, Stamps, from_code},
    read,
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::posts,
    web::{
        input::{Query, Strict},
        problem::Problem,
    },
};

/// Members of the post's group; 404 for everybody else.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(stamps))
        .routes(routes!(stamp, unstamp))
        .routes(routes!(pins))
        .routes(routes!(pin, unpin))
        .routes(routes!(bookmark, forget))
        .routes(routes!(bookmarks))
}

/// Who put which stamp on a post, and when. A stamp is never a 了解.
#[utoipa::path(get, path = "/api/v1/posts/{id}/stamps", tag = "posts", responses((status = 200, body = Stamps), (status = 404, body = Problem)))]
async fn stamps(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Stamps>> {
    let mut tx = app.db.acting(&who).await?;
    let of = posts::store::target(&mut tx, id).await?;
    posts::read::part_viewed(&app, &mut tx, &who, (id, &of), "viewed_post").await?;
    let items = read::stamps(&app, &mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(Stamps { items }))
}

/// Puts a stamp on a post: `thanks`, `well_done`, `will_check`, `take_care`, `great` or `consult`. One of each kind and person.
#[utoipa::path(put, path = "/api/v1/posts/{id}/stamps/{code}", tag = "posts",
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem, description = "the group is archived, or the post withdrawn or corrected")))]
async fn stamp(
    State(app): State<Shared>,
    who: Actor,
    Path((id, code)): Path<(Uuid, String)>,
) -> Result<StatusCode> {
    let stamp = from_code(&code).ok_or(Error::NotFound)?;
    acts::stamp(&app, &who, id, stamp, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a stamp back. That it was there stays in the record.
#[utoipa::path(delete, path = "/api/v1/posts/{id}/stamps/{code}", tag = "posts", responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn unstamp(
    State(app): State<Shared>,
    who: Actor,
    Path((id, code)): Path<(Uuid, String)>,
) -> Result<StatusCode> {
    let stamp = from_code(&code).ok_or(Error::NotFound)?;
    acts::stamp(&app, &who, id, stamp, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The pinned posts of a group, the newest first.
#[utoipa::path(get, path = "/api/v1/groups/{id}/pins", tag = "posts", responses((status = 200, body = Pins), (status = 404, body = Problem)))]
async fn pins(State(app): State<Shared>, who: Actor, Path(group): Path<Uuid>) -> Result<Json<Pins>> {
    let mut tx = app.db.acting(&who).await?;
    let pins = read::pins(&app, &mut tx, &who, group).await?;
    tx.commit().await?;
    Ok(Json(pins))
}

/// Pins a post above the timeline; five at most (409 `five_pins_already`).
#[utoipa::path(put, path = "/api/v1/posts/{id}/pin", tag = "posts", responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn pin(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<StatusCode> {
    acts::pin(&app, &who, id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Unpins it. Another's pin is the host's to take away, and the managing admin's.
#[utoipa::path(delete, path = "/api/v1/posts/{id}/pin", tag = "posts", responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn unpin(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<StatusCode> {
    acts::pin(&app, &who, id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keeps a post for the caller alone, perhaps with a note.
#[utoipa::path(put, path = "/api/v1/posts/{id}/bookmark", tag = "posts", request_body = BookmarkBody, responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn bookmark(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<BookmarkBody>,
) -> Result<StatusCode> {
    acts::bookmark(&app, &who, id, &body.note).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets it, with its note.
#[utoipa::path(delete, path = "/api/v1/posts/{id}/bookmark", tag = "posts", responses((status = 204), (status = 404, body = Problem)))]
async fn forget(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<StatusCode> {
    acts::forget(&app, &who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// The caller's own bookmarks in all groups of now, the newest first. Nobody else sees them.
#[utoipa::path(get, path = "/api/v1/bookmarks", tag = "posts",
    params(("limit" = Option<i64>, Query, description = "1 to 100, 50 by default"), ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = Bookmarks)))]
async fn bookmarks(
    State(app): State<Shared>,
    who: Actor,
    Query(query): Query<ListQuery>,
) -> Result<Json<Bookmarks>> {
    let before = match query.cursor.as_deref() {
        None => None,
        Some(cursor) => Some(read::parse_cursor(cursor).ok_or(Error::BadRequest("unknown_cursor".into()))?),
    };
    let mut tx = app.db.acting(&who).await?;
    audit::viewed(&mut tx, "viewed_bookmarks", None, None, None).await?;
    let page = read::bookmarks(&app, &mut tx, before, query.limit.unwrap_or(50).clamp(1, 100)).await?;
    tx.commit().await?;
    Ok(Json(page))
}
