//! `/api/v1/patients`.

use std::collections::BTreeMap;

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
    acts::{self, NewPatient},
    read,
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::face_sheets::fields,
    web::{input, input::Strict, problem::Problem},
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PatientBody {
    client_id: Uuid,
    /// The facility's own number for the patient.
    #[serde(default)]
    number: String,
    /// The face sheet's first version; `name` and `kana` at least.
    fields: BTreeMap<String, String>,
}

#[derive(Serialize, ToSchema)]
struct PatientId {
    id: Uuid,
}

/// Registers a patient of the caller's facility. Facility admins only.
#[utoipa::path(post, path = "/api/v1/patients", tag = "patients", request_body = PatientBody,
    responses((status = 201, body = PatientId), (status = 200, body = PatientId), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn create(
    State(app): State<Shared>,
    who: Actor,
    Strict(body): Strict<PatientBody>,
) -> Result<(StatusCode, Json<PatientId>)> {
    let (fields, number) = match (fields::read(body.fields), input::optional_text("number", &body.number, 40))
    {
        (Ok(fields), Ok(number)) => (fields, number),
        (fields, number) => {
            let problems = fields.err().into_iter().flatten().map(Into::into);
            return Err(Error::Invalid(problems.chain(number.err()).collect()));
        }
    };
    let registered =
        acts::register(&app, &who, &NewPatient { client_id: body.client_id, number, fields }).await;
    if let Err(Error::Forbidden(_)) = &registered {
        audit::refused(&app, &who, "registered_patient", None, None).await;
    }
    let (id, created) = registered?;
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(PatientId { id })))
}

/// A patient in short: the rest stands in the face sheet.
#[derive(Serialize, ToSchema)]
pub struct PatientBrief {
    pub id: Uuid,
    /// The managing facility.
    pub facility_id: Uuid,
    /// That facility's own number; null for everybody else.
    pub number: Option<String>,
    /// The patient's group, if there is one.
    pub group_id: Option<Uuid>,
    pub name: String,
    pub kana: Option<String>,
    /// `1934`, `1934-03` or `1934-03-03`.
    #[serde(rename = "birthDate")]
    pub birth_date: Option<String>,
    pub gender: Option<String>,
    /// The version of the face sheet that these were taken from.
    pub face_sheet_version: i64,
}

#[derive(Serialize, ToSchema)]
struct PatientList {
    items: Vec<PatientBrief>,
    next: Option<String>,
}

crate::opaque_debug!(PatientBody, PatientBrief, PatientList);

impl From<read::Patient> for PatientBrief {
    fn from(mut patient: read::Patient) -> Self {
        let mut take = |key| patient.fields.remove(key);
        Self {
            name: take("name").unwrap_or_default(),
            kana: take("kana"),
            birth_date: take("birthDate"),
            gender: take("gender"),
            id: patient.id,
            facility_id: patient.facility_id,
            number: patient.number,
            group_id: patient.group,
            face_sheet_version: patient.version,
        }
    }
}

/// Every patient whose face sheet the caller may read, in the order of the kana, on one page.
#[utoipa::path(get, path = "/api/v1/patients", tag = "patients", responses((status = 200, body = PatientList)))]
async fn list(State(app): State<Shared>, who: Actor) -> Result<Json<PatientList>> {
    let mut tx = app.db.acting(&who).await?;
    let facility = read::acting_for(&mut tx).await?;
    let patients = read::all(&app, &mut tx, facility).await?;
    audit::viewed(&mut tx, "viewed_patients", None, None, None).await?;
    tx.commit().await?;
    Ok(Json(PatientList { items: patients.into_iter().map(Into::into).collect(), next: None }))
}

/// One patient, for members of the group and the admins of the managing facility.
#[utoipa::path(get, path = "/api/v1/patients/{id}", tag = "patients",
    responses((status = 200, body = PatientBrief), (status = 404, body = Problem)))]
async fn show(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<PatientBrief>> {
    let patient = viewed(&app, &who, id).await;
    let patient = audit::noting_refusal(&app, &who, "viewed_patient", id, patient).await?;
    Ok(Json(patient.into()))
}

async fn viewed(app: &Shared, who: &Actor, id: Uuid) -> Result<read::Patient> {
    let mut tx = app.db.acting(who).await?;
    let facility = read::acting_for(&mut tx).await?;
    let patient = read::one(app, &mut tx, facility, id).await?;
    audit::viewed(&mut tx, "viewed_patient", patient.group, Some(id), None).await?;
    tx.commit().await?;
    Ok(patient)
}
