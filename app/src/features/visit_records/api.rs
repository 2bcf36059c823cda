//! `/api/v1`: visit records.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{Record, RecordBody, RecordPage, Recorded},
    read,
    routes::SHOWN,
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::groups::{door, refusals},
    web::{
        input::{self, Query, Strict},
        problem::Problem,
    },
};

/// Members of the group; everybody else gets a 404.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, record))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    cursor: Option<String>,
}

/// Time and post of the last record of a page.
fn cursor(at: Timestamp, post: Uuid) -> String {
    format!("{:x}-{}", at.as_microsecond(), post.simple())
}

fn parse_cursor(text: &str) -> Result<(Timestamp, Uuid)> {
    let parts = text.split_once('-').and_then(|(at, post)| {
        let at = Timestamp::from_microsecond(i64::from_str_radix(at, 16).ok()?).ok()?;
        Some((at, post.parse().ok()?))
    });
    parts.ok_or_else(|| Error::BadRequest("unknown_cursor".into()))
}

/// The visit records of a patient, the newest first, without those that were withdrawn or corrected.
#[utoipa::path(get, path = "/api/v1/groups/{id}/visit-records", tag = "visits",
    params(("id" = Uuid, Path), ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = RecordPage), (status = 404, body = Problem)))]
async fn list(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Query(query): Query<ListQuery>,
) -> Result<Json<RecordPage>> {
    let after = query.cursor.as_deref().map(parse_cursor).transpose()?;
    let (mut tx, _) = door::for_member(&app, &who, group, "viewed_visit_records").await?;
    // One more, to know whether there are others.
    let mut records = match after {
        Some(last) => read::older(&app, &mut tx, group, SHOWN + 1, last).await?,
        None => read::latest(&app, &mut tx, group, SHOWN + 1).await?,
    };
    tx.commit().await?;
    let shown = usize::try_from(SHOWN).map_err(Error::internal)?;
    let more = records.len() > shown;
    records.truncate(shown);
    let next = records.last().filter(|_| more).map(|last| cursor(last.written_at, last.post));
    Ok(Json(RecordPage { items: records.into_iter().map(Into::into).collect(), next }))
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
        next_time: record.next.and_then(|next| next.at).map(input::clock_value),
    };
    Ok((status, Json(recorded)))
}
