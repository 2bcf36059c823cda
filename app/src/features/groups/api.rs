//! `/api/v1/groups`.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts::{self, Opening},
    model::{
        ArchiveBody, DepartureBody, Group, GroupPage, HostBody, Kind, Members, OpenBody, TitleBody,
        optional_reason, reason, title,
    },
    read::{self, Wanted},
    refusals,
    wording::{self, Wording, WordingBody},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    web::{
        input::{Query, Strict},
        problem::Problem,
    },
};

/// Every route takes a signed-in person; the database decides what that person is in the group (404 for a stranger).
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, open))
        .routes(routes!(show))
        .routes(routes!(members))
        .routes(routes!(set_host))
        .routes(routes!(set_archived))
        .routes(routes!(end_membership))
        .routes(routes!(set_title))
        .routes(routes!(look_at_wording))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    kind: Option<Kind>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// The groups that the caller is in, the newest words first.
#[utoipa::path(get, path = "/api/v1/groups", tag = "groups",
    params(("kind" = Option<String>, Query), ("limit" = Option<i64>, Query, description = "1 to 100, 50 by default"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = GroupPage)))]
async fn list(
    State(app): State<Shared>,
    who: Actor,
    Query(query): Query<ListQuery>,
) -> Result<Json<GroupPage>> {
    let after = query
        .cursor
        .as_deref()
        .map(|text| read::parse_cursor(text).ok_or_else(|| Error::BadRequest("unknown_cursor".into())));
    let wanted = Wanted {
        kind: query.kind,
        after: after.transpose()?,
        group: None,
        limit: query.limit.unwrap_or(50).clamp(1, 100),
    };
    let mut tx = app.db.acting(&who).await?;
    let page = read::page(&mut tx, &app, wanted).await?;
    audit::viewed(&mut tx, "viewed_groups", None, None, None).await?;
    tx.commit().await?;
    Ok(Json(page))
}

/// Opens the group of a patient (admins of the managing facility; the host is named here), or a free group (anybody; the opener
/// is its host).
#[utoipa::path(post, path = "/api/v1/groups", tag = "groups", request_body = OpenBody,
    responses((status = 201, body = Group), (status = 200, body = Group, description = "sent before"), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn open(
    State(app): State<Shared>,
    who: Actor,
    Strict(body): Strict<OpenBody>,
) -> Result<(StatusCode, Json<Group>)> {
    let opened = match (body.kind, body.patient_id, body.host, body.title) {
        (Kind::Patient, Some(patient_id), Some(host), None) if body.purpose.is_none() => {
            acts::open(&app, &who, Opening { client_id: body.client_id, patient_id, host }).await
        }
        (Kind::Free, None, None, Some(called)) => {
            let titled = title(&called, body.purpose.as_deref()).map_err(Error::Invalid)?;
            acts::open_free(&app, &who, body.client_id, &titled).await
        }
        (Kind::Direct, ..) => {
            let words = t("1対1の会話は、つながりから始めてください。");
            return Err(Error::invalid("kind", "not_this_way", words));
        }
        (Kind::Patient | Kind::Free, ..) => return Err(Error::BadRequest("fields_of_another_kind".into())),
    };
    let (id, created) = refusals::noted(&app, &who, "member_opened", None, body.patient_id, opened).await?;
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(one(&app, &who, id).await?)))
}

async fn one(app: &Shared, who: &Actor, group: Uuid) -> Result<Group> {
    let mut tx = app.db.acting(who).await?;
    let group = read::one(&mut tx, app, group).await?;
    tx.commit().await?;
    Ok(group)
}

