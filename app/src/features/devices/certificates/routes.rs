//! The pages of device certificates: the admin's list with its permissions, and the page where a device gets one.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    api::link,
    views::{EnrolView, ListView, OfferView, enrol_page, enrolled_page, list_page, offer_page},
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{devices::model, facilities::staff},
    web::{
        forms::Errors,
        input::{Done, Form},
        urls,
        viewer::Asked,
    },
};

/// The facility admin; enrolling is for whoever holds a permission.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::device_certificates(), get(list).post(offer))
        .route("/facility/device-certificates/{certificate}/revocation", post(revoke))
        .route("/device-enrolment/{permission}", get(ask).post(enrol))
}

async fn list(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(done): Query<Done>,
) -> Result<Response> {
    page(&app, &who, asked, String::new(), Errors::none(), done.done.is_some()).await
}

async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    name: String,
    errors: Errors,
    done: bool,
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(app, who, "viewed_certificates", None).await?;
    audit::viewed(&mut tx, "viewed_certificates", None, None, None).await?;
    let certificates = acts::mine(&mut tx).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = ListView {
        facility: me.facility.clone(),
        certificates,
        client_id: Uuid::now_v7(),
        name,
        errors,
        app_url: app.config.devices.app_url.clone(),
        done,
        now: Timestamp::now(),
    };
    Ok((status, list_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfferForm {
    client_id: Uuid,
    name: String,
}

/// The link is on the answer itself: nothing keeps it, and no address holds it.
async fn offer(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(form): Form<OfferForm>,
) -> Result<Response> {
    let (tx, me) = staff::administrating(&app, &who, "offered_certificate", None).await?;
    drop(tx);
    let name = match model::name(&form.name) {
        Ok(name) => name,
        Err(problem) => {
            return page(&app, &who, asked, form.name, Errors::one("name", &problem.message), false).await;
        }
    };
    let offer = acts::offer(&app, &who, form.client_id, &name).await?;
    let view = OfferView {
        facility: me.facility.clone(),
        name,
        link: link(&app, &offer.token),
        expires_at: offer.expires_at,
    };
    Ok(offer_page(&view, &me.ctx(asked)).into_response())
}

async fn revoke(State(app): State<Shared>, who: Actor, Path(certificate): Path<Uuid>) -> Result<Redirect> {
    let revoked = acts::revoke(&app, &who, certificate).await;
    if let Err(Error::NotFound | Error::Forbidden(_)) = &revoked {
        audit::refused(&app, &who, "revoked_certificate", None, Some(certificate)).await;
    }
    revoked?;
    Ok(Redirect::to(&format!("{}?done=revoked", urls::device_certificates())))
}

async fn ask(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    Path(permission): Path<String>,
) -> Result<Response> {
    let offered = acts::offered(&app, &permission).await?;
    let view = EnrolView {
        action: urls::device_enrolment(&permission),
        facility: offered.facility,
        name: offered.name,
        expires_at: offered.expires_at,
        csr: String::new(),
        errors: Errors::none(),
    };
    Ok(enrol_page(&view, &ctx).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnrolForm {
    csr: String,
}

async fn enrol(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    Path(permission): Path<String>,
    Form(form): Form<EnrolForm>,
) -> Result<Response> {
    match acts::enrol(&app, &permission, &form.csr).await {
        Ok(done) => Ok(enrolled_page(&done, &app.config.devices.app_url, &ctx).into_response()),
        Err(Error::Invalid(problems)) => {
            let offered = acts::offered(&app, &permission).await?;
            let view = EnrolView {
                action: urls::device_enrolment(&permission),
                facility: offered.facility,
                name: offered.name,
                expires_at: offered.expires_at,
                csr: form.csr,
                errors: problems.into_iter().collect(),
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, enrol_page(&view, &ctx)).into_response())
        }
        Err(error) => Err(error),
    }
}
