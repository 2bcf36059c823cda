//! `/api/v1/patients/{id}/wounds`. What is measured of a wound is recorded as an observation with its `site`.

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
    acts,
    api::known,
    model::{ObservationView, RangeVersion},
    read::Of,
    sites,
    wound_views::{Picture, Site},
    wounds::{Seen, seen},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit::noting_refusal,
    auth::Actor,
    opaque_debug,
    web::{input::Strict, problem::Problem},
};

/// Members of the patient's group now; 404 for everybody else.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(tag))
}

/// A picture in a post of the team; `GET /files/{id}` has it.
#[derive(Serialize, ToSchema)]
struct WoundPictureBody {
    file_id: Uuid,
    post_id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    posted_at: Timestamp,
}

impl From<Picture> for WoundPictureBody {
    fn from(p: Picture) -> Self {
        Self { file_id: p.file, post_id: p.post, posted_at: p.at }
    }
}

/// One place on the body.
#[derive(Serialize, ToSchema)]
struct WoundSite {
    /// `sacrum`, `heel.right` …
    site: String,
    name: String,
    /// The oldest first.
    pictures: Vec<WoundPictureBody>,
    /// The newest first.
    measures: Vec<ObservationView>,
}

impl WoundSite {
    fn of(site: Site, patient: Uuid, ranges: &[RangeVersion]) -> Self {
        Self {
            measures: site.measures.iter().map(|o| ObservationView::of(o, patient, ranges)).collect(),
            site: site.key,
            name: site.name,
            pictures: site.pictures.into_iter().map(Into::into).collect(),
        }
    }
}

/// A place that a picture can be given.
#[derive(Serialize, ToSchema)]
struct KnownSite {
    site: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct Wounds {
    /// The wound with the newest picture or measure first.
    items: Vec<WoundSite>,
    /// Always null: there is one page.
    next: Option<String>,
    /// Posted pictures without a place, the newest first.
    without_site: Vec<WoundPictureBody>,
    /// Every place that there is.
    known_sites: Vec<KnownSite>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WoundPictureNew {
    client_id: Uuid,
    post_id: Uuid,
    file_id: Uuid,
    /// One of `known_sites`.
    site: String,
}

#[derive(Serialize, ToSchema)]
struct WoundPictureMade {
    id: Uuid,
    post_id: Uuid,
    file_id: Uuid,
    site: String,
}

opaque_debug!(WoundPictureBody, WoundSite, Wounds, WoundPictureNew, WoundPictureMade);

/// Each wound of the patient with its pictures in order and what was measured.
#[utoipa::path(get, path = "/api/v1/patients/{id}/wounds", tag = "vitals", params(("id" = Uuid, Path)),
    responses((status = 200, body = Wounds), (status = 404, body = Problem)))]
async fn show(State(app): State<Shared>, who: Actor, Path(patient): Path<Uuid>) -> Result<Json<Wounds>> {
    let Seen { tx, sites, waiting, ranges, .. } = seen(&app, &who, patient).await?;
    tx.commit().await?;
    Ok(Json(Wounds {
        items: sites.into_iter().map(|site| WoundSite::of(site, patient, &ranges)).collect(),
        next: None,
        without_site: waiting.into_iter().map(Into::into).collect(),
        known_sites: sites::all().into_iter().map(|(site, name)| KnownSite { site, name }).collect(),
    }))
}

/// Says where on the body a posted picture was taken. The same `client_id` with the same content answers 200.
#[utoipa::path(post, path = "/api/v1/patients/{id}/wounds/pictures", tag = "vitals", params(("id" = Uuid, Path)), request_body = WoundPictureNew,
    responses((status = 201, body = WoundPictureMade), (status = 200, body = WoundPictureMade, description = "sent before"),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn tag(
    State(app): State<Shared>,
    who: Actor,
    Path(patient): Path<Uuid>,
    Strict(body): Strict<WoundPictureNew>,
) -> Result<(StatusCode, Json<WoundPictureMade>)> {
    // A stranger's mistakes are nobody's business.
    known(&app, &who, patient, "tagged_wound").await?;
    if !sites::is_known(&body.site) {
        return Err(Error::invalid("site", "unknown", t("写真の場所を選んでください。")));
    }
    let picture = (body.post_id, body.file_id);
    let tagged = acts::tag(&app, &who, Of::Patient(patient), body.client_id, picture, &body.site).await;
    let tagged = noting_refusal(&app, &who, "tagged_wound", patient, tagged).await?;
    let status = if tagged.created { StatusCode::CREATED } else { StatusCode::OK };
    let made =
        WoundPictureMade { id: tagged.id, post_id: body.post_id, file_id: body.file_id, site: body.site };
    Ok((status, Json(made)))
}
