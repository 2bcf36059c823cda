//! The team's pages about the family timeline: the tab, letting a post through, and what the host does with its people.

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
    model::{NewRelative, new_relative},
    team::{self, Release},
    team_views::{
        HoursView, InviteView, InvitedView, ReleaseView, RemovalView, TabView, hours_page, invite_page,
        invited_page, release_page, removal_page, tab_page,
    },
};
use crate::{
    Error, FieldError, Result,
    app::Shared,
    auth::Actor,
    features::{
        groups::{pages as groups, refusals},
        posts::{
            acts as posts,
            model::{MAX_BODY, NewPost, Timeline},
            read::{self as read_posts, From, parse_cursor},
        },
    },
    web::{
        forms::Errors,
        input::{self, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// Posts on one page.
const PAGE: i64 = 40;

/// Members of the group; the host and the managing facility's admin for its people.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/groups/{group}/family", get(tab).post(create))
        .route("/groups/{group}/family/invitations/new", get(ask_invitation).post(invite))
        .route("/groups/{group}/family/invitations/{invitation}/cancellation", post(cancel))
        .route("/groups/{group}/family/{account}/removal", get(ask_removal).post(remove))
        .route("/groups/{group}/family/hours", get(ask_hours).post(set_hours))
        .route("/posts/{post}/release", get(ask_release).post(release))
}

#[derive(Debug, Default, Deserialize)]
struct TabQuery {
    before: Option<String>,
    reply_to: Option<Uuid>,
    done: Option<String>,
}

/// What stands in the form when the page is shown (again).
#[derive(Default)]
pub(super) struct Typed {
    pub body: String,
    pub reply_to: Option<Uuid>,
    pub error: Option<String>,
    pub client_id: Option<Uuid>,
}

async fn tab(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Query(query): Query<TabQuery>,
) -> Result<Response> {
    let from = match query.before.as_deref() {
        Some(cursor) => parse_cursor(cursor).ok_or(Error::NotFound)?,
        None => From::Before(i64::MAX),
    };
    let typed = Typed { reply_to: query.reply_to, ..Typed::default() };
    let shown = tab_view(&app, &who, group, from, typed, query.done.as_deref()).await;
    let (view, me, unread) =
        refusals::noted(&app, &who, "viewed_family_timeline", Some(group), None, shown).await?;
    // The page shows them: that is what "read" means here, with and without scripts.
    if let Some(newest) = unread {
        posts::mark_read(&app, &who, group, Timeline::Family, newest).await?;
    }
    Ok(tab_page(&view, &me.ctx(asked)).into_response())
}

/// The page, who looks, and up to where it is to be noted as read.
async fn tab_view(
    app: &Shared,
    who: &Actor,
    group: Uuid,
    from: From,
    typed: Typed,
    done: Option<&str>,
) -> Result<(TabView, Me, Option<i64>)> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    if app.keys.group_streams(&mut tx, group).await?.patient_id.is_none() {
        return Err(Error::NotFound);
    }
    let mut posts = read_posts::posts(app, &mut tx, who, group, Timeline::Family, from, PAGE).await?;
    let older = i64::try_from(posts.len())
        .is_ok_and(|n| n == PAGE)
        .then(|| posts.last().map(|p| format!("b{:x}", p.seq)))
        .flatten();
    posts.sort_by_key(|p| p.seq);
    let role = crate::features::groups::read::role(&mut tx, group).await?;
    let room = crate::features::groups::read::room(&mut tx, app, group).await?;
    let archived = crate::features::groups::read::archived(&mut tx, group).await?;
    let members = crate::features::groups::read::members(&mut tx, group, role).await?;
    let relatives = team::relatives(app, &mut tx, group).await?;
    let waiting = if role.keeps() { team::waiting(app, &mut tx, group).await? } else { Vec::new() };
    let hours = team::hours(app, &mut tx, group).await?;
    let releases = team::releases(&mut tx, group, None).await?;
    tx.commit().await?;
    let newest = posts.last().map(|p| p.seq);
    let view = TabView {
        room,
        group_id: group,
        me: me.account_id,
        team: members.items.iter().filter(|m| m.id != me.account_id).map(|m| m.name.clone()).collect(),
        relatives,
        waiting,
        hours,
        releases,
        posts,
        older,
        keeps: role.keeps(),
        archived,
        typed,
        done: done.and_then(done_words).map(str::to_owned),
        now: Timestamp::now(),
    };
    Ok((view, me, newest.filter(|_| matches!(from, From::Before(i64::MAX)))))
}

fn done_words(code: &str) -> Option<&'static str> {
    Some(match code {
        "cancelled" => "招待を取り消しました。リンクはもう使えません。",
        "removed" => "患者・家族タイムラインから外しました。",
        "hours" => "返事の時間の案内を変えました。",
        "released" => "ご家族のページに出しました。",
        _ => return None,
    })
}

