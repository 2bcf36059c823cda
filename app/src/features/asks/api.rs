//! `/api/v1`: open items, 対応済, calls.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{
        AskedOfPost, AskedPerson, CallBody, FollowedBody, HandledBody, MAX_TEXT, NewCall, OpenItems, RESULTS,
        What,
    },
    read::{self, Followed},
    routes::{Seen, seen},
    views::Person,
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    web::{input, input::Strict, problem::Problem},
};

/// The caller's own list; the rest for members of the post's group (404 else).
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(open_items))
        .routes(routes!(handled))
        .routes(routes!(called))
        .routes(routes!(asked))
}

/// What waits for the caller, and which of the caller's posts wait for others.
#[utoipa::path(get, path = "/api/v1/me/open-items", tag = "posts", responses((status = 200, body = OpenItems)))]
async fn open_items(State(app): State<Shared>, who: Actor) -> Result<Json<OpenItems>> {
    let mut tx = app.db.acting(&who).await?;
    let items = read::open(&app, &mut tx).await?;
    let waiting = read::waiting(&app, &mut tx).await?;
    audit::viewed(&mut tx, "viewed_open_items", None, None, None).await?;
    tx.commit().await?;
    Ok(Json(OpenItems { items, waiting }))
}

/// What the post asked for is done (対応済): by somebody whom it asks, or its author; once.
#[utoipa::path(put, path = "/api/v1/posts/{id}/handled", tag = "posts", request_body = HandledBody,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn handled(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<HandledBody>,
) -> Result<StatusCode> {
    let result = input::text("result", &body.result, MAX_TEXT).map_err(|e| Error::Invalid(vec![e]))?;
    acts::handle(&app, &who, id, body.client_id, result).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Notes a call to somebody whom the post asks. The same `client_id` again answers 200.
#[utoipa::path(post, path = "/api/v1/posts/{id}/calls", tag = "posts", request_body = CallBody,
    responses((status = 201), (status = 200, description = "noted before"), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn called(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<CallBody>,
) -> Result<StatusCode> {
    let new = NewCall::try_from(body).map_err(Error::Invalid)?;
    let created = acts::call(&app, &who, id, new).await?;
    Ok(if created { StatusCode::CREATED } else { StatusCode::OK })
}

impl From<Person> for AskedPerson {
    fn from(p: Person) -> Self {
        Self {
            id: p.account,
            name: p.name,
            profession: p.profession.code().to_owned(),
            facility: p.facility,
            phone: p.phone,
            facility_phone: p.facility_phone,
            overdue: p.overdue,
            substitute: p.substitute,
            stands_in: p.stands_in,
        }
    }
}

impl From<Followed> for FollowedBody {
    fn from(f: Followed) -> Self {
        let (kind, called, result) = match f.what {
            What::Handled => ("handled", None, None),
            What::Called { whom, result } => {
                let code = RESULTS.iter().find(|(_, known)| *known == result).map(|(code, _)| *code);
                ("called", Some(whom), code)
            }
        };
        Self { kind, by: f.by, at: f.at, called, result, text: f.text }
    }
}

/// Who has not answered a post that asks for 了解, with the ways to reach them, and what was done about it.
#[utoipa::path(get, path = "/api/v1/posts/{id}/asked", tag = "posts", params(("id" = Uuid, Path)),
    responses((status = 200, body = AskedOfPost), (status = 404, body = Problem)))]
async fn asked(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<AskedOfPost>> {
    let Seen { tx, people, followed, .. } = seen(&app, &who, id).await?;
    tx.commit().await?;
    Ok(Json(AskedOfPost {
        items: people.into_iter().map(Into::into).collect(),
        next: None,
        followed: followed.into_iter().map(Into::into).collect(),
    }))
}
