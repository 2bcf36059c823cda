//! The team's tab of the family timeline.

use axum::{
    Router,
    extract::{Path, Query, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    people_pages, release, release_pages,
    sent::{Sent, Writer},
    team,
    team_views::{TabView, tab_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::{
        groups::{read as groups, refusals},
        posts::{
            acts as posts,
            model::Timeline,
            read::{self as read_posts, From, parse_cursor},
        },
        who_read,
    },
    web::{
        looked::{Looked, unnoted_if_shut},
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
        .merge(people_pages::routes())
        .merge(release_pages::routes())
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
    /// Files came along; a browser does not show them again.
    pub with_files: bool,
    pub client_id: Option<Uuid>,
}

async fn tab(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Looked(looked): Looked,
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
    if let Some(newest) = unread.filter(|_| looked) {
        unnoted_if_shut(posts::mark_read(&app, &who, group, Timeline::Family, newest).await)?;
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
    let role = groups::role(&mut tx, group).await?;
    let room = groups::room(&mut tx, app, group).await?;
    let archived = groups::archived(&mut tx, group).await?;
    let members = groups::members(&mut tx, group, role).await?;
    let relatives = team::relatives(app, &mut tx, group).await?;
    let waiting = if role.keeps() { team::waiting(app, &mut tx, group).await? } else { Vec::new() };
    let hours = team::hours(app, &mut tx, group).await?;
    let releases = release::releases(&mut tx, group, None).await?;
    let told = who_read::read::of_group(&mut tx, group).await?;
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
        told,
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
        "cancelled" => t("招待を取り消しました。リンクはもう使えません。"),
        "removed" => t("患者・家族タイムラインから外しました。"),
        "hours" => t("返事の時間の案内を変えました。"),
        "released" => t("ご家族のページに出しました。"),
        _ => return None,
    })
}

pub(super) fn back(group: Uuid, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", urls::group_family(group))).into_response()
}

async fn create(
    State(app): State<Shared>,
    who: Result<Actor>,
    asked: Asked,
    Path(group): Path<Uuid>,
    request: Request,
) -> Result<Response> {
    let who = match who {
        Ok(who) => who,
        Err(error) => return Ok(Sent::unread(&app, error, request).await),
    };
    let mut form = Sent::receive(&app, Writer::Team(&who), group, request).await?;
    let sent = match form.post() {
        Ok(new) => posts::post(&app, &who, group, new).await,
        Err(error) => Err(error),
    };
    match sent {
        Ok(posted) => {
            let page = format!("{}#post-{}", urls::group_family(group), posted.post.id);
            Ok(Redirect::to(&urls::sent(&page, form.client_id)).into_response())
        }
        Err(Error::Invalid(problems)) => {
            let error = problems.first().map(|p| p.message.to_string());
            let (client_id, body) = (Some(form.client_id), form.body.clone());
            let (reply_to, with_files) = (form.reply_to, form.with_files);
            let typed = Typed { body, reply_to, error, with_files, client_id };
            match tab_view(&app, &who, group, From::Before(i64::MAX), typed, None).await {
                Ok((view, me, _)) => {
                    let page = tab_page(&view, &me.ctx(asked));
                    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
                }
                // Not even the page can be had.
                Err(error) => Ok(form.lost(error)),
            }
        }
        Err(other) => Ok(form.lost(other)),
    }
}
