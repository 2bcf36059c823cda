//! `/api/v1/patients`.

use std::collections::BTreeMap;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::acts::{self, NewPatient};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::face_sheets::fields,
    web::{input, input::Strict, problem::Problem},
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create))
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
    let fields = fields::read(body.fields)
        .map_err(|problems| Error::Invalid(problems.into_iter().map(Into::into).collect()))?;
    let number = input::optional_text("number", &body.number, 40).map_err(|e| Error::Invalid(vec![e]))?;
    let (id, created) =
        acts::register(&app, &who, &NewPatient { client_id: body.client_id, number, fields }).await?;
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(PatientId { id })))
}
