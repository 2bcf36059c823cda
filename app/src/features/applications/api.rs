//! `/api/v1/facility-applications`: applying is for everybody; the queue and the decision for operators and the secretariat of the
//! region, with the console's cookie or its token as a bearer. What is behind a letter's link is in `own_api.rs`, one application as
//! reviewers work on it in `desk_api.rs`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts, desk_api,
    desk_routes::decide_in,
    first_admin,
    model::{ApplicationForm, Particulars, Typed},
    own_api,
    read::{self, Queued},
};
use crate::{
    Error, FieldError, Result,
    app::Shared,
    auth::Operator,
    features::{masters::acts::List, sign_in::acts::Origin},
    web::{
        input::{self, Query, Strict},
        problem::Problem,
    },
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(apply, queue))
        .routes(routes!(form))
        .routes(routes!(decide))
        .merge(own_api::routes())
        .merge(desk_api::routes())
        .merge(first_admin::api::routes())
}

#[derive(Debug, Serialize, ToSchema)]
struct ApplicationWord {
    code: String,
    /// In the language of the request.
    label: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct ApplicationRegion {
    #[schema(value_type = Uuid)]
    id: String,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct ApplicationPledge {
    /// What `pledge_version` of an application says.
    version: i32,
    title: String,
    /// Markdown.
    body: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct ApplicationOffer {
    /// Whether anybody can apply now.
    open: bool,
    /// What `kind` may be.
    kinds: Vec<ApplicationWord>,
    /// What `profession` may be.
    professions: Vec<ApplicationWord>,
    regions: Vec<ApplicationRegion>,
    /// To be read before an application accepts it; null until there is one.
    pledge: Option<ApplicationPledge>,
}

/// What an application may choose, and the pledge that it accepts.
#[utoipa::path(get, path = "/api/v1/facility-applications/form", tag = "facility applications", responses((status = 200, body = ApplicationOffer)))]
async fn form(State(app): State<Shared>) -> Result<Json<ApplicationOffer>> {
    let (offered, pledge) = (acts::offered(&app).await?, acts::pledge(&app).await?);
    let words = |list| {
        let choices = offered.words.choices(list).into_iter();
        choices.map(|(code, label)| ApplicationWord { code, label }).collect()
    };
    let regions = offered.regions.iter().cloned().map(|(id, name)| ApplicationRegion { id, name });
    Ok(Json(ApplicationOffer {
        open: acts::takes_applications(&app, pledge.is_some()),
        kinds: words(List::FacilityKind),
        professions: words(List::Profession),
        regions: regions.collect(),
        pledge: pledge.map(|p| ApplicationPledge {
            version: p.n,
            title: p.title,
            body: p.body.unwrap_or_default(),
        }),
    }))
}

/// Who answers for the facility; becomes its first admin.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Responsible {
    name: String,
    kana: String,
    /// A code of the list of professions, e.g. `doctor`.
    profession: String,
}

/// What an application says of the facility, as it stands or put right.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplicationParticulars {
    /// A code of the list of kinds, e.g. `clinic`.
    kind: String,
    name: String,
    kana: String,
    postal_code: String,
    address: String,
    phone: String,
    responsible: Responsible,
    region: Option<Uuid>,
}

impl From<&Particulars> for ApplicationParticulars {
    fn from(p: &Particulars) -> Self {
        let p = p.clone();
        Self {
            kind: p.kind,
            name: p.name,
            kana: p.kana,
            postal_code: p.postal_code,
            address: p.address,
            phone: p.phone,
            responsible: Responsible { name: p.person, kana: p.person_kana, profession: p.profession },
            region: p.region,
        }
    }
}

impl From<ApplicationParticulars> for Typed {
    fn from(p: ApplicationParticulars) -> Self {
        Self {
            region: p.region.map(|r| r.to_string()).unwrap_or_default(),
            kind: p.kind,
            name: p.name,
            kana: p.kana,
            postal_code: p.postal_code,
            address: p.address,
            phone: p.phone,
            person: p.responsible.name,
            person_kana: p.responsible.kana,
            profession: p.responsible.profession,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewFacility {
    client_id: Uuid,
    /// A code of the list of kinds, e.g. `clinic`.
    kind: String,
    name: String,
    kana: String,
    /// Seven digits, with or without a hyphen.
    postal_code: String,
    address: String,
    phone: String,
    responsible: Responsible,
    /// Where the letter goes that has to be confirmed within 72 hours.
    mail: String,
    /// The version of the policy `pledge` that is accepted with this.
    pledge_version: i32,
    /// Whose secretariat reviews; without one the operator does.
    region: Option<Uuid>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Application {
    id: Uuid,
    /// What one asks by.
    number: i64,
    /// `unconfirmed` until the mail is.
    state: String,
}

impl NewFacility {
    fn form(self) -> ApplicationForm {
        let Self { client_id, kind, name, kana, postal_code, address, phone, responsible, region, .. } = self;
        let said =
            ApplicationParticulars { kind, name, kana, postal_code, address, phone, responsible, region };
        let pledge = self.pledge_version.to_string();
        ApplicationForm { client_id, typed: said.into(), mail: self.mail, pledge, agreed: true }
    }
}

/// The page's names of fields, as this body names them.
pub(super) fn named(problem: FieldError) -> FieldError {
    let field = match problem.field.as_ref() {
        "person" => "responsible.name".into(),
        "person_kana" => "responsible.kana".into(),
        "profession" => "responsible.profession".into(),
        "agreed" => "pledge_version".into(),
        _ => problem.field,
    };
    FieldError { field, ..problem }
}

/// A facility applies. 200 for a client id that came before with the same in it; 409 `applications_closed` where there is no mail server; 412 where
/// the pledge has a newer version.
#[utoipa::path(post, path = "/api/v1/facility-applications", tag = "facility applications", request_body = NewFacility,
    responses((status = 201, body = Application), (status = 200, body = Application), (status = 409, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn apply(
    State(app): State<Shared>,
    origin: Origin,
    Strict(body): Strict<NewFacility>,
) -> Result<(StatusCode, Json<Application>)> {
    let offered = acts::offered(&app).await?;
    let checked = body.form().checked(&offered);
    let new = checked.map_err(|wrong| Error::Invalid(wrong.into_iter().map(named).collect()))?;
    let taken = acts::apply(&app, &new, &origin.block).await?;
    let status = if taken.fresh { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Application { id: taken.id, number: taken.number, state: taken.state })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    #[serde(default)]
    closed: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct Queue {
    items: Vec<Queued>,
    /// Always null: at most 200 are told.
    next: Option<String>,
}

/// What waits for a review, the longest waiting first; with `closed=true` what is decided, the newest first. A secretariat sees its region's.
#[utoipa::path(get, path = "/api/v1/facility-applications", tag = "facility applications", params(("closed" = Option<bool>, Query)),
    responses((status = 200, body = Queue), (status = 401, body = Problem)))]
async fn queue(State(app): State<Shared>, who: Operator, Query(which): Query<Which>) -> Result<Json<Queue>> {
    let mut tx = app.db.operating(&who).await?;
    let items = read::queue(&mut tx, which.closed).await?;
    tx.commit().await?;
    Ok(Json(Queue { items, next: None }))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Approve,
    Refuse,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Decided {
    decision: Decision,
    /// Stands on the applicant's page; a refusal needs one.
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct Outcome {
    id: Uuid,
    /// `approved` or `refused`.
    state: String,
    /// The facility that an approval made.
    facility_id: Option<Uuid>,
}

/// Approves or refuses; the same decision again answers the first one. 409 `checklist_first` while not everything is ticked, `decided_already` where
/// it was decided otherwise; 404 where it is of another region.
#[utoipa::path(post, path = "/api/v1/facility-applications/{id}/approval", tag = "facility applications", request_body = Decided,
    responses((status = 200, body = Outcome), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn decide(
    State(app): State<Shared>,
    who: Operator,
    Path(id): Path<Uuid>,
    Strict(body): Strict<Decided>,
) -> Result<Json<Outcome>> {
    let approve = body.decision == Decision::Approve;
    let reason = if approve {
        input::optional_text("reason", &body.reason, 1000)
    } else {
        input::text("reason", &body.reason, 1000)
    };
    let reason = reason.map_err(|problem| Error::Invalid(vec![problem]))?;
    let mut tx = app.db.operating(&who).await?;
    let application = read::one(&mut tx, id).await?;
    decide_in(&app, &mut tx, &application, approve, &reason).await?;
    let now = read::one(&mut tx, id).await?;
    tx.commit().await?;
    app.jobs.ring();
    Ok(Json(Outcome { id, state: now.state, facility_id: now.facility }))
}
