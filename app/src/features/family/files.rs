//! Opening a file at the family's door: what a post of the family timeline carries, and nothing else.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, header::RANGE},
    response::Response,
    routing::get,
};
use intake::sniff::Family;
use uuid::Uuid;

use super::read;
use crate::{Result, app::Shared, auth::Relative, features::files::kin};

/// Whoever is on the family timeline now that carries the file; 404 for every other file there is.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/family/files/{file}", get(open))
        .route("/family/files/{file}/thumbnail", get(thumbnail))
}

async fn open(
    State(app): State<Shared>,
    who: Relative,
    Path(file): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response> {
    opened(&app, &who, file, &headers).await
}

/// The bytes, once the view stands in the access log. A player asks for one sound or video in many parts: those behind the first go on
/// with it.
pub(super) async fn opened(
    app: &Shared,
    who: &Relative,
    file: Uuid,
    headers: &HeaderMap,
) -> Result<Response> {
    let carried = kin::carried(app, who, file, false).await?;
    let found = carried.open(&*read::key_of(app, who, carried.stream, carried.group).await?)?;
    let behind = |range: &str| {
        range.strip_prefix("bytes=").is_some_and(|r| r.starts_with(|c: char| ('1'..='9').contains(&c)))
    };
    let range = headers.get(RANGE).and_then(|v| v.to_str().ok());
    if !(matches!(found.family, Family::Audio | Family::Video) && range.is_some_and(behind)) {
        kin::carried(app, who, file, true).await?;
    }
    kin::deliver(app, &found, headers).await
}

/// Shown on a page whose opening is in the log.
async fn thumbnail(
    State(app): State<Shared>,
    who: Relative,
    Path(file): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response> {
    let carried = kin::carried(&app, &who, file, false).await?;
    let found = carried.open(&*read::key_of(&app, &who, carried.stream, carried.group).await?)?;
    kin::thumbnail(&app, &found, &headers).await
}
