//! `/api/v1/device-enrolments` and the facility's certificates.

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

use super::acts::{self, Certificate};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{devices::model, facilities::staff},
    web::{input::Strict, problem::Problem, urls},
};

/// The facility's admin for the facility for which they act; enrolling is for whoever holds a permission.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(enrol))
        .routes(routes!(offer))
        .routes(routes!(list))
        .routes(routes!(revoke))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Enrolment {
    /// From the link or the QR code.
    token: String,
    /// PKCS #10 in PEM. Only its key counts.
    csr: String,
}

#[derive(Serialize, ToSchema)]
struct EnrolledBody {
    /// PEM.
    certificate: String,
    /// PEM: the authority that signed it.
    authority: String,
    #[schema(value_type = String, format = DateTime)]
    not_after: Timestamp,
}

/// Gives a device its certificate, once for each permission. The key stays on the device.
#[utoipa::path(post, path = "/api/v1/device-enrolments", tag = "devices", request_body = Enrolment,
    responses((status = 201, body = EnrolledBody), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn enrol(
    State(app): State<Shared>,
    Strict(body): Strict<Enrolment>,
) -> Result<(StatusCode, Json<EnrolledBody>)> {
    let done = acts::enrol(&app, &body.token, &body.csr).await?;
    let body =
        EnrolledBody { certificate: done.certificate, authority: done.authority, not_after: done.not_after };
    Ok((StatusCode::CREATED, Json(body)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOffer {
    client_id: Uuid,
    /// What the device is called in the facility.
    name: String,
}

#[derive(Serialize, ToSchema)]
struct OfferBody {
    id: Uuid,
    /// For the device, by link or QR code. Shown once.
    url: String,
    token: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Permits one device to get a certificate, once, within 24 hours. The same client id again gives a new token for the same permission.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/device-enrolments", tag = "devices", request_body = NewOffer,
    responses((status = 201, body = OfferBody), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn offer(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<NewOffer>,
) -> Result<(StatusCode, Json<OfferBody>)> {
    drop(staff::administrating(&app, &who, "offered_certificate", Some(id)).await?);
    let name = model::name(&body.name).map_err(|e| Error::Invalid(vec![e]))?;
    let offer = acts::offer(&app, &who, body.client_id, &name).await?;
    let url = link(&app, &offer.token);
    let body = OfferBody { id: offer.id, url, token: offer.token, expires_at: offer.expires_at };
    Ok((StatusCode::CREATED, Json(body)))
}

/// Where a device enrols.
pub(super) fn link(app: &Shared, token: &str) -> String {
    format!("{}{}", app.config.enrolment_url(), urls::device_enrolment(token))
}

#[derive(Serialize, ToSchema)]
struct CertificateBody {
    id: Uuid,
    name: String,
    /// Hexadecimal.
    serial: String,
    #[schema(value_type = String, format = DateTime)]
    made_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    not_after: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used: Option<Timestamp>,
}

impl From<Certificate> for CertificateBody {
    fn from(c: Certificate) -> Self {
        Self {
            id: c.id,
            name: c.name,
            serial: hex::encode(c.serial),
            made_at: c.made_at,
            not_after: c.not_after,
            revoked_at: c.revoked_at,
            last_used: c.last_used,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Certificates {
    items: Vec<CertificateBody>,
    /// Always null: 2,000 at most.
    next: Option<String>,
}

/// The facility's certificates: the good ones first.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/device-certificates", tag = "devices",
    responses((status = 200, body = Certificates), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Certificates>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_certificates", Some(id)).await?;
    audit::viewed(&mut tx, "viewed_certificates", None, None, None).await?;
    let items = acts::mine(&mut tx).await?.into_iter().map(Into::into).collect();
    tx.commit().await?;
    Ok(Json(Certificates { items, next: None }))
}

/// Takes a certificate back: whoever is in by it is out at once, and nobody comes in by it any more.
#[utoipa::path(delete, path = "/api/v1/facilities/{id}/device-certificates/{certificate}", tag = "devices",
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn revoke(
    State(app): State<Shared>,
    who: Actor,
    Path((id, certificate)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    drop(staff::administrating(&app, &who, "revoked_certificate", Some(id)).await?);
    let revoked = acts::revoke(&app, &who, certificate).await;
    if let Err(Error::NotFound) = &revoked {
        audit::refused(&app, &who, "revoked_certificate", None, Some(certificate)).await;
    }
    revoked?;
    Ok(StatusCode::NO_CONTENT)
}
