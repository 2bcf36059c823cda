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
use crate::{Result, app::Shared, audit, auth::Relative, features::files::kin};

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

/// The bytes, once the view stands in the access log. A player asks for one sound or video in many parts: the first of them is the view, the
/// others go on with it.
pub(super) async fn opened(
    app: &Shared,
    who: &Relative,
    file: Uuid,
    headers: &HeaderMap,
) -> Result<Response> {
    let carried = kin::carried(app, who, file, false).await?;
    let found = carried.open(&*read::key_of(app, who, carried.stream, carried.group).await?)?;
    let in_parts = matches!(found.family, Family::Audio | Family::Video) && headers.contains_key(RANGE);
    if !(in_parts && app.openings.goes_on(who.key(), file, audit::FILE)) {
        kin::carried(app, who, file, true).await?;
        app.openings.opened_elsewhere(who.key(), carried.group, file);
    }
    kin::deliver(app, &found, headers).await
}

/// Shown on a page, or of a file, whose opening is in the log; alone it is a view of its own.
async fn thumbnail(
    State(app): State<Shared>,
    who: Relative,
    Path(file): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response> {
    let carried = kin::carried(&app, &who, file, false).await?;
    let found = carried.open(&*read::key_of(&app, &who, carried.stream, carried.group).await?)?;
    let part_of = |what| app.openings.goes_on(who.key(), what, audit::FILE);
    if !part_of(carried.stream) && !part_of(file) {
        kin::carried(&app, &who, file, true).await?;
        app.openings.opened_elsewhere(who.key(), carried.group, file);
    }
    kin::thumbnail(&app, &found, &headers).await
}
