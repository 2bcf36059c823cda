//! A recovery as the facility's admins work on it, and one's own. With sessions alone: starting, confirming and the code ask for one that has proven
//! again who it is.

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
    facility_routes::{made, noted},
    model::{Lost, Mine, NewRecovery, Recovery, StartForm},
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff::administrating,
    opaque_debug,
    web::{input::Strict, problem::Problem, viewer::Acting},
};

/// The facility's admins, for the facility for which they act; any signed-in person, for themselves.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(start))
        .routes(routes!(confirm))
        .routes(routes!(make_code))
        .routes(routes!(cancel))
        .routes(routes!(mine))
        .routes(routes!(cancel_mine))
}

/// The facility that the address names must be the one for which the caller acts. Who is no admin there is refused by the act itself, as on
/// the page.
async fn here(app: &Shared, who: &Actor, facility: Uuid) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    Acting::must_be_for(&mut tx, facility).await?;
    tx.commit().await
}

#[derive(Serialize, ToSchema)]
struct Recoveries {
    items: Vec<Recovery>,
    /// Always null: at most 100 are told.
    next: Option<String>,
}

/// The facility's recoveries of the last ninety days, the newest first.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/recoveries", tag = "recovery",
    responses((status = 200, body = Recoveries), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Recoveries>> {
    let (mut tx, _) = administrating(&app, &who, "viewed_security", Some(id)).await?;
    let items = acts::of_facility(&mut tx, None).await?;
    audit::viewed(&mut tx, "viewed_security", None, None, None).await?;
    tx.commit().await?;
    Ok(Json(Recoveries { items, next: None }))
}

/// Starts one for a person of the facility, good for a day; she and all admins are told. Never for oneself. Asks for a session that has proven
/// again who it is (403 `step_up_required`). 409 `recovery_open_already` while one is open, here or in another facility.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/staff/{account}/recovery", tag = "recovery", request_body = StartForm,
    responses((status = 201, body = Recovery), (status = 200, body = Recovery), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn start(
    State(app): State<Shared>,
    who: Actor,
    Path((id, account)): Path<(Uuid, Uuid)>,
    Strict(body): Strict<StartForm>,
) -> Result<(StatusCode, Json<Recovery>)> {
    here(&app, &who, id).await?;
    let new = NewRecovery::try_from(&body).map_err(Error::Invalid)?;
    let (recovery, fresh) = match acts::start(&app, &who, account, &new).await {
        Ok(started) => started,
        Err(error) => return Err(noted(&app, &who, "started_recovery", account, error).await),
    };
    let mut tx = app.db.acting(&who).await?;
    let found = acts::of_facility(&mut tx, Some(account)).await?.into_iter().find(|r| r.id == recovery);
    tx.commit().await?;
    let found = found.ok_or_else(|| Error::internal("it was just started"))?;
    Ok((if fresh { StatusCode::CREATED } else { StatusCode::OK }, Json(found)))
}

/// The second admin's yes: 403 for whoever started it and for the person concerned; 409 `recovery_not_waiting` for whoever comes second, or after a
/// day. Asks for a session that has proven again who it is.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/recoveries/{recovery}/confirmation", tag = "recovery",
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn confirm(
    State(app): State<Shared>,
    who: Actor,
    Path((id, recovery)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    here(&app, &who, id).await?;
    match acts::confirm(&app, &who, recovery).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(noted(&app, &who, "confirmed_recovery", recovery, error).await),
    }
}

#[derive(Serialize, ToSchema)]
struct RecoveryCode {
    /// In fours, to be handed to the person.
    code: String,
    lost: Lost,
    /// Where it is typed.
    page: String,
    /// The page with the code in it.
    link: String,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
}

opaque_debug!(RecoveryCode);

/// A code for the person, told this once; an earlier one is worthless from here on. 409 `recovery_not_confirmed` before the second person's yes. Asks for
/// a session that has proven again who it is.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/recoveries/{recovery}/code", tag = "recovery",
    responses((status = 200, body = RecoveryCode), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn make_code(
    State(app): State<Shared>,
    who: Actor,
    Path((id, recovery)): Path<(Uuid, Uuid)>,
) -> Result<Json<RecoveryCode>> {
    let (_, view) = made(&app, &who, Some(id), recovery).await?;
    Ok(Json(RecoveryCode {
        code: view.code,
        lost: view.lost,
        page: view.page,
        link: view.link,
        ends_at: view.ends_at,
    }))
}

/// Takes one back. 409 `recovery_over` once it has ended.
#[utoipa::path(delete, path = "/api/v1/facilities/{id}/recoveries/{recovery}", tag = "recovery",
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn cancel(
    State(app): State<Shared>,
    who: Actor,
    Path((id, recovery)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    here(&app, &who, id).await?;
    match acts::cancel(&app, &who, recovery).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(noted(&app, &who, "cancelled_recovery", recovery, error).await),
    }
}

#[derive(Serialize, ToSchema)]
struct OwnRecoveries {
    /// One at most.
    items: Vec<Mine>,
}

/// What is open for the own account, whoever started it.
#[utoipa::path(get, path = "/api/v1/me/recoveries", tag = "recovery", responses((status = 200, body = OwnRecoveries)))]
async fn mine(State(app): State<Shared>, who: Actor) -> Result<Json<OwnRecoveries>> {
    let mut tx = app.db.acting(&who).await?;
    let items = acts::mine(&mut tx).await?.into_iter().collect();
    tx.commit().await?;
    Ok(Json(OwnRecoveries { items }))
}

/// Stops the recovery of the own account. 409 `recovery_over` once it has ended.
#[utoipa::path(delete, path = "/api/v1/me/recoveries/{recovery}", tag = "recovery",
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn cancel_mine(
    State(app): State<Shared>,
    who: Actor,
    Path(recovery): Path<Uuid>,
) -> Result<StatusCode> {
    acts::cancel(&app, &who, recovery).await?;
    Ok(StatusCode::NO_CONTENT)
}
