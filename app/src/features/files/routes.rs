//! Opening a file, its small picture, the question before a dangerous one, and the list of a group's files.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderMap, header::RANGE},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use intake::sniff::Family;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    deliver,
    list::{self, After},
    model::asks_first,
    read::{self, Found},
    views::{self, FilesView, WarningView},
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::{groups, posts::present},
    web::{
        urls,
        viewer::{Asked, Me},
    },
};

/// Files on one page.
const PAGE: i64 = 60;

/// Whoever may read a post that carries the file, and the uploader before; everybody else gets a 404.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/files/{file}", get(open))
        .route("/files/{file}/thumbnail", get(thumbnail))
        .route("/files/{file}/warning", get(warning))
        .route("/groups/{group}/files", get(of_group))
}

#[derive(Debug, Deserialize)]
struct OpenQuery {
    /// `1`: a PDF in the browser instead of a download.
    view: Option<String>,
    /// `1`: the person has read the warning.
    confirmed: Option<String>,
}

async fn open(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Query(query): Query<OpenQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    if query.confirmed.is_none() {
        let mut tx = app.db.acting(&who).await?;
        let found = known(&app, &who, read::find(&app, &mut tx, id).await, id).await?;
        tx.commit().await?;
        if asks_first(found.family) && found.must_be_open().is_ok() {
            return Ok(Redirect::to(&urls::file_warning(id)).into_response());
        }
    }
    let view = query.view.is_some();
    opened(&app, &who, id, |found| deliver::is_inline(found.family, view), &headers).await
}

/// The bytes, once the view stands in the access log.
pub(super) async fn opened(
    app: &Shared,
    who: &Actor,
    id: Uuid,
    inline: impl Fn(&Found) -> bool,
    headers: &HeaderMap,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let found = known(app, who, read::find(app, &mut tx, id).await, id).await?;
    found.must_be_open()?;
    note_view(app, &mut tx, who, &found, headers).await?;
    tx.commit().await?;
    deliver::file(app, &found, inline(&found), headers).await
}

/// A player asks for one sound or video in many parts: the first of them is the view, the others go on with it.
async fn note_view(app: &Shared, tx: &mut Tx, who: &Actor, found: &Found, headers: &HeaderMap) -> Result<()> {
    let id = found.file.id;
    match found.group {
        Some(group)
            if matches!(found.family, Family::Audio | Family::Video) && headers.contains_key(RANGE) =>
        {
            if app.openings.is_open(who, id, audit::FILE) {
                return Ok(());
            }
            app.openings.opened(tx, who, group, id, audit::FILE).await
        }
        group => audit::viewed(tx, audit::FILE, group, None, Some(id)).await,
    }
}

/// A 404 to a well-formed id is worth a row: ids cannot be guessed.
async fn known(app: &Shared, who: &Actor, found: Result<Found>, id: Uuid) -> Result<Found> {
    if matches!(found, Err(Error::NotFound)) {
        audit::refused(app, who, "viewed_file", None, Some(id)).await;
    }
    found
}

/// Shown on pages whose opening is in the log; asked for alone it is a view of the file.
async fn thumbnail(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let found = known(&app, &who, read::find(&app, &mut tx, id).await, id).await?;
    found.must_be_open()?;
    if !found.file.has_thumbnail {
        return Err(Error::NotFound);
    }
    if !on_an_open_page(&app, &who, &found) {
        audit::viewed(&mut tx, "viewed_file", found.group, None, Some(id)).await?;
    }
    tx.commit().await?;
    deliver::thumbnail(&app, &found, &headers).await
}

fn on_an_open_page(app: &Shared, who: &Actor, found: &Found) -> bool {
    let Some(group) = found.group else { return false };
    let timeline = app.keys.cached_group(group).map(|streams| [Some(streams.team), streams.family]);
    let timeline =
        timeline.into_iter().flatten().flatten().any(|s| app.openings.is_open(who, s, "viewed_timeline"));
    timeline || app.openings.is_open(who, group, "viewed_files")
}

/// What may happen when the file is opened, and the way on.
async fn warning(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let found = known(&app, &who, read::find(&app, &mut tx, id).await, id).await?;
    found.must_be_open()?;
    audit::viewed(&mut tx, "viewed_files", found.group, None, Some(id)).await?;
    tx.commit().await?;
    let back = found.group.map_or_else(|| urls::home().to_owned(), urls::group_files);
    let view = WarningView { file: present::file(&found.file), why: views::Why::of(found.family), back };
    Ok(views::warning_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Debug, Deserialize)]
struct ListQuery {
    cursor: Option<String>,
}

async fn of_group(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Query(query): Query<ListQuery>,
) -> Result<Response> {
    let after = match query.cursor.as_deref() {
        Some(cursor) => After::parse(cursor).ok_or(Error::NotFound)?,
        None => After::nothing(),
    };
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let files = list::page(&app, &mut tx, &who, group, after, PAGE).await?;
    let room = groups::read::room(&mut tx, &app, group).await?;
    tx.commit().await?;
    let older = files.next.map(|cursor| format!("{}?cursor={cursor}", urls::group_files(group)));
    let rows = files.items.into_iter().map(|item| views::FileRow::from_api(group, item)).collect();
    let view = FilesView { room, rows, older, now: Timestamp::now() };
    Ok(views::files_page(&view, &me.ctx(asked)).into_response())
}
