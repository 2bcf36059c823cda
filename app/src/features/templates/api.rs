//! `/api/v1/templates`.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{NewTemplate, Template, TemplateText, Templates},
    read,
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    web::{input, input::Strict, problem::Problem},
};

/// Own templates, those of the acting facility, and the built-in ones; 404 for everybody else's.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(show, change, remove))
}

type Tagged = ([(HeaderName, String); 1], Json<Template>);

fn tagged(template: Template) -> Tagged {
    ([(header::ETAG, format!("\"{}\"", template.version))], Json(template))
}

/// What the caller may use, acting for this facility: own, the facility's, built in.
#[utoipa::path(get, path = "/api/v1/templates", tag = "templates", responses((status = 200, body = Templates)))]
async fn list(State(app): State<Shared>, who: Actor) -> Result<Json<Templates>> {
    let mut tx = app.db.acting(&who).await?;
    audit::viewed(&mut tx, "viewed_templates", None, None, None).await?;
    let items = read::all(&app, &mut tx).await?;
    tx.commit().await?;
    Ok(Json(Templates { items }))
}

/// Makes one. The same `client_id` with the same text answers 200 with the first one. A facility's is the admin's to make.
#[utoipa::path(post, path = "/api/v1/templates", tag = "templates", request_body = NewTemplate,
    responses((status = 201, body = Template), (status = 200, body = Template, description = "made before"), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn add(
    State(app): State<Shared>,
    who: Actor,
    Strict(new): Strict<NewTemplate>,
) -> Result<(StatusCode, Json<Template>)> {
    let (template, created) = acts::add(&app, &who, &new).await?;
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(template)))
}

/// One, as it stands. `ETag` is its version, for `If-Match`.
#[utoipa::path(get, path = "/api/v1/templates/{id}", tag = "templates",
    responses((status = 200, body = Template, headers(("ETag" = String, description = "the version in quotes"))), (status = 404, body = Problem)))]
async fn show(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Tagged> {
    let mut tx = app.db.acting(&who).await?;
    let template = read::offered(&app, &mut tx, id).await?;
    audit::viewed(&mut tx, "viewed_templates", None, None, Some(id)).await?;
    tx.commit().await?;
    Ok(tagged(template))
}

/// The next version. `If-Match` names the one that was seen: 428 without it, 412 when another one stands now.
#[utoipa::path(put, path = "/api/v1/templates/{id}", tag = "templates", request_body = TemplateText,
    params(("If-Match" = String, Header, description = "`\"<version>\"`")),
    responses((status = 200, body = Template), (status = 403, body = Problem), (status = 404, body = Problem), (status = 412, body = Problem),
        (status = 422, body = Problem), (status = 428, body = Problem)))]
async fn change(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Strict(text): Strict<TemplateText>,
) -> Result<Tagged> {
    acts::change(&app, &who, id, seen(&headers)?, &text).await.map(tagged)
}

/// No longer offered. `If-Match` as above. Posts that were filled in on it stay as they are.
#[utoipa::path(delete, path = "/api/v1/templates/{id}", tag = "templates",
    params(("If-Match" = String, Header, description = "`\"<version>\"`")),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 412, body = Problem), (status = 428, body = Problem)))]
async fn remove(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<StatusCode> {
    acts::remove(&app, &who, id, seen(&headers)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn seen(headers: &HeaderMap) -> Result<u32> {
    u32::try_from(input::if_match(headers)?).map_err(|_| Error::Stale)
}
