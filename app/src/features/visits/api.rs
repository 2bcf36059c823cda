//! `/api/v1`: the calendar of visits.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::{Timestamp, ToSpan, civil::Date};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{Change, NewVisit, Planned, VisitBody, VisitChangeBody, VisitPage},
    one::{self, VisitSeries},
    read,
    routes::opened_one,
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::groups::{door, refusals},
    web::{
        input::{Query, Strict},
        problem::Problem,
        ui::time,
        viewer::Acting,
    },
};

/// Days of one answer.
const MOST_DAYS: i32 = 370;

/// Every route takes a signed-in person; the database finds the group through that person's membership (404 else).
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, plan)).routes(routes!(show, change))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    from: Option<Date>,
    to: Option<Date>,
}

/// The visits of a patient by their time, those that are called off among them; 32 days from today without `from` and `to`.
#[utoipa::path(get, path = "/api/v1/groups/{id}/visits", tag = "visits",
    params(("from" = Option<String>, Query, description = "the first day, `2026-12-01`"), ("to" = Option<String>, Query, description = "the last day")),
    responses((status = 200, body = VisitPage), (status = 404, body = Problem)))]
async fn list(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Query(query): Query<ListQuery>,
) -> Result<Json<VisitPage>> {
    let from = query.from.unwrap_or_else(|| time::day_of(Timestamp::now()));
    let to = query.to.unwrap_or_else(|| from.checked_add(31.days()).unwrap_or(from));
    if to < from || from.checked_add(MOST_DAYS.days()).is_ok_and(|most| to > most) {
        return Err(Error::BadRequest("from_and_to".into()));
    }
    let (mut tx, _) = door::for_member(&app, &who, group, "viewed_visits").await?;
    let visits = read::list(&app, &mut tx, Some(group)).await?;
    tx.commit().await?;
    let items = read::placed(&visits, from, to).iter().map(read::shown).collect();
    Ok(Json(VisitPage { items, next: None }))
}

/// Plans a visit, once or again and again. The same `client_id` with the same content answers 200 with the first one.
#[utoipa::path(post, path = "/api/v1/groups/{id}/visits", tag = "visits", request_body = VisitBody,
    responses((status = 201, body = Planned), (status = 200, body = Planned, description = "sent before"), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn plan(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Strict(body): Strict<VisitBody>,
) -> Result<(StatusCode, Json<Planned>)> {
    let mut tx = app.db.acting(&who).await?;
    let me = Acting::load(&mut tx).await?;
    tx.commit().await?;
    let new = NewVisit::parse(&body, me.facility_id).map_err(Error::Invalid)?;
    let made = acts::plan(&app, &who, group, &new).await;
    let (id, created) = refusals::noted(&app, &who, "planned_visit", Some(group), None, made).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(planned(&app, &who, id).await?)))
}

/// One series of visits as it is planned now.
#[utoipa::path(get, path = "/api/v1/visits/{id}", tag = "visits", params(("id" = Uuid, Path)),
    responses((status = 200, body = VisitSeries), (status = 404, body = Problem)))]
async fn show(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<VisitSeries>> {
    let (tx, visit) = opened_one(&app, &who, id).await?;
    tx.commit().await?;
    Ok(Json(VisitSeries::from(&visit)))
}

/// Changes the series, or one visit of it.
#[utoipa::path(put, path = "/api/v1/visits/{id}", tag = "visits", request_body = VisitChangeBody,
    responses((status = 200, body = Planned), (status = 403, body = Problem), (status = 404, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)))]
async fn change(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<VisitChangeBody>,
) -> Result<Json<Planned>> {
    let done = async {
        let mut tx = app.db.acting(&who).await?;
        let visit = read::one(&app, &mut tx, id).await?;
        tx.commit().await?;
        let change = Change::parse(&body, &visit).map_err(Error::Invalid)?;
        acts::change(&app, &who, id, body.client_id, &change).await
    };
    refusals::noted(&app, &who, "changed_visit", None, Some(id), done.await).await?;
    Ok(Json(planned(&app, &who, id).await?))
}

async fn planned(app: &Shared, who: &Actor, id: Uuid) -> Result<Planned> {
    let mut tx = app.db.acting(who).await?;
    let visit = read::one(app, &mut tx, id).await?;
    tx.commit().await?;
    Ok(Planned { id: visit.id, group_id: visit.group, version: visit.version, next: one::next(&visit) })
}
