//! What the host and the managing facility's admin do with the people of a family timeline.

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    model::{NewRelative, new_relative},
    people_views::{
        HoursView, InviteView, InvitedView, RemovalView, hours_page, invite_page, invited_page, removal_page,
    },
    team,
    team_pages::back,
};
use crate::{
    Error, FieldError, Result,
    app::Shared,
    auth::Actor,
    features::groups::{pages as groups, refusals},
    web::{
        forms::{self, Errors},
        input::{self, Form},
        urls,
        viewer::Asked,
    },
};

/// The host, and the managing facility's admin.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/groups/{group}/family/invitations/new", get(ask_invitation).post(invite))
        .route("/groups/{group}/family/invitations/{invitation}/cancellation", post(cancel))
        .route("/groups/{group}/family/{account}/removal", get(ask_removal).post(remove))
        .route("/groups/{group}/family/hours", get(ask_hours).post(set_hours))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct InviteForm {
    pub client_id: Uuid,
    pub role: String,
    pub name: String,
    pub relation: String,
}

async fn ask_invitation(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
) -> Result<Response> {
    let typed = InviteForm { client_id: Uuid::new_v4(), ..InviteForm::default() };
    invitation(&app, &who, asked, group, typed, Errors::none()).await
}

async fn invitation(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    group: Uuid,
    typed: InviteForm,
    errors: Errors,
) -> Result<Response> {
    let groups::Opened { tx, me, room, .. } = groups::kept(app, who, group).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = InviteView { room, group_id: group, typed, errors };
    Ok((status, invite_page(&view, &me.ctx(asked))).into_response())
}

async fn invite(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Form(form): Form<InviteForm>,
) -> Result<Response> {
    let groups::Opened { tx, me, room, .. } = groups::kept(&app, &who, group).await?;
    tx.commit().await?;
    let new: Result<NewRelative, Vec<FieldError>> =
        new_relative(form.client_id, &form.role, &form.name, &form.relation, &room.name);
    let new = match new {
        Ok(new) => new,
        Err(problems) => {
            let errors = problems.into_iter().collect();
            return invitation(&app, &who, asked, group, form, errors).await;
        }
    };
    let invited = team::invite(&app, &who, group, &new).await;
    let invited = refusals::noted(&app, &who, "invited_relative", Some(group), None, invited).await?;
    let view = InvitedView { room, group_id: group, person: new.person, role: new.role, invited };
    Ok(invited_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Deserialize)]
struct Nothing {}

async fn cancel(
    State(app): State<Shared>,
    who: Actor,
    Path((group, invitation)): Path<(Uuid, Uuid)>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response> {
    let done = team::cancel(&app, &who, group, invitation).await;
    refusals::noted(&app, &who, "cancelled_relative_invitation", Some(group), Some(invitation), done).await?;
    Ok(back(group, "cancelled"))
}

async fn ask_removal(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path((group, account)): Path<(Uuid, Uuid)>,
) -> Result<Response> {
    removal(&app, &who, asked, group, account, Uuid::new_v4(), String::new(), Errors::none()).await
}

#[allow(clippy::too_many_arguments, reason = "one page's whole context")]
async fn removal(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    group: Uuid,
    account: Uuid,
    client_id: Uuid,
    reason: String,
    errors: Errors,
) -> Result<Response> {
    let groups::Opened { mut tx, me, room, .. } = groups::kept(app, who, group).await?;
    let relatives = team::relatives(app, &mut tx, group).await?;
    tx.commit().await?;
    let relative = relatives.into_iter().find(|r| r.account_id == account).ok_or(Error::NotFound)?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = RemovalView { room, group_id: group, relative, client_id, reason, errors };
    Ok((status, removal_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RemovalForm {
    client_id: Uuid,
    reason: String,
}

async fn remove(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path((group, account)): Path<(Uuid, Uuid)>,
    Form(form): Form<RemovalForm>,
) -> Result<Response> {
    let reason = match input::line("reason", &form.reason, 200) {
        Ok(reason) => reason,
        Err(problem) => {
            let errors = std::iter::once(problem).collect();
            return removal(&app, &who, asked, group, account, form.client_id, form.reason, errors).await;
        }
    };
    let done = team::end(&app, &who, group, account, form.client_id, Some(reason)).await;
    refusals::noted(&app, &who, "member_relative_removed", Some(group), Some(account), done).await?;
    Ok(back(group, "removed"))
}

async fn ask_hours(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
) -> Result<Response> {
    let groups::Opened { mut tx, me, room, .. } = groups::kept(&app, &who, group).await?;
    let words = team::hours(&app, &mut tx, group).await?.unwrap_or_default();
    tx.commit().await?;
    let version = forms::version_of(&[&words]);
    let view =
        HoursView { room, group_id: group, id: Uuid::new_v4(), version, words, errors: Errors::none() };
    Ok(hours_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoursForm {
    /// Pages say `id`, which the release before takes too; the next ones may say `client_id`.
    #[serde(alias = "client_id")]
    id: Uuid,
    words: String,
}

async fn set_hours(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Form(form): Form<HoursForm>,
) -> Result<Response> {
    match input::optional_text("words", &form.words, 400) {
        Ok(words) => {
            let done = team::set_hours(&app, &who, group, form.id, &words).await;
            refusals::noted(&app, &who, "set_office_hours", Some(group), None, done).await?;
            let page = format!("{}?done=hours", urls::group_family(group));
            Ok(Redirect::to(&urls::sent(&page, form.id)).into_response())
        }
        Err(problem) => {
            let groups::Opened { mut tx, me, room, .. } = groups::kept(&app, &who, group).await?;
            let now = team::hours(&app, &mut tx, group).await?.unwrap_or_default();
            tx.commit().await?;
            let (version, errors) = (forms::version_of(&[&now]), std::iter::once(problem).collect());
            let view = HoursView { room, group_id: group, id: form.id, version, words: form.words, errors };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, hours_page(&view, &me.ctx(asked))).into_response())
        }
    }
}
