//! `/api/v1/files` and `/api/v1/groups/{id}/files`.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts::{self, Upload},
    list::{self, After},
    model::{GroupFiles, Uploaded},
    parts::{self, Parts},
    routes as pages,
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    web::{input::Query, problem::Problem},
};

/// Every route takes a signed-in person; what the database does not show to that person is 404.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(show)).routes(routes!(of_group))
}

/// The fields of the form. They may come in any order.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes a multipart body, which is read field by field")]
struct FileForm {
    client_id: Option<Uuid>,
    class: String,
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Stores one file. Pictures are written anew, without place and camera. Until the scan is over `state` is `scanning`.
#[utoipa::path(post, path = "/api/v1/files", tag = "files", request_body(content = FileForm, content_type = "multipart/form-data"),
    responses((status = 201, body = Uploaded), (status = 200, body = Uploaded, description = "sent before"), (status = 409, body = Problem),
        (status = 413, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn create(
    State(app): State<Shared>,
    who: Actor,
    form: UploadForm,
) -> Result<(StatusCode, Json<Uploaded>)> {
    let uploaded = form.store(&app, &who).await?;
    Ok((if uploaded.created { StatusCode::CREATED } else { StatusCode::OK }, Json(uploaded)))
}

/// The body, not read yet.
struct UploadForm(Parts<1>);

impl axum::extract::FromRequest<Shared> for UploadForm {
    type Rejection = Error;

    async fn from_request(request: axum::extract::Request, app: &Shared) -> Result<Self> {
        Parts::from_request(request, app).await.map(Self)
    }
}

impl UploadForm {
    async fn store(self, app: &Shared, who: &Actor) -> Result<Uploaded> {
        let Self(Parts(mut form)) = self;
        let desk = acts::desk(app, who).await?;
        let limit = app.config.limits.file_bytes;
        let (mut client_id, mut class, mut file) = (None, None, None);
        while let Some(mut field) = form.next_field().await.map_err(|e| parts::unreadable(&e, limit))? {
            match field.name().unwrap_or_default() {
                "client_id" if client_id.is_none() => {
                    let text = parts::short_text(app, &mut field).await?;
                    client_id = Some(text.parse().map_err(|_| Error::BadRequest("unreadable_form".into()))?);
                }
                "class" if class.is_none() => {
                    class = Some(acts::parse_class(&parts::short_text(app, &mut field).await?)?);
                }
                "file" if file.is_none() => {
                    let name = field.file_name().unwrap_or_default().to_owned();
                    file = Some((name, parts::whole_file(app, &mut field).await?));
                }
                _ => return Err(Error::BadRequest("unknown_field".into())),
            }
        }
        let class = class.ok_or_else(|| Error::BadRequest("class_expected".into()))?;
        let (name, file) = file.ok_or_else(|| Error::BadRequest("file_expected".into()))?;
        let client_id = client_id.unwrap_or_else(Uuid::new_v4);
        let upload = Upload { client_id, name, class, bytes: file.bytes.clone() };
        acts::store_at(app, acts::Sender::Staff(who), &desk, upload).await
    }
}

/// The bytes, always as a download. `Range` is understood. While the file is being scanned 409 `file_scanning`.
#[utoipa::path(get, path = "/api/v1/files/{id}", tag = "files",
    responses((status = 200, description = "the file"), (status = 206, description = "the part that was asked for"),
        (status = 403, body = Problem, description = "refused by the scan"), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn show(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response> {
    pages::opened(&app, &who, id, |_| false, &headers).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// The files of a group's posts, newest first.
#[utoipa::path(get, path = "/api/v1/groups/{id}/files", tag = "files",
    params(("limit" = Option<i64>, Query, description = "1 to 100, 50 by default"), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = GroupFiles), (status = 404, body = Problem)))]
async fn of_group(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Query(query): Query<ListQuery>,
) -> Result<Json<GroupFiles>> {
    let after = match query.cursor.as_deref() {
        Some(cursor) => After::parse(cursor).ok_or_else(|| Error::BadRequest("unknown_cursor".into()))?,
        None => After::nothing(),
    };
    let mut tx = app.db.acting(&who).await?;
    let files =
        list::page(&app, &mut tx, &who, group, after, query.limit.unwrap_or(50).clamp(1, 100)).await?;
    tx.commit().await?;
    Ok(Json(files))
}
