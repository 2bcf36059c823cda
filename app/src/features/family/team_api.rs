//! The team's side of the family timeline as JSON: who is on it, inviting and taking off, office hours, letting a post through.

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
    model::{Role, new_relative},
    release::{self, Release},
    team,
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{
        groups::{pages as groups, read, refusals},
        posts::read as posts,
    },
    web::{
        input::{self, Strict},
        problem::Problem,
    },
};

/// Members read and let through; the host and the managing facility's admin invite, take off and set the hours.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(invite))
        .routes(routes!(cancel))
        .routes(routes!(remove))
        .routes(routes!(hours, set_hours))
        .routes(routes!(release))
}

#[derive(Serialize, ToSchema)]
struct RelativeAnswer {
    account_id: Uuid,
    role: Role,
    name: String,
    /// 続柄; empty for the patient.
    relation: String,
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Up to which post the own screen has shown the family timeline.
    read_up_to: i64,
}

#[derive(Serialize, ToSchema)]
struct WaitingAnswer {
    id: Uuid,
    role: Role,
    name: String,
    relation: String,
    invited_by: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
struct RelativesAnswer {
    items: Vec<RelativeAnswer>,
    /// Open invitations; empty for whoever may not invite.
    invitations: Vec<WaitingAnswer>,
}

/// Who of patient and family is on the family timeline now. 404 for a group without one.
#[utoipa::path(get, path = "/api/v1/groups/{id}/relatives", tag = "family", params(("id" = Uuid, Path)),
    responses((status = 200, body = RelativesAnswer), (status = 404, body = Problem)))]
async fn list(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
) -> Result<Json<RelativesAnswer>> {
    let found = relatives(&app, &who, group).await;
    refusals::noted(&app, &who, "viewed_family_timeline", Some(group), None, found).await.map(Json)
}

