//! `/api/v1/posts/{id}/proof`: that a post stands in the log, for whoever may read it and wants to show it to others.

use axum::{
    Json,
    extract::{Path, State},
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::groups::refusals,
    log::{self, Proof},
    web::problem::Problem,
};

/// Members of the post's group (404 else).
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(show))
}

const PLACE: &str = "SELECT group_id, idx, hash, note FROM act.place_of_post($1)";
const VIEWED: &str = "viewed_proof";

/// The way from the post's hash to a signed root (RFC 9162 §2.1.3). 409 `not_sealed_yet`: it waits for the next checkpoint, ten seconds at most;
/// 503: this node has no log.
#[utoipa::path(get, path = "/api/v1/posts/{id}/proof", tag = "posts", params(("id" = Uuid, Path)),
    responses((status = 200, body = Proof), (status = 404, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)))]
async fn show(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Proof>> {
    let found = async {
        let mut tx = app.db.acting(&who).await?;
        let rows = tx.query(PLACE, &[&id]).await?;
        let place = rows.into_iter().next().ok_or(Error::NotFound)?;
        audit::viewed(&mut tx, VIEWED, place.get(0), None, Some(id)).await?;
        tx.commit().await?;
        Ok(place)
    };
    let row = refusals::noted(&app, &who, VIEWED, None, Some(id), found.await).await?;
    let index: Option<i64> = row.get(1);
    let index = index.ok_or(Error::Conflict("not_sealed_yet".into()))?;
    let index = u64::try_from(index).map_err(Error::internal)?;
    let proof = log::prove(app.config.log.folder.clone(), index, row.get(2), row.get(3)).await?;
    Ok(Json(proof))
}
