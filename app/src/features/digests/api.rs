//! `/api/v1/digest` and `/api/v1/groups/{id}/digest`.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    read,
    routes::{DayQuery, day},
    views::OfGroup,
};
use crate::{
    Result,
    app::Shared,
    auth::Actor,
    features::{
        groups::{self, door},
        tasks::model::Task,
        visit_records::before::Headline,
        visits::model::Shown,
    },
    opaque_debug,
    web::{input::Query, problem::Problem},
};

/// Members of the group (404 else); without a group any signed-in person, about the own ones.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(of_all)).routes(routes!(of_group))
}

/// One group on one day.
#[derive(Serialize, ToSchema)]
struct DigestOfGroup {
    group_id: Uuid,
    /// What the group is called.
    title: String,
    /// What was written, as far as it was neither withdrawn nor corrected; in order.
    posts: Vec<Headline>,
    /// What was done that day.
    done: Vec<Task>,
    /// Visits of that day, those that were called off among them.
    visits: Vec<Shown>,
}

#[derive(Serialize, ToSchema)]
struct Digest {
    /// `2026-11-30`
    day: String,
    items: Vec<DigestOfGroup>,
    /// Always null.
    next: Option<String>,
}

opaque_debug!(DigestOfGroup, Digest);

impl DigestOfGroup {
    fn of(group_id: Uuid, title: String, of: OfGroup) -> Self {
        Self { group_id, title, posts: of.posts, done: of.done, visits: of.visits }
    }
}

/// A day of all the caller's groups: what was written, done and visited. Groups where nothing was are left out.
#[utoipa::path(get, path = "/api/v1/digest", tag = "visits",
    params(("day" = Option<String>, Query, description = "`2026-11-30`; yesterday by default, never one that has not come")),
    responses((status = 200, body = Digest), (status = 404, body = Problem)))]
async fn of_all(
    State(app): State<Shared>,
    who: Actor,
    Query(query): Query<DayQuery>,
) -> Result<Json<Digest>> {
    let day = day(&query)?;
    let mut tx = app.db.acting(&who).await?;
    let digest = read::day(&app, &mut tx, day, None).await?;
    let mut titles = groups::read::titles(&mut tx, &app).await?;
    read::noted(&mut tx, &digest).await?;
    tx.commit().await?;
    let item = |(group, of): (Uuid, OfGroup)| {
        DigestOfGroup::of(group, titles.remove(&group).unwrap_or_default(), of)
    };
    let items = digest.groups.into_iter().map(item).collect();
    Ok(Json(Digest { day: day.to_string(), items, next: None }))
}

/// A day of one group; `items` holds that group, also where nothing was.
#[utoipa::path(get, path = "/api/v1/groups/{id}/digest", tag = "visits",
    params(("id" = Uuid, Path), ("day" = Option<String>, Query, description = "as above")),
    responses((status = 200, body = Digest), (status = 404, body = Problem)))]
async fn of_group(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Query(query): Query<DayQuery>,
) -> Result<Json<Digest>> {
    let day = day(&query)?;
    let (mut tx, _) = door::for_member(&app, &who, group, "viewed_digest").await?;
    let mut digest = read::day(&app, &mut tx, day, Some(group)).await?;
    let mut titles = groups::read::names(&mut tx, &app, Some(&[group])).await?;
    tx.commit().await?;
    let of = digest.groups.remove(&group).unwrap_or_default();
    let item = DigestOfGroup::of(group, titles.remove(&group).unwrap_or_default(), of);
    Ok(Json(Digest { day: day.to_string(), items: vec![item], next: None }))
}
