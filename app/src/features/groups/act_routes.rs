//! The wide acts on a group: each page asks first, each POST does it and leads back to the members.

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    act_views::{ArchiveView, HostView, RemovalView, archive_page, host_page, removal_page},
    acts,
    model::{Role, reason},
    pages::{self, Opened},
    read, refusals,
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::Shared,
    auth::Actor,
    web::{forms::Errors, input::Form, urls, viewer::Asked},
};

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/groups/{group}/members/{account}/removal", get(ask_removal).post(remove))
        .route("/groups/{group}/host", get(ask_host).post(hand_over))
        .route("/groups/{group}/archive", get(ask_archive).post(archive))
        .route("/groups/{group}/reopening", get(ask_archive).post(reopen))
}

/// What was typed, and what is wrong with it.
struct Typed {
    client_id: Uuid,
    reason: String,
    errors: Errors,
}

impl Typed {
    fn nothing() -> Self {
        Self { client_id: Uuid::now_v7(), reason: String::new(), errors: Errors::none() }
    }

    fn wrong(form: ReasonForm, problems: Vec<FieldError>) -> Self {
        Self { client_id: form.client_id, reason: form.reason, errors: pages::errors(problems, &[]) }
    }

    /// The page as it is first shown, or again with what is wrong.
    fn answer(&self, page: maud::Markup) -> Response {
        let status = if self.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        (status, page).into_response()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReasonForm {
    client_id: Uuid,
    #[serde(default)]
    reason: String,
}

fn back(group: Uuid, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", urls::group_members(group))).into_response()
}

// ---- Removing and leaving ------------------------------------------------------------------------------------

async fn ask_removal(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path((group, account)): Path<(Uuid, Uuid)>,
) -> Result<Response> {
    removal(&app, &who, asked, group, account, Typed::nothing()).await
}

async fn removal(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    group: Uuid,
    account: Uuid,
    typed: Typed,
) -> Result<Response> {
    let Opened { mut tx, me, role, room } = pages::opened(app, who, group).await?;
    if account != me.account_id && !role.keeps() {
        return Err(Error::Forbidden("host_only".into()));
    }
    let members = read::members(&mut tx, group, role).await?;
    let member = members.items.iter().find(|m| m.id == account).ok_or(Error::NotFound)?;
    let posts = read::posts_of(&mut tx, group, account).await?;
    tx.commit().await?;
    if member.role == Role::Host {
        return Err(Error::Conflict("hand_over_first".into()));
    }
    let view = RemovalView {
        room,
        group_id: group,
        client_id: typed.client_id,
        person: pages::member_person(member),
        me: account == me.account_id,
        posts: role.is_member().then(|| u64::try_from(posts).unwrap_or_default()),
        reason: typed.reason.clone(),
        errors: typed.errors.clone(),
    };
    Ok(typed.answer(removal_page(&view, &me.ctx(asked))))
}

async fn remove(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path((group, account)): Path<(Uuid, Uuid)>,
    Form(form): Form<ReasonForm>,
) -> Result<Response> {
    let why = match reason(&form.reason) {
        Ok(why) => why,
        Err(problem) => {
            return removal(&app, &who, asked, group, account, Typed::wrong(form, vec![problem])).await;
        }
    };
    let done = acts::end_membership(&app, &who, group, account, form.client_id, Some(why)).await;
    let left = refusals::noted(&app, &who, "member_removed", Some(group), Some(account), done).await?;
    Ok(match left {
        acts::Ended::Removed => back(group, "removed"),
        // The members' page is closed to one who has left.
        acts::Ended::Left => Redirect::to(urls::groups()).into_response(),
    })
}

// ---- Handing over --------------------------------------------------------------------------------------------

async fn ask_host(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
) -> Result<Response> {
    host(&app, &who, asked, group, String::new(), Typed::nothing()).await
}

async fn host(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    group: Uuid,
    chosen: String,
    typed: Typed,
) -> Result<Response> {
    let Opened { mut tx, me, role, room } = pages::kept(app, who, group).await?;
    let members = read::members(&mut tx, group, role).await?;
    tx.commit().await?;
    let may = members.items.iter().filter(|m| m.role == Role::Member);
    let view = HostView {
        room,
        group_id: group,
        client_id: typed.client_id,
        people: may.map(pages::member_person).collect(),
        chosen,
        reason: typed.reason.clone(),
        errors: typed.errors.clone(),
    };
    Ok(typed.answer(host_page(&view, &me.ctx(asked))))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HostForm {
    client_id: Uuid,
    host: String,
    #[serde(default)]
    reason: String,
}

async fn hand_over(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Form(form): Form<HostForm>,
) -> Result<Response> {
    let to =
        form.host.parse().map_err(|_| FieldError::new("host", "empty", t("引き継ぐ人を選んでください。")));
    let done = match (to, reason(&form.reason)) {
        (Ok(to), Ok(why)) => acts::hand_over(&app, &who, group, to, form.client_id, Some(why)).await,
        (to, why) => Err(Error::Invalid([to.err(), why.err()].into_iter().flatten().collect())),
    };
    match refusals::noted(&app, &who, "member_handed_over", Some(group), None, done).await {
        Ok(()) => Ok(back(group, "host")),
        Err(Error::Invalid(problems)) => {
            let errors = pages::errors(problems, &[("account_id", "host")]);
            let typed = Typed { client_id: form.client_id, reason: form.reason, errors };
            host(&app, &who, asked, group, form.host, typed).await
        }
        Err(error) => Err(error),
    }
}

// ---- Archiving and reopening -----------------------------------------------------------------------------------

/// One page for both ways: it offers what the present state allows.
async fn ask_archive(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
) -> Result<Response> {
    archiving(&app, &who, asked, group, Typed::nothing()).await
}

async fn archiving(app: &Shared, who: &Actor, asked: Asked, group: Uuid, typed: Typed) -> Result<Response> {
    let Opened { mut tx, me, role, room } = pages::kept(app, who, group).await?;
    let members = read::members(&mut tx, group, role).await?;
    let archived = read::archived(&mut tx, group).await?;
    tx.commit().await?;
    let view = ArchiveView {
        room,
        group_id: group,
        client_id: typed.client_id,
        archived,
        members: members.items.len(),
        reason: typed.reason.clone(),
        errors: typed.errors.clone(),
    };
    Ok(typed.answer(archive_page(&view, &me.ctx(asked))))
}

async fn archive(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Form(form): Form<ReasonForm>,
) -> Result<Response> {
    set_archived(&app, &who, asked, group, true, form).await
}

async fn reopen(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Form(form): Form<ReasonForm>,
) -> Result<Response> {
    set_archived(&app, &who, asked, group, false, form).await
}

async fn set_archived(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    group: Uuid,
    archived: bool,
    form: ReasonForm,
) -> Result<Response> {
    let why = match reason(&form.reason) {
        Ok(why) => why,
        Err(problem) => return archiving(app, who, asked, group, Typed::wrong(form, vec![problem])).await,
    };
    let done = acts::set_archived(app, who, group, archived, form.client_id, why).await;
    let what = if archived { "member_archived" } else { "member_reopened" };
    refusals::noted(app, who, what, Some(group), None, done).await?;
    Ok(back(group, if archived { "archived" } else { "reopened" }))
}
