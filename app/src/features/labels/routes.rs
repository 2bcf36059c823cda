//! The page on which labels of a post are set, and the posts of a group by label.

use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    model::known,
    read,
    views::{self, GroupView, PostView},
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{groups, marks, posts},
    web::{
        input::Form,
        urls,
        viewer::{Asked, Me},
    },
};

/// Members of the post's group; everybody else gets a 404.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/posts/{post}/labels", get(choose).post(label))
        .route("/groups/{group}/labels", get(of_group))
}

async fn choose(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let post = posts::read::some(&app, &mut tx, &[id], false).await?.pop().ok_or(Error::NotFound)?;
    let labels = read::of_post(&app, &mut tx, id).await?;
    let archived = groups::read::archived(&mut tx, post.group_id).await?;
    audit::viewed(&mut tx, "viewed_post", Some(post.group_id), None, Some(id)).await?;
    tx.commit().await?;
    let view = PostView {
        post: id,
        group: post.group_id,
        author: post.author.name.clone(),
        excerpt: marks::read::excerpt(post.body.as_deref().unwrap_or_default()),
        open: !archived && post.withdrawn.is_none() && post.corrected_by.is_none(),
        labels,
        now: Timestamp::now(),
    };
    Ok(views::post_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelForm {
    label: String,
    on: bool,
}

async fn label(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Form(form): Form<LabelForm>,
) -> Result<Redirect> {
    let code = known(&form.label).ok_or_else(|| Error::BadRequest("unreadable_form".into()))?;
    acts::label(&app, &who, id, code, form.on).await?;
    Ok(Redirect::to(&urls::post_labels(id)))
}

#[derive(Debug, Deserialize)]
struct LabelQuery {
    label: Option<String>,
    before: Option<String>,
}

async fn of_group(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Query(query): Query<LabelQuery>,
) -> Result<Response> {
    let label = match query.label.as_deref() {
        Some(code) => Some(known(code).ok_or(Error::NotFound)?),
        None => None,
    };
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let found = read::of_group(&app, &mut tx, group, label, query.before.as_deref()).await?;
    let room = groups::read::room(&mut tx, &app, group).await?;
    audit::viewed(&mut tx, "viewed_labels", Some(group), None, None).await?;
    tx.commit().await?;
    let view = GroupView { group, room, label, found, now: Timestamp::now() };
    Ok(views::group_page(&view, &me.ctx(asked)).into_response())
}
