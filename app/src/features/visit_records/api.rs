//! `/api/v1`: visit records.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{Record, RecordBody, Recorded},
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::groups::refusals,
    web::{input::Strict, problem::Problem},
};

/// Members of the group; everybody else gets a 404.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(record))
}

/// Writes a visit record: a post of the team timeline with a readable body. The same `client_id` again answers 200.
#[utoipa::path(post, path = "/api/v1/groups/{id}/visit-records", tag = "visits", request_body = RecordBody,
    responses((status = 201, body = Recorded), (status = 200, body = Recorded, description = "sent before"), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn record(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Strict(body): Strict<RecordBody>,
) -> Result<(StatusCode, Json<Recorded>)> {
    let record = Record::try_from(&body).map_err(Error::Invalid)?;
    let posted = acts::record(&app, &who, group, body.client_id, &record).await;
    let posted = refusals::noted(&app, &who, "post", Some(group), None, posted).await?;
    let status = if posted.created { StatusCode::CREATED } else { StatusCode::OK };
    let recorded = Recorded {
        post: posted.post,
        next_date: record.next.map(|next| next.day.to_string()),
        next_time: record.next.and_then(|next| next.at).map(|at| at.strftime("%H:%M").to_string()),
    };
    Ok((status, Json(recorded)))
}
