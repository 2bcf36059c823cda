//! One application as reviewers work on it, and the list that they go through. With the console's cookie or its token as a bearer.

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
    api::ApplicationParticulars,
    read::{self, Reviewed},
    store,
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Operator,
    db::Tx,
    web::{
        input::{self, Strict},
        problem::Problem,
    },
};

/// Operators and secretariats; the checklist is the operators'.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(one))
        .routes(routes!(tick))
        .routes(routes!(note))
        .routes(routes!(ask))
        .routes(routes!(renew))
        .routes(routes!(checklist))
        .routes(routes!(save_item))
}

#[derive(Debug, Serialize, ToSchema)]
struct ApplicationEntry {
    /// `confirmed`, `note`, `question`, `answer`, `changed`, `approved`, `refused`, `link` or `redeemed`.
    kind: String,
    text: String,
    /// Null: the applicant.
    operator: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
struct ApplicationCheck {
    id: Uuid,
    label: String,
    /// False: it was ticked before it was taken off the list.
    active: bool,
    ticked: bool,
    /// Who ticked it or took the tick away last.
    by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ApplicationDouble {
    /// False: another open application.
    facility: bool,
    name: String,
    phone: String,
    same_name: bool,
    same_phone: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct ReviewedApplication {
    id: Uuid,
    number: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `waiting`, `asked`, `approved` or `refused`.
    state: String,
    application: ApplicationParticulars,
    /// The name of the region.
    region: Option<String>,
    mail: String,
    pledge_version: i32,
    /// The facility that an approval made.
    facility_id: Option<Uuid>,
    /// Whether the first admin is in.
    first_admin: bool,
    /// Until when the first admin's link is good.
    #[schema(value_type = Option<String>, format = DateTime)]
    link_until: Option<Timestamp>,
    /// The oldest first.
    entries: Vec<ApplicationEntry>,
    checks: Vec<ApplicationCheck>,
    /// What has the same name or telephone number.
    doubles: Vec<ApplicationDouble>,
}

impl From<Reviewed> for ReviewedApplication {
    fn from(r: Reviewed) -> Self {
        let entry =
            |e: read::Entry| ApplicationEntry { kind: e.kind, text: e.body, operator: e.operator, at: e.at };
        let check = |c: read::Check| {
            let (by, at) = c.by.unzip();
            ApplicationCheck { id: c.id, label: c.label, active: c.active, ticked: c.ticked, by, at }
        };
        let double = |d: read::Double| ApplicationDouble {
            facility: d.facility,
            name: d.name,
            phone: d.phone,
            same_name: d.same_name,
            same_phone: d.same_phone,
        };
        Self {
            id: r.id,
            number: r.number,
            at: r.at,
            state: r.state,
            application: (&r.particulars).into(),
            region: r.region,
            mail: r.mail,
            pledge_version: r.pledge,
            facility_id: r.facility,
            first_admin: r.redeemed,
            link_until: r.link_until,
            entries: r.entries.into_iter().map(entry).collect(),
            checks: r.checks.into_iter().map(check).collect(),
            doubles: r.doubles.into_iter().map(double).collect(),
        }
    }
}

/// Ends the transaction with the application as it stands.
async fn standing(mut tx: Tx, id: Uuid) -> Result<Json<ReviewedApplication>> {
    let now = read::one(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(now.into()))
}

/// One application with everything that was said and ticked. 404 where it is of another region, or not confirmed.
#[utoipa::path(get, path = "/api/v1/facility-applications/{id}", tag = "facility applications",
    responses((status = 200, body = ReviewedApplication), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn one(
    State(app): State<Shared>,
    who: Operator,
    Path(id): Path<Uuid>,
) -> Result<Json<ReviewedApplication>> {
    standing(app.db.operating(&who).await?, id).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ApplicationTick {
    ticked: bool,
}

/// Ticks an item of the list, or takes the tick away. 409 once it is decided.
#[utoipa::path(put, path = "/api/v1/facility-applications/{id}/checks/{item}", tag = "facility applications", request_body = ApplicationTick,
    responses((status = 200, body = ReviewedApplication), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn tick(
    State(app): State<Shared>,
    who: Operator,
    Path((id, item)): Path<(Uuid, Uuid)>,
    Strict(body): Strict<ApplicationTick>,
) -> Result<Json<ReviewedApplication>> {
    let mut tx = app.db.operating(&who).await?;
    store::tick(&mut tx, id, item, body.ticked).await?;
    standing(tx, id).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ApplicationWords {
    client_id: Uuid,
    text: String,
}

impl ApplicationWords {
    fn checked(&self, most: usize) -> Result<String> {
        input::text("text", &self.text, most).map_err(|problem| Error::Invalid(vec![problem]))
    }
}

/// A note for reviewers alone. The same client id again is the same note.
#[utoipa::path(post, path = "/api/v1/facility-applications/{id}/notes", tag = "facility applications", request_body = ApplicationWords,
    responses((status = 200, body = ReviewedApplication), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn note(
    State(app): State<Shared>,
    who: Operator,
    Path(id): Path<Uuid>,
    Strict(body): Strict<ApplicationWords>,
) -> Result<Json<ReviewedApplication>> {
    let text = body.checked(4000)?;
    let mut tx = app.db.operating(&who).await?;
    store::note(&mut tx, id, body.client_id, &text).await?;
    standing(tx, id).await
}

/// Asks the applicant by a letter with a link, which says nothing of what is asked. The same client id again asks once. 409 unless it
/// waits for a review, or (`no_mail_server`) where no letter can go out.
#[utoipa::path(post, path = "/api/v1/facility-applications/{id}/questions", tag = "facility applications", request_body = ApplicationWords,
    responses((status = 200, body = ReviewedApplication), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn ask(
    State(app): State<Shared>,
    who: Operator,
    Path(id): Path<Uuid>,
    Strict(body): Strict<ApplicationWords>,
) -> Result<Json<ReviewedApplication>> {
    let text = body.checked(2000)?;
    let mut tx = app.db.operating(&who).await?;
    let application = read::one(&mut tx, id).await?;
    store::ask(&app, &mut tx, &application, body.client_id, &text).await?;
    let asked = standing(tx, id).await?;
    app.jobs.ring();
    Ok(asked)
}

/// Sends the first admin another link; those before it open nothing any more. 409 unless it is approved and the first admin is not in.
#[utoipa::path(post, path = "/api/v1/facility-applications/{id}/first-admin-link", tag = "facility applications",
    responses((status = 200, body = ReviewedApplication), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn renew(
    State(app): State<Shared>,
    who: Operator,
    Path(id): Path<Uuid>,
) -> Result<Json<ReviewedApplication>> {
    let mut tx = app.db.operating(&who).await?;
    let application = read::one(&mut tx, id).await?;
    store::renew(&app, &mut tx, &application).await?;
    let renewed = standing(tx, id).await?;
    app.jobs.ring();
    Ok(renewed)
}

#[derive(Debug, Serialize, ToSchema)]
struct ChecklistItem {
    id: Uuid,
    label: String,
    /// From the top, 0 to 9999.
    place: i32,
    active: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct Checklist {
    items: Vec<ChecklistItem>,
}

/// What reviewers go through before an approval, with what was taken off the list. Operators alone.
#[utoipa::path(get, path = "/api/v1/application-checklist", tag = "facility applications",
    responses((status = 200, body = Checklist), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn checklist(State(app): State<Shared>, who: Operator) -> Result<Json<Checklist>> {
    let mut tx = app.db.operating(&who).await?;
    let items = read::items(&mut tx).await?;
    tx.commit().await?;
    let item = |i: read::Item| ChecklistItem { id: i.id, label: i.label, place: i.place, active: i.active };
    Ok(Json(Checklist { items: items.into_iter().map(item).collect() }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChecklistItemBody {
    /// Of a new item; the words of one that there is stay.
    label: String,
    /// From the top, 0 to 9999.
    place: i32,
    active: bool,
}

/// Adds an item under the id in the address, which the caller makes; or moves one, or takes it off the list. Operators alone.
#[utoipa::path(put, path = "/api/v1/application-checklist/{item}", tag = "facility applications", request_body = ChecklistItemBody,
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn save_item(
    State(app): State<Shared>,
    who: Operator,
    Path(item): Path<Uuid>,
    Strict(body): Strict<ChecklistItemBody>,
) -> Result<StatusCode> {
    let label = input::line("label", &body.label, 200).map_err(|problem| Error::Invalid(vec![problem]))?;
    let mut tx = app.db.operating(&who).await?;
    store::save_item(&mut tx, item, &label, body.place.clamp(0, 9999), body.active).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
