//! The forms under a post, the strip of pinned posts, and the page of one's own bookmarks.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    list_views::{BookmarksView, NoteView, bookmarks_page, note_page},
    model::from_code,
    read, views,
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::posts::{self, present},
    web::{
        forms::Errors,
        input::Form,
        urls,
        viewer::{Asked, Me},
    },
};

/// Members of the post's group, and for bookmarks each person her own; everybody else gets a 404.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/posts/{post}/stamps", post(stamp))
        .route("/posts/{post}/pin", post(pin))
        .route("/posts/{post}/bookmark", get(ask_note).post(bookmark))
        .route("/groups/{group}/pins", get(pins))
        .route(urls::bookmarks(), get(bookmarks))
}

fn is_fragment(headers: &HeaderMap) -> bool {
    headers.contains_key("x-renkei-fragment")
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StampForm {
    stamp: String,
    on: bool,
}

async fn stamp(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Form(form): Form<StampForm>,
) -> Result<Response> {
    let stamp = from_code(&form.stamp).ok_or_else(|| Error::BadRequest("unreadable_form".into()))?;
    acts::stamp(&app, &who, id, stamp, form.on).await?;
    posts::pages::after_an_act(&app, &who, asked, id, is_fragment(&headers)).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnForm {
    on: bool,
}

async fn pin(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Form(form): Form<OnForm>,
) -> Result<Response> {
    acts::pin(&app, &who, id, form.on).await?;
    posts::pages::after_an_act(&app, &who, asked, id, is_fragment(&headers)).await
}

/// The strip as it stands now, for scripts; without them it stands on the timeline.
async fn pins(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response> {
    if !is_fragment(&headers) {
        return Ok(Redirect::to(&urls::group(group)).into_response());
    }
    let mut tx = app.db.acting(&who).await?;
    let pins = read::pins(&app, &mut tx, &who, group).await?.items;
    let rows = present::pinned(&app, &mut tx, pins).await?;
    tx.commit().await?;
    Ok(views::strip(group, &rows, Timestamp::now()).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BookmarkForm {
    on: bool,
    /// Sent by the page of the note and of the list, which lead back to the list.
    note: Option<String>,
    /// What pages of the next release may say.
    #[serde(rename = "client_id")]
    _client_id: Option<Uuid>,
}

/// From under a post it is one tap; with a note it comes from the form.
async fn bookmark(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Form(form): Form<BookmarkForm>,
) -> Result<Response> {
    let done = match (&form.note, form.on) {
        (_, false) => acts::forget(&app, &who, id).await,
        (note, true) => acts::bookmark(&app, &who, id, note.as_deref().unwrap_or_default()).await,
    };
    match (done, form.note) {
        (Ok(()), None) => posts::pages::after_an_act(&app, &who, asked, id, is_fragment(&headers)).await,
        (Ok(()), Some(_)) => {
            let word = if form.on { "saved" } else { "removed" };
            let page = format!("{}?done={word}", urls::bookmarks());
            // A post has one note of each person: its draft goes by the post's id.
            Ok(Redirect::to(&if form.on { urls::sent(&page, id) } else { page }).into_response())
        }
        (Err(Error::Invalid(problems)), Some(note)) => {
            let errors = problems.into_iter().collect();
            note_form(&app, &who, asked, id, Some(note), errors).await
        }
        (Err(other), _) => Err(other),
    }
}

async fn ask_note(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    note_form(&app, &who, asked, id, None, Errors::none()).await
}

async fn note_form(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    id: Uuid,
    typed: Option<String>,
    errors: Errors,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let post = posts::read::some(app, &mut tx, &[id], false).await?.pop().ok_or(Error::NotFound)?;
    audit::viewed(&mut tx, "viewed_post", Some(post.group_id), None, Some(id)).await?;
    let kept = read::own_note(app, &mut tx, id).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = NoteView {
        post: id,
        group: post.group_id,
        author: post.author.name.clone(),
        excerpt: read::excerpt(post.body.as_deref().unwrap_or_default()),
        kept: kept.is_some(),
        note: typed.or(kept).unwrap_or_default(),
        errors,
    };
    Ok((status, note_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Debug, Deserialize)]
struct ListQuery {
    cursor: Option<String>,
    done: Option<String>,
}

/// Bookmarks on one page.
const PAGE: i64 = 50;

async fn bookmarks(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(q): Query<ListQuery>,
) -> Result<Response> {
    let before = match q.cursor.as_deref() {
        Some(cursor) => Some(read::parse_cursor(cursor).ok_or(Error::NotFound)?),
        None => None,
    };
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    audit::viewed(&mut tx, "viewed_bookmarks", None, None, None).await?;
    let page = read::bookmarks(&app, &mut tx, before, PAGE).await?;
    tx.commit().await?;
    let done = match q.done.as_deref() {
        Some("saved") => Some(t("しおりをはさみました。")),
        Some("removed") => Some(t("しおりを外しました。")),
        _ => None,
    };
    let view = BookmarksView { page, done, now: Timestamp::now() };
    Ok(bookmarks_page(&view, &me.ctx(asked)).into_response())
}
