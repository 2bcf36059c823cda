//! `/api/v1/connections`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts, direct,
    model::{AnswerBody, AskBody, Connection, ConnectionLink, Connections, NewAsk},
    read,
    routes::my_link,
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::groups::{self, model::Group, refusals::noted},
    web::{input::Strict, problem::Problem, viewer::Acting},
};

/// Any signed-in person, the own connections.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, ask))
        .routes(routes!(answer))
        .routes(routes!(end))
        .routes(routes!(converse))
        .routes(routes!(link))
}

/// The caller's connections: requests, standing ones and ended ones.
#[utoipa::path(get, path = "/api/v1/connections", tag = "connections", responses((status = 200, body = Connections)))]
async fn list(State(app): State<Shared>, who: Actor) -> Result<Json<Connections>> {
    let mut tx = app.db.acting(&who).await?;
    let items = read::mine(&mut tx, &app).await?;
    tx.commit().await?;
    Ok(Json(Connections { items }))
}

/// Asks somebody for a connection. At most 20 a day. Who declines is not asked again by the same person for 30 days; the asker's
/// request then stands as if it waited.
#[utoipa::path(post, path = "/api/v1/connections", tag = "connections", request_body = AskBody,
    responses((status = 201, body = Connection), (status = 200, body = Connection, description = "sent before"), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn ask(
    State(app): State<Shared>,
    who: Actor,
    Strict(body): Strict<AskBody>,
) -> Result<(StatusCode, Json<Connection>)> {
    let new = NewAsk::try_from(body).map_err(|e| Error::Invalid(vec![e]))?;
    let (asked, created) = acts::ask(&app, &who, &new).await?;
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(asked)))
}

/// The answer of whoever was asked.
#[utoipa::path(post, path = "/api/v1/connections/{id}/acceptance", tag = "connections", request_body = AnswerBody,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn answer(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<AnswerBody>,
) -> Result<StatusCode> {
    let done = acts::answer(&app, &who, id, body.decision).await;
    noted(&app, &who, "accepted_connection", None, Some(id), done).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends it, for both and at once: their conversation becomes read-only. Of a request: takes it back, or declines it.
#[utoipa::path(delete, path = "/api/v1/connections/{id}", tag = "connections", responses((status = 204), (status = 404, body = Problem)))]
async fn end(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<StatusCode> {
    let done = acts::end(&app, &who, id).await;
    noted(&app, &who, "ended_connection", None, Some(id), done).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The conversation of two, which is a group of kind `direct`: made where there is none, one for each pair.
#[utoipa::path(post, path = "/api/v1/connections/{id}/conversation", tag = "connections",
    responses((status = 201, body = Group), (status = 200, body = Group, description = "there already"), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn converse(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, Json<Group>)> {
    let opened = direct::open(&app, &who, id).await;
    let (group, created) = noted(&app, &who, "member_opened", None, Some(id), opened).await?;
    let mut tx = app.db.acting(&who).await?;
    let shown = groups::read::one(&mut tx, &app, group).await?;
    tx.commit().await?;
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(shown)))
}

/// The caller's own link, as whose staff she acts now: whoever opens it and signs in can ask her for a connection. It is the same for as long as
/// she works there, holds no secret, and opens nothing by itself; so there is nothing to make and nothing to end.
#[utoipa::path(get, path = "/api/v1/me/connection-link", tag = "connections", responses((status = 200, body = ConnectionLink)))]
async fn link(State(app): State<Shared>, who: Actor) -> Result<Json<ConnectionLink>> {
    let mut tx = app.db.acting(&who).await?;
    let me = Acting::load(&mut tx).await?;
    tx.commit().await?;
    let (link, code) = my_link(&app, me.facility_id, me.account_id)?;
    let (account_id, facility_id) = (me.account_id, me.facility_id);
    Ok(Json(ConnectionLink { link, qr: code.into_string(), account_id, facility_id }))
}