/// One group.
#[utoipa::path(get, path = "/api/v1/groups/{id}", tag = "groups", responses((status = 200, body = Group), (status = 404, body = Problem)))]
async fn show(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Group>> {
    let mut tx = app.db.acting(&who).await?;
    let group = match read::one(&mut tx, &app, id).await {
        Ok(group) => group,
        Err(error) => {
            drop(tx);
            return refusals::noted(&app, &who, "viewed_group", Some(id), None, Err(error)).await;
        }
    };
    audit::viewed(&mut tx, "viewed_group", Some(id), None, None).await?;
    tx.commit().await?;
    Ok(Json(group))
}

/// Who is in the group now; for the host and the managing facility's admin also who is on the way in.
#[utoipa::path(get, path = "/api/v1/groups/{id}/members", tag = "groups", responses((status = 200, body = Members), (status = 404, body = Problem)))]
async fn members(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Members>> {
    let mut tx = app.db.acting(&who).await?;
    let role = match read::role(&mut tx, id).await {
        Ok(role) => role,
        Err(error) => {
            drop(tx);
            return refusals::noted(&app, &who, "viewed_members", Some(id), None, Err(error)).await;
        }
    };
    let members = read::members(&mut tx, id, role).await?;
    audit::viewed(&mut tx, "viewed_members", Some(id), None, None).await?;
    tx.commit().await?;
    Ok(Json(members))
}

/// Calls a free group otherwise. The host, or the managing facility's admin; earlier titles stay in the record.
#[utoipa::path(put, path = "/api/v1/groups/{id}/title", tag = "groups", request_body = TitleBody,
    responses((status = 200, body = Group), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn set_title(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<TitleBody>,
) -> Result<Json<Group>> {
    let titled = title(&body.title, body.purpose.as_deref()).map_err(Error::Invalid)?;
    let done = acts::retitle(&app, &who, id, body.client_id, titled).await;
    refusals::noted(&app, &who, "member_titled", Some(id), None, done).await?;
    Ok(Json(one(&app, &who, id).await?))
}

/// Makes another member the host. The host of before stays as a member.
#[utoipa::path(put, path = "/api/v1/groups/{id}/host", tag = "groups", request_body = HostBody,
    responses((status = 200, body = Group), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn set_host(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<HostBody>,
) -> Result<Json<Group>> {
    let reason = optional_reason(body.reason.as_deref()).map_err(|e| Error::Invalid(vec![e]))?;
    let done = acts::hand_over(&app, &who, id, body.account_id, body.client_id, reason).await;
    refusals::noted(&app, &who, "member_handed_over", Some(id), Some(body.account_id), done).await?;
    Ok(Json(one(&app, &who, id).await?))
}

/// Makes the group read-only, or lets it go on, with a reason.
#[utoipa::path(put, path = "/api/v1/groups/{id}/archive", tag = "groups", request_body = ArchiveBody,
    responses((status = 200, body = Group), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn set_archived(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<ArchiveBody>,
) -> Result<Json<Group>> {
    let why = reason(&body.reason).map_err(|e| Error::Invalid(vec![e]))?;
    let done = acts::set_archived(&app, &who, id, body.archived, body.client_id, why).await;
    let what = if body.archived { "member_archived" } else { "member_reopened" };
    refusals::noted(&app, &who, what, Some(id), None, done).await?;
    Ok(Json(one(&app, &who, id).await?))
}

/// Takes a member out; whoever names the own account leaves. It takes effect on the person's next request.
#[utoipa::path(delete, path = "/api/v1/groups/{id}/members/{account}", tag = "groups", request_body(content = Option<DepartureBody>),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn end_membership(
    State(app): State<Shared>,
    who: Actor,
    Path((id, account)): Path<(Uuid, Uuid)>,
    body: Bytes,
) -> Result<StatusCode> {
    let body: DepartureBody = if body.is_empty() {
        DepartureBody { client_id: Uuid::new_v4(), reason: None }
    } else {
        serde_json::from_slice(&body).map_err(|_| Error::BadRequest("unreadable_json".into()))?
    };
    let reason = optional_reason(body.reason.as_deref()).map_err(|e| Error::Invalid(vec![e]))?;
    let done = acts::end_membership(&app, &who, id, account, body.client_id, reason).await;
    refusals::noted(&app, &who, "member_removed", Some(id), Some(account), done).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a text looks as if it spoke of a patient, where the rule is that nobody does. Sending is never refused for it. Nothing is
/// kept of the text.
#[utoipa::path(post, path = "/api/v1/groups/{id}/wording", tag = "groups", request_body = WordingBody,
    responses((status = 200, body = Wording), (status = 404, body = Problem)))]
async fn look_at_wording(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<WordingBody>,
) -> Result<Json<Wording>> {
    let found = wording::look(&app, &who, id, &body.body).await;
    let found = refusals::noted(&app, &who, "viewed_group", Some(id), None, found).await?;
    Ok(Json(wording::findings(&found)))
}
