//! `/api/v1/groups/{id}/before-visit` and `…/visit-marks`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    before::{Headline, before},
    model::RecordView,
    routes::ahead,
};
use crate::{
    Result,
    app::Shared,
    auth::Actor,
    features::{
        face_sheets::merge::Change,
        groups::{self, door, refusals},
        tasks::model::Task,
        visits::{self, model::Shown},
        vitals::model::ObservationView,
    },
    opaque_debug,
    web::{input::Strict, problem::Problem},
};

/// Members of the group; everybody else gets a 404.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(mark))
}

/// A field of the face sheet that says something else now.
#[derive(Serialize, ToSchema)]
struct FieldChange {
    field: String,
    before: Option<String>,
    after: Option<String>,
}

impl From<Change> for FieldChange {
    fn from(c: Change) -> Self {
        Self { field: c.key, before: c.before, after: c.after }
    }
}

/// What has happened since the caller's last visit.
#[derive(Serialize, ToSchema)]
struct BeforeVisit {
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Whether `since` is a visit of the caller's, and not only a while ago.
    visited: bool,
    archived: bool,
    /// What others wrote since then, the newest first; thirty at most.
    posts: Vec<Headline>,
    /// Whether there are more than those.
    more_posts: bool,
    /// What is to be done now.
    tasks: Vec<Task>,
    /// Visits of the next two weeks.
    visits: Vec<Shown>,
    /// What the face sheet says differently since then.
    face_sheet_changes: Vec<FieldChange>,
    /// The last three visit records.
    records: Vec<RecordView>,
    /// What was measured and recorded since then.
    observations: Vec<ObservationView>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MarkBody {
    client_id: Uuid,
}

opaque_debug!(FieldChange, BeforeVisit);

/// What one has to know before a visit, in one answer.
#[utoipa::path(get, path = "/api/v1/groups/{id}/before-visit", tag = "visits", params(("id" = Uuid, Path)),
    responses((status = 200, body = BeforeVisit), (status = 404, body = Problem)))]
async fn show(State(app): State<Shared>, who: Actor, Path(group): Path<Uuid>) -> Result<Json<BeforeVisit>> {
    let now = Timestamp::now();
    let (mut tx, _) = door::for_member(&app, &who, group, "viewed_before_visit").await?;
    let all = before(&app, &mut tx, group, now).await?;
    let patient = app.keys.group_streams(&mut tx, group).await?.patient_id.unwrap_or_default();
    let archived = groups::read::archived(&mut tx, group).await?;
    tx.commit().await?;
    let visits = ahead(&all.visits, now).iter().map(visits::read::shown).collect();
    let ranges = &all.vitals.ranges;
    let observations = all.vitals.observed.iter().map(|o| ObservationView::of(o, patient, ranges)).collect();
    Ok(Json(BeforeVisit {
        since: all.since,
        visited: all.visited,
        archived,
        posts: all.posts,
        more_posts: all.more_posts,
        tasks: all.tasks,
        visits,
        face_sheet_changes: all.changes.into_iter().map(Into::into).collect(),
        records: all.records.into_iter().map(Into::into).collect(),
        observations,
    }))
}

/// Notes that the caller has visited, without a record: the next `before-visit` begins here. The same `client_id` again notes nothing more.
#[utoipa::path(post, path = "/api/v1/groups/{id}/visit-marks", tag = "visits", params(("id" = Uuid, Path)), request_body = MarkBody,
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn mark(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Strict(body): Strict<MarkBody>,
) -> Result<StatusCode> {
    let marked = acts::mark(&app, &who, group, body.client_id).await;
    refusals::noted(&app, &who, "marked_visit", Some(group), None, marked).await?;
    Ok(StatusCode::NO_CONTENT)
}
