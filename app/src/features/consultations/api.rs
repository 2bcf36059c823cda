//! `/api/v1`: consultations.

use axum::{
    Json,
    extract::{Path, State as App},
    http::StatusCode,
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{Consultation, Consultations, NewConsultation, OpenBody, SetBody, State, words},
    read,
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::groups::{self, model::Role, refusals::noted},
    web::{
        input::{Query, Strict},
        problem::Problem,
    },
};

/// Members of the group; everybody else gets a 404.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, open)).routes(routes!(set))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    state: Option<State>,
}

/// The group's consultations, the open ones first.
#[utoipa::path(get, path = "/api/v1/groups/{id}/consultations", tag = "consultations", params(("state" = Option<String>, Query, description = "open or closed")),
    responses((status = 200, body = Consultations), (status = 404, body = Problem)))]
async fn list(
    App(app): App<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Consultations>> {
    let items = all(&app, &who, group, query.state).await;
    let items = noted(&app, &who, "viewed_consultations", Some(group), None, items).await?;
    Ok(Json(Consultations { items }))
}

async fn all(app: &Shared, who: &Actor, group: Uuid, state: Option<State>) -> Result<Vec<Consultation>> {
    let mut tx = app.db.acting(who).await?;
    let role = groups::read::role(&mut tx, group).await?;
    if role == Role::Admin {
        return Err(Error::NotFound);
    }
    let items = read::of_group(&mut tx, app, group, state, role).await?;
    audit::viewed(&mut tx, "viewed_consultations", Some(group), None, None).await?;
    tx.commit().await?;
    Ok(items)
}

/// Opens one: a post of the team timeline that says 相談, and the consultation that hangs on it.
#[utoipa::path(post, path = "/api/v1/groups/{id}/consultations", tag = "consultations", request_body = OpenBody,
    responses((status = 201, body = Consultation), (status = 200, body = Consultation, description = "sent before"), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn open(
    App(app): App<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Strict(body): Strict<OpenBody>,
) -> Result<(StatusCode, Json<Consultation>)> {
    let new = NewConsultation::try_from(body).map_err(Error::Invalid)?;
    let opened = acts::open(&app, &who, group, &new).await;
    let (opened, created) = noted(&app, &who, "opened_consultation", Some(group), None, opened).await?;
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(opened)))
}

/// Closes one with its result, or lets it go on with the reason: a reply that says so. The opener or the host.
#[utoipa::path(put, path = "/api/v1/consultations/{id}", tag = "consultations", request_body = SetBody,
    responses((status = 200, body = Consultation), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn set(
    App(app): App<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<SetBody>,
) -> Result<Json<Consultation>> {
    let line = words(&body.words).map_err(|e| Error::Invalid(vec![e]))?;
    let done = acts::set(&app, &who, id, body.state, body.client_id, line).await;
    noted(&app, &who, "closed_consultation", None, Some(id), done).await.map(Json)
}
