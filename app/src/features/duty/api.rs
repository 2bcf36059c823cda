//! `/api/v1`: who is on duty and since when, substitutes, and the telephone that one shows.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{Duty, DutyBody, HandOvers, ShownPhone, Substitute, SubstituteBody},
    read,
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{accounts::contact, facilities::directory},
    web::{input::Strict, problem::Problem, viewer::Acting},
};

/// Reading is for any signed-in person, like the directory; the rest for the facility's own people.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(show, hand_over))
        .routes(routes!(hand_overs))
        .routes(routes!(substitute, set_substitute))
        .routes(routes!(phone, show_phone))
}

/// Who is on duty in the facility now.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/on-duty", tag = "facilities", responses((status = 200, body = Duty), (status = 404, body = Problem)))]
async fn show(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Duty>> {
    let mut tx = app.db.acting(&who).await?;
    directory::facility(&mut tx, id).await?;
    let on_duty = read::on_duty(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(Duty { on_duty }))
}

/// Hands the duty over: by whoever has it, or the facility's admin. Where nobody has it, anybody of the facility takes it.
#[utoipa::path(put, path = "/api/v1/facilities/{id}/on-duty", tag = "facilities", request_body = DutyBody,
    responses((status = 200, body = Duty), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn hand_over(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<DutyBody>,
) -> Result<Json<Duty>> {
    acts::hand_over(&app, &who, id, body.account, body.until, body.client_id).await?;
    show(State(app), who, Path(id)).await
}

/// The last hand-overs of the own facility; others' do not exist here.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/on-duty/log", tag = "facilities", params(("id" = Uuid, Path)),
    responses((status = 200, body = HandOvers), (status = 404, body = Problem)))]
async fn hand_overs(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<HandOvers>> {
    let mut tx = app.db.acting(&who).await?;
    Acting::must_be_for(&mut tx, id).await?;
    let items = read::hand_overs(&mut tx, id).await?;
    audit::viewed(&mut tx, "viewed_duty", None, None, Some(id)).await?;
    tx.commit().await?;
    Ok(Json(HandOvers { items, next: None }))
}

/// Who stands in for somebody of the own facility: for that person and the admin.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/staff/{account}/substitute", tag = "facilities",
    responses((status = 200, body = Substitute), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn substitute(
    State(app): State<Shared>,
    who: Actor,
    Path((id, account)): Path<(Uuid, Uuid)>,
) -> Result<Json<Substitute>> {
    let mut tx = app.db.acting(&who).await?;
    Acting::must_be_for(&mut tx, id).await?;
    let substitute = read::substitute(&mut tx, account).await?;
    tx.commit().await?;
    Ok(Json(Substitute { substitute }))
}

/// Chooses who is asked too when that person does not answer in time.
#[utoipa::path(put, path = "/api/v1/facilities/{id}/staff/{account}/substitute", tag = "facilities", request_body = SubstituteBody,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn set_substitute(
    State(app): State<Shared>,
    who: Actor,
    Path((id, account)): Path<(Uuid, Uuid)>,
    Strict(body): Strict<SubstituteBody>,
) -> Result<StatusCode> {
    let mut tx = app.db.acting(&who).await?;
    Acting::must_be_for(&mut tx, id).await?;
    tx.commit().await?;
    acts::set_substitute(&app, &who, account, body.substitute).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The telephone that the caller shows to the people of their groups.
#[utoipa::path(get, path = "/api/v1/me/shown-phone", tag = "facilities", responses((status = 200, body = ShownPhone)))]
async fn phone(State(app): State<Shared>, who: Actor) -> Result<Json<ShownPhone>> {
    let mut tx = app.db.acting(&who).await?;
    let phone = read::my_phone(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(ShownPhone { phone }))
}

/// Shows another telephone, or none.
#[utoipa::path(put, path = "/api/v1/me/shown-phone", tag = "facilities", request_body = ShownPhone,
    responses((status = 200, body = ShownPhone), (status = 422, body = Problem)))]
async fn show_phone(
    State(app): State<Shared>,
    who: Actor,
    Strict(body): Strict<ShownPhone>,
) -> Result<Json<ShownPhone>> {
    let phone = contact::phone(&body.phone).map_err(|field| Error::Invalid(vec![field]))?;
    acts::show_phone(&app, &who, &phone).await?;
    Ok(Json(ShownPhone { phone }))
}
