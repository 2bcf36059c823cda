//! The terms over JSON: what has to be accepted, and accepting it.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::acts;
use crate::{Result, app::Shared, auth::Actor};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(accept))
}

/// A version that the caller has yet to accept.
#[derive(Debug, Serialize, ToSchema)]
pub struct Term {
    pub id: Uuid,
    pub title: String,
    /// Counts from 1.
    pub version: i32,
    /// Markdown.
    pub body: String,
    /// What is new, in a sentence.
    pub change: String,
    /// The version that was accepted before.
    pub accepted_version: Option<i32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Terms {
    pub items: Vec<Term>,
}

/// What must be accepted before anything else answers. Empty: nothing. Until then other requests answer 403
/// `terms_to_accept`.
#[utoipa::path(get, path = "/api/v1/terms", responses((status = 200, body = Terms)))]
async fn list(State(app): State<Shared>, who: Actor) -> Result<Json<Terms>> {
    let mut tx = app.db.acting(&who).await?;
    let due = acts::due(&mut tx).await?;
    tx.commit().await?;
    let term = |d: acts::Due| Term {
        id: d.id,
        title: d.title,
        version: d.n,
        body: d.body,
        change: d.change,
        accepted_version: d.accepted.map(|(n, _)| n),
    };
    Ok(Json(Terms { items: due.into_iter().map(term).collect() }))
}

/// Accepts one version in the caller's name. Accepting twice is accepting once.
#[utoipa::path(post, path = "/api/v1/terms/{version}/acceptance", responses((status = 204), (status = 404)))]
async fn accept(State(app): State<Shared>, who: Actor, Path(version): Path<Uuid>) -> Result<StatusCode> {
    acts::accept(&app, &who, &[version]).await?;
    Ok(StatusCode::NO_CONTENT)
}
