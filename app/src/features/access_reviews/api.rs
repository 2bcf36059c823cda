//! `/api/v1/facilities/{id}/access-reviews`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    figures::Figures,
    model::{Review, Signature, Signing},
    read,
    rules::Month,
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff,
    opaque_debug,
    people::PersonBody,
    web::{input::Strict, problem::Problem},
};

/// The facility's admin, for the facility for which they act.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(sign))
}

#[derive(Serialize, ToSchema)]
struct AccessReview {
    /// `2026-10`.
    month: String,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    due_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    signed_at: Option<Timestamp>,
    signed_by: Option<String>,
}

impl From<Review> for AccessReview {
    fn from(r: Review) -> Self {
        let (signed_at, signed_by) = r.signed.map_or((None, None), |(at, by)| (Some(at), Some(by)));
        Self { month: r.month.code(), opened_at: r.opened_at, due_at: r.due_at, signed_at, signed_by }
    }
}

#[derive(Serialize, ToSchema)]
struct AccessReviews {
    items: Vec<AccessReview>,
}

/// The monthly reviews of the facility's access log, the newest first; 120 at most.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/access-reviews", tag = "facilities",
    responses((status = 200, body = AccessReviews), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<AccessReviews>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_access_review", Some(id)).await?;
    audit::viewed(&mut tx, "viewed_access_review", None, None, None).await?;
    let items = read::all(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(AccessReviews { items: items.into_iter().map(Into::into).collect() }))
}

#[derive(Serialize, ToSchema)]
struct SignatureBody {
    id: Uuid,
    by: PersonBody,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// As they were when she signed.
    figures: Figures,
    note: String,
}

#[derive(Serialize, ToSchema)]
struct ReviewedMonth {
    month: String,
    /// As the log gives them now.
    figures: Figures,
    signatures: Vec<SignatureBody>,
}

opaque_debug!(SignatureBody, ReviewedMonth);

impl From<Signature> for SignatureBody {
    fn from(s: Signature) -> Self {
        let by = PersonBody { id: s.account, name: s.name, profession: s.profession };
        Self { id: s.id, by, at: s.at, figures: s.figures, note: s.note }
    }
}

/// One month's figures, and who has signed what.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/access-reviews/{month}", tag = "facilities",
    params(("id" = Uuid, Path), ("month" = String, Path, description = "for instance `2026-10`")),
    responses((status = 200, body = ReviewedMonth), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn show(
    State(app): State<Shared>,
    who: Actor,
    Path((id, month)): Path<(Uuid, String)>,
) -> Result<Json<ReviewedMonth>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_access_review", Some(id)).await?;
    let month = Month::parse(&month).ok_or(Error::NotFound)?;
    let figures = read::figures(&mut tx, month).await?;
    let signatures = read::signatures(&app, &mut tx, month).await?;
    audit::viewed(&mut tx, "viewed_access_review", None, None, None).await?;
    tx.commit().await?;
    let signatures = signatures.into_iter().map(Into::into).collect();
    Ok(Json(ReviewedMonth { month: month.code(), figures, signatures }))
}

#[derive(Serialize, ToSchema)]
struct Signed {
    id: Uuid,
}

/// Signs that the month was looked at. The figures of that moment are kept with it.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/access-reviews/{month}/signatures", tag = "facilities", request_body = Signing,
    params(("id" = Uuid, Path), ("month" = String, Path)),
    responses((status = 201, body = Signed), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn sign(
    State(app): State<Shared>,
    who: Actor,
    Path((id, month)): Path<(Uuid, String)>,
    Strict(body): Strict<Signing>,
) -> Result<(StatusCode, Json<Signed>)> {
    let (tx, _) = staff::administrating(&app, &who, "signed_access_review", Some(id)).await?;
    drop(tx);
    let month = Month::parse(&month).ok_or(Error::NotFound)?;
    let id = acts::sign(&app, &who, month, body).await?;
    Ok((StatusCode::CREATED, Json(Signed { id })))
}
