//! `/api/v1/facilities/{id}/access-log`.

use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    filter::Typed,
    read::{self, Event},
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    people::PersonBody,
    web::{input::Query, problem::Problem, viewer::Me},
};

/// Events of one answer.
const PAGE: usize = 200;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Serialize, ToSchema)]
struct AccessEvent {
    id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What was done, for instance `viewed_timeline` or `signed_in`.
    act: String,
    /// `done`, `refused` or `failed`.
    outcome: String,
    /// Null before anybody was known.
    account: Option<PersonBody>,
    /// For which facility the person acted.
    facility_id: Option<Uuid>,
    device: Option<String>,
    device_id: Option<Uuid>,
    session_id: Option<Uuid>,
    patient_id: Option<Uuid>,
    group_id: Option<Uuid>,
    /// What the act was about: a post, a file, an account.
    #[serde(rename = "ref")]
    reference: Option<Uuid>,
    /// How long the page was open.
    seconds: Option<i32>,
    /// Of `searched`: the groups that were in range, and how many places were shown. What was looked for is kept nowhere.
    searched: Option<Searched>,
}

#[derive(Serialize, ToSchema)]
struct Searched {
    groups: Vec<Uuid>,
    found: i32,
}

impl From<Event> for AccessEvent {
    fn from(e: Event) -> Self {
        Self {
            id: e.id,
            at: e.at,
            act: e.act,
            outcome: e.outcome,
            account: e.account.map(|(id, name, profession)| PersonBody { id, name, profession }),
            facility_id: e.facility.map(|(id, _)| id),
            device: e.device,
            device_id: e.device_id,
            session_id: e.session_id,
            patient_id: e.patient_id,
            group_id: e.group_id,
            reference: e.reference,
            seconds: e.seconds,
            searched: e.searched.map(|s| Searched { groups: s.groups, found: s.found }),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct AccessLog {
    items: Vec<AccessEvent>,
    next: Option<String>,
}

/// Who saw or did what, in time order, newest first: events on the facility's patients, and of its staff. Reading is an
/// event too. Facility admins, for the facility for which they act.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/access-log", tag = "facilities",
    params(("id" = Uuid, Path), ("patient" = Option<Uuid>, Query), ("account" = Option<Uuid>, Query),
        ("kind" = Option<String>, Query, description = "`view`, `search`, `export`, `print`, `sign_in`, `change`, or `refused`"),
        ("device" = Option<Uuid>, Query),
        ("from" = Option<String>, Query, description = "a day (Asia/Tokyo) or a time"),
        ("to" = Option<String>, Query, description = "a day, which is included, or a time, which is not"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = AccessLog), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list(
    State(app): State<Shared>,
    who: Actor,
    Path(facility): Path<Uuid>,
    Query(typed): Query<Typed>,
) -> Result<Json<AccessLog>> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    if facility != me.facility_id {
        return Err(Error::NotFound);
    }
    if !me.admin {
        drop(tx);
        audit::refused(&app, &who, "viewed_access_log", None, Some(facility)).await;
        return Err(Error::Forbidden("facility_admin_only".into()));
    }
    let filter = typed.read(Timestamp::now()).map_err(Error::Invalid)?;
    audit::viewed(&mut tx, "viewed_access_log", None, filter.patient, None).await?;
    let page = read::page(&mut tx, &filter, PAGE).await?;
    tx.commit().await?;
    let next = page.older.map(|cursor| cursor.to_string());
    Ok(Json(AccessLog { items: page.events.into_iter().map(Into::into).collect(), next }))
}
