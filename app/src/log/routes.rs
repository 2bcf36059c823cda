//! `/log`: the tree for everybody who wants to watch it grow. Hashes only; nothing of what they stand for.

use std::path::Path as Folder;

use axum::{
    Router,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use tlog::{checkpoint::Checkpoint, tiles::Tile};

use crate::{Error, Result, app::Shared};

/// Everybody, without a session; 404 where this node has no log.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/log/checkpoint", get(checkpoint))
        .route("/log/key", get(key))
        .route("/log/tile/{*path}", get(tile))
}

/// A tile of a log never changes; but a log that begins anew has tiles of the same names.
const A_WHILE: &str = "public, max-age=60";
const AT_ONCE: &str = "no-cache";

async fn checkpoint(State(app): State<Shared>) -> Result<Response> {
    text(&app.config.log.folder, "checkpoint").await
}

async fn key(State(app): State<Shared>) -> Result<Response> {
    text(&app.config.log.folder, "key").await
}

async fn text(folder: &Folder, name: &str) -> Result<Response> {
    let bytes = read(folder, name).await?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, AT_ONCE)];
    Ok((headers, bytes).into_response())
}

/// Only the one spelling of a tile's name leads anywhere.
async fn tile(State(app): State<Shared>, Path(path): Path<String>) -> Result<Response> {
    let tile: Tile = format!("tile/{path}").parse().map_err(|_| Error::NotFound)?;
    let folder = &app.config.log.folder;
    if !tile.is_in(published_size(folder).await?) {
        return Err(Error::NotFound);
    }
    let bytes = read(folder, &tile.path()).await?;
    let headers = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, A_WHILE)];
    Ok((headers, bytes).into_response())
}

/// What was written for a checkpoint that is not signed yet is nobody's business.
async fn published_size(folder: &Folder) -> Result<u64> {
    let note = read(folder, "checkpoint").await?;
    Ok(Checkpoint::read(&note).map_err(Error::internal)?.size())
}

async fn read(folder: &Folder, name: &str) -> Result<Vec<u8>> {
    if folder.as_os_str().is_empty() {
        return Err(Error::NotFound);
    }
    match tokio::fs::read(folder.join(name)).await {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Error::NotFound),
        Err(error) => Err(Error::internal(error)),
    }
}