async fn relatives(app: &Shared, who: &Actor, group: Uuid) -> Result<RelativesAnswer> {
    let mut tx = app.db.acting(who).await?;
    let role = read::role(&mut tx, group).await?;
    if app.keys.group_streams(&mut tx, group).await?.family.is_none() {
        return Err(Error::NotFound);
    }
    audit::viewed(&mut tx, "viewed_relatives", Some(group), None, None).await?;
    let items = team::relatives(app, &mut tx, group).await?;
    let waiting = if role.keeps() { team::waiting(app, &mut tx, group).await? } else { Vec::new() };
    tx.commit().await?;
    let items = items.into_iter().map(|r| RelativeAnswer {
        account_id: r.account_id,
        role: r.role,
        name: r.person.name,
        relation: r.person.relation,
        since: r.since,
        read_up_to: r.read_up_to,
    });
    let invitations = waiting.into_iter().map(|w| WaitingAnswer {
        id: w.id,
        role: w.role,
        name: w.person.name,
        relation: w.person.relation,
        invited_by: w.invited_by,
        expires_at: w.expires_at,
    });
    Ok(RelativesAnswer { items: items.collect(), invitations: invitations.collect() })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InvitationBody {
    client_id: Uuid,
    /// `patient` or `family`.
    role: String,
    name: String,
    /// 続柄; left out for the patient.
    #[serde(default)]
    relation: String,
}

#[derive(Serialize, ToSchema)]
struct InvitationAnswer {
    id: Uuid,
    /// Opens once, for 72 hours. Whoever holds it can join: hand it to this person alone.
    link: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// `open`, `joined` or `cancelled`.
    state: String,
}

/// Invites somebody to the family timeline. The same client id with the same words gives the same invitation and link.
#[utoipa::path(post, path = "/api/v1/groups/{id}/relative-invitations", tag = "family", params(("id" = Uuid, Path)), request_body = InvitationBody,
    responses((status = 201, body = InvitationAnswer), (status = 200, body = InvitationAnswer, description = "sent before"), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn invite(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Strict(body): Strict<InvitationBody>,
) -> Result<(StatusCode, Json<InvitationAnswer>)> {
    let invited = async {
        let groups::Opened { tx, room, .. } = groups::kept(&app, &who, group).await?;
        tx.commit().await?;
        let new = new_relative(body.client_id, &body.role, &body.name, &body.relation, &room.name)
            .map_err(Error::Invalid)?;
        team::invite(&app, &who, group, &new).await
    };
    let i = refusals::noted(&app, &who, "invited_relative", Some(group), None, invited.await).await?;
    let status = if i.created { StatusCode::CREATED } else { StatusCode::OK };
    let answer = InvitationAnswer { id: i.id, link: i.link, expires_at: i.expires_at, state: i.state };
    Ok((status, Json(answer)))
}

/// Takes an open invitation back: its link opens nothing any more.
#[utoipa::path(delete, path = "/api/v1/groups/{id}/relative-invitations/{invitation}", tag = "family",
    params(("id" = Uuid, Path), ("invitation" = Uuid, Path)), responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn cancel(
    State(app): State<Shared>,
    who: Actor,
    Path((group, invitation)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    let done = team::cancel(&app, &who, group, invitation).await;
    refusals::noted(&app, &who, "cancelled_relative_invitation", Some(group), Some(invitation), done).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RemovalBody {
    client_id: Uuid,
    reason: String,
}

/// Takes somebody off the family timeline, at once. The same client id again changes nothing.
#[utoipa::path(post, path = "/api/v1/groups/{id}/relatives/{account}/removal", tag = "family",
    params(("id" = Uuid, Path), ("account" = Uuid, Path)), request_body = RemovalBody,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn remove(
    State(app): State<Shared>,
    who: Actor,
    Path((group, account)): Path<(Uuid, Uuid)>,
    Strict(body): Strict<RemovalBody>,
) -> Result<StatusCode> {
    let reason = input::line("reason", &body.reason, 200).map_err(|e| Error::Invalid(vec![e]))?;
    let done = team::end(&app, &who, group, account, body.client_id, Some(reason)).await;
    refusals::noted(&app, &who, "member_relative_removed", Some(group), Some(account), done).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
struct HoursAnswer {
    /// When somebody reads, in the host's words; null where nothing is said.
    words: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HoursBody {
    client_id: Uuid,
    /// Empty: nothing is said.
    words: String,
}

/// When the family is told that somebody reads.
#[utoipa::path(get, path = "/api/v1/groups/{id}/office-hours", tag = "family", params(("id" = Uuid, Path)),
    responses((status = 200, body = HoursAnswer), (status = 404, body = Problem)))]
async fn hours(State(app): State<Shared>, who: Actor, Path(group): Path<Uuid>) -> Result<Json<HoursAnswer>> {
    let mut tx = app.db.acting(&who).await?;
    read::role(&mut tx, group).await?;
    audit::viewed(&mut tx, "viewed_relatives", Some(group), None, None).await?;
    let words = team::hours(&app, &mut tx, group).await?;
    tx.commit().await?;
    Ok(Json(HoursAnswer { words }))
}

/// The same client id with the same words is done already; with others it is a conflict.
#[utoipa::path(put, path = "/api/v1/groups/{id}/office-hours", tag = "family", params(("id" = Uuid, Path)), request_body = HoursBody,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn set_hours(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Strict(body): Strict<HoursBody>,
) -> Result<StatusCode> {
    let words = input::optional_text("words", &body.words, 400).map_err(|e| Error::Invalid(vec![e]))?;
    let done = team::set_hours(&app, &who, group, body.client_id, &words).await;
    refusals::noted(&app, &who, "set_office_hours", Some(group), None, done).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReleaseBody {
    client_id: Uuid,
    /// What the family is to read, in words for them. May be empty where a file goes along.
    body: String,
    /// Files of the team's post that go along, whoever uploaded them; the others stay with the team. 422 `not_of_this_post`, and `not_for_family` for
    /// what the family's door does not open (macros, programs, web pages) or the scan refused.
    #[serde(default)]
    files: Vec<Uuid>,
}

#[derive(Serialize, ToSchema)]
struct ReleaseAnswer {
    /// On the family timeline. The team's post stays where it is.
    post_id: Uuid,
}

/// Lets one post of the team's through to the family. 409 `source_is_another_now` where it was corrected or withdrawn.
#[utoipa::path(post, path = "/api/v1/posts/{id}/release", tag = "family", params(("id" = Uuid, Path)), request_body = ReleaseBody,
    responses((status = 201, body = ReleaseAnswer), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn release(
    State(app): State<Shared>,
    who: Actor,
    Path(post): Path<Uuid>,
    Strict(body): Strict<ReleaseBody>,
) -> Result<(StatusCode, Json<ReleaseAnswer>)> {
    let released = async {
        let group = posts::one(&app, &who, post, false).await?.group_id;
        let new = Release::checked("body", post, group, body.client_id, &body.body, body.files)?;
        release::release(&app, &who, new).await
    };
    let released = released.await;
    let post_id = refusals::noted(&app, &who, "released_to_family", None, Some(post), released).await?;
    Ok((StatusCode::CREATED, Json(ReleaseAnswer { post_id })))
}