fn back(group: Uuid, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", urls::group_family(group))).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PostForm {
    client_id: Uuid,
    body: String,
    reply_to: Option<Uuid>,
}

async fn create(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Form(form): Form<PostForm>,
) -> Result<Response> {
    let sent = match input::text("body", &form.body, MAX_BODY) {
        Ok(body) => {
            let words = NewPost::words(Timeline::Family, body, form.client_id);
            let new = NewPost { reply_to: form.reply_to, ..words };
            posts::post(&app, &who, group, new).await
        }
        Err(problem) => Err(Error::Invalid(vec![problem])),
    };
    match sent {
        Ok(posted) => {
            Ok(Redirect::to(&format!("{}#post-{}", urls::group_family(group), posted.post.id))
                .into_response())
        }
        Err(Error::Invalid(problems)) => {
            let error = problems.first().map(|p| p.message.to_string());
            let typed =
                Typed { body: form.body, reply_to: form.reply_to, error, client_id: Some(form.client_id) };
            let (view, me, _) = tab_view(&app, &who, group, From::Before(i64::MAX), typed, None).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, tab_page(&view, &me.ctx(asked))).into_response())
        }
        Err(other) => Err(other),
    }
}

// ---- Its people ----------------------------------------------------------------------------------------------

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
    let view = HoursView { room, group_id: group, id: Uuid::new_v4(), words, errors: Errors::none() };
    Ok(hours_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoursForm {
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
            Ok(back(group, "hours"))
        }
        Err(problem) => {
            let groups::Opened { tx, me, room, .. } = groups::kept(&app, &who, group).await?;
            tx.commit().await?;
            let errors = std::iter::once(problem).collect();
            let view = HoursView { room, group_id: group, id: form.id, words: form.words, errors };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, hours_page(&view, &me.ctx(asked))).into_response())
        }
    }
}

// ---- Letting a post through -------------------------------------------------------------------------------------

async fn ask_release(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(post): Path<Uuid>,
) -> Result<Response> {
    let shown = release_view(&app, &who, post, None).await;
    let (view, me) = refusals::noted(&app, &who, "viewed_post", None, Some(post), shown).await?;
    Ok(release_page(&view, &me.ctx(asked)).into_response())
}

/// `typed`: the client's id, what was typed, and what is wrong with it.
async fn release_view(
    app: &Shared,
    who: &Actor,
    post: Uuid,
    typed: Option<(Uuid, String, Errors)>,
) -> Result<(ReleaseView, Me)> {
    let source = read_posts::one(app, who, post, false).await?;
    let (Some(body), Timeline::Team) = (source.body.clone(), source.timeline) else {
        return Err(Error::NotFound);
    };
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    if app.keys.group_streams(&mut tx, source.group_id).await?.patient_id.is_none() {
        return Err(Error::NotFound);
    }
    let room = crate::features::groups::read::room(&mut tx, app, source.group_id).await?;
    let relatives = team::relatives(app, &mut tx, source.group_id).await?;
    let released = team::releases(&mut tx, source.group_id, Some(post)).await?;
    tx.commit().await?;
    let (client_id, words, errors) = typed.unwrap_or_else(|| (Uuid::new_v4(), body.clone(), Errors::none()));
    let view = ReleaseView {
        room,
        group_id: source.group_id,
        post,
        author: source.author.name,
        body,
        at: source.created_at,
        relatives,
        released,
        client_id,
        words,
        errors,
        now: Timestamp::now(),
    };
    Ok((view, me))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleaseForm {
    client_id: Uuid,
    words: String,
}

async fn release(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(post): Path<Uuid>,
    Form(form): Form<ReleaseForm>,
) -> Result<Response> {
    let body = match input::text("words", &form.words, MAX_BODY) {
        Ok(body) => body,
        Err(problem) => {
            let typed = (form.client_id, form.words, std::iter::once(problem).collect());
            let (view, me) = release_view(&app, &who, post, Some(typed)).await?;
            return Ok(
                (StatusCode::UNPROCESSABLE_ENTITY, release_page(&view, &me.ctx(asked))).into_response()
            );
        }
    };
    let released = async {
        let group = read_posts::one(&app, &who, post, false).await?.group_id;
        team::release(&app, &who, Release { source: post, group, client_id: form.client_id, body }).await?;
        Ok(group)
    };
    let group = refusals::noted(&app, &who, "released_to_family", None, Some(post), released.await).await?;
    Ok(back(group, "released"))
}
