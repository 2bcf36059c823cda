//! The pages of a patient or relative.

use axum::{
    Form as LaxForm, Router,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts, api, change, files, notices, notices_pages, read,
    sent::{Sent, Writer},
    views::{TimelineView, Typed, account_page, choice_page, readers_page, timeline_page},
    who_read,
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Relative,
    features::{
        posts::read::{From, parse_cursor},
        sign_in::routes::set_cookie,
    },
    web::{
        input::Form,
        looked::{Looked, unnoted_if_shut},
        ui::{Ctx, Theme},
        urls,
        viewer::{Asked, DISPLAY_COOKIE},
    },
};

/// Posts on one page.
const PAGE: i64 = 40;
/// What scripts send along with a request that no person asked for.
const BACKGROUND: &str = "x-renkei-background";
/// How long a browser remembers how a page should look.
const DISPLAY_AGE: u64 = 400 * 24 * 3600;

/// Whoever came in by the family's door; every group is found through her place in it (404 else).
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/family", get(front))
        .route("/family/account", get(account))
        .route("/family/display", post(display))
        .route("/family/{group}", get(timeline).post(create))
        .route("/family/{group}/readers", get(readers))
        .route("/family/posts/{post}/acknowledgement", post(acknowledge))
        .route(urls::family_events(), get(api::events))
        .merge(change::routes())
        .merge(files::routes())
        .merge(notices_pages::routes())
        .merge(who_read::routes())
}

async fn front(State(app): State<Shared>, who: Relative, Asked(ctx): Asked) -> Result<Response> {
    let places = read::places(&app, &who).await?;
    match places.as_slice() {
        [one] => Ok(Redirect::to(&urls::family_timeline(one.group_id)).into_response()),
        _ => {
            read::looked(&app, &who, None).await?;
            Ok(choice_page(&places, &ctx).into_response())
        }
    }
}

#[derive(Debug, Deserialize)]
struct TimelineQuery {
    before: Option<String>,
    reply_to: Option<Uuid>,
}

async fn timeline(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Looked(looked): Looked,
    headers: HeaderMap,
    Path(group): Path<Uuid>,
    Query(query): Query<TimelineQuery>,
) -> Result<Response> {
    let from = match query.before.as_deref() {
        Some(cursor) => parse_cursor(cursor).ok_or(Error::NotFound)?,
        None => From::Before(i64::MAX),
    };
    let typed = Typed { reply_to: query.reply_to, ..Typed::default() };
    // From before it is read: what happens while the page travels is not missed.
    let places = read::places(&app, &who).await?;
    let ctx = Ctx { live_from: Some(api::live_from(&app, &places).await?), ..ctx };
    let asked = Asking { readings: ctx.readings, again: headers.contains_key(BACKGROUND) };
    let view = view(&app, &who, group, from, typed, asked).await?;
    // The page shows them: that is what "read" means here, with and without scripts.
    let newest = view.posts.last().map(|p| p.seq).filter(|seq| looked && *seq > view.place.read_up_to);
    if let Some(newest) = newest {
        unnoted_if_shut(acts::mark_read(&app, &who, group, newest).await)?;
    }
    Ok(timeline_page(&view, &ctx).into_response())
}

#[derive(Clone, Copy)]
struct Asking {
    /// Above the names.
    readings: bool,
    /// A page that is open already looks for what is new. Where nothing is, nothing is viewed.
    again: bool,
}

async fn view(
    app: &Shared,
    who: &Relative,
    group: Uuid,
    from: From,
    typed: Typed,
    asked: Asking,
) -> Result<TimelineView> {
    let places = read::places(app, who).await?;
    let several = places.len() > 1;
    let place = places.into_iter().find(|p| p.group_id == group).ok_or(Error::NotFound)?;
    let newest = matches!(from, From::Before(i64::MAX));
    let (mut readers, mut posts, settings, told) = tokio::try_join!(
        read::readers(app, who, group),
        read::posts(app, who, group, from, PAGE, newest && !(asked.again && place.unread == 0)),
        notices::settings(app, who),
        who_read::told(app, who, group)
    )?;
    if asked.readings {
        read::with_readings(app, who, group, &mut readers, &mut posts).await?;
    }
    let older = i64::try_from(posts.len())
        .is_ok_and(|n| n == PAGE)
        .then(|| posts.last().map(|p| format!("b{:x}", p.seq)))
        .flatten();
    posts.sort_by_key(|p| p.seq);
    let not_reached = settings.not_reached();
    let now = Timestamp::now();
    let told = told.is_some();
    Ok(TimelineView { place, newest, not_reached, several, told, readers, posts, older, typed, now })
}

async fn create(
    State(app): State<Shared>,
    who: Result<Relative>,
    Asked(ctx): Asked,
    Path(group): Path<Uuid>,
    request: Request,
) -> Result<Response> {
    let who = match who {
        Ok(who) => who,
        Err(error) => return Ok(Sent::unread(&app, error, request).await),
    };
    let mut form = Sent::receive(&app, Writer::Family(&who), group, request).await?;
    let sent = match form.post() {
        Ok(new) => acts::post(&app, &who, group, new).await,
        Err(error) => Err(error),
    };
    match sent {
        Ok((post, _)) => {
            let page = format!("{}#post-{}", urls::family_timeline(group), post.id);
            Ok(Redirect::to(&urls::sent(&page, form.client_id)).into_response())
        }
        Err(Error::Invalid(problems)) => {
            let error = problems.first().map(|p| p.message.to_string());
            let (client_id, body) = (Some(form.client_id), form.body.clone());
            let (reply_to, with_files) = (form.reply_to, form.with_files);
            let typed = Typed { body, reply_to, error, with_files, client_id };
            match view(
                &app,
                &who,
                group,
                From::Before(i64::MAX),
                typed,
                Asking { readings: ctx.readings, again: false },
            )
            .await
            {
                Ok(view) => {
                    Ok((StatusCode::UNPROCESSABLE_ENTITY, timeline_page(&view, &ctx)).into_response())
                }
                // Not even the page can be had.
                Err(error) => Ok(form.lost(error)),
            }
        }
        Err(other) => Ok(form.lost(other)),
    }
}

async fn readers(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Path(group): Path<Uuid>,
) -> Result<Response> {
    let place = read::place(&app, &who, group).await?;
    read::looked(&app, &who, Some(group)).await?;
    let mut readers = read::readers(&app, &who, group).await?;
    if ctx.readings {
        read::with_readings(&app, &who, group, &mut readers, &mut []).await?;
    }
    let told = who_read::told(&app, &who, group).await?.is_some();
    Ok(readers_page(&place, &readers, told, &ctx).into_response())
}

#[derive(Debug, Deserialize)]
struct Nothing {}

async fn acknowledge(
    State(app): State<Shared>,
    who: Relative,
    Path(post): Path<Uuid>,
    LaxForm(Nothing {}): LaxForm<Nothing>,
) -> Result<Redirect> {
    let group = acts::acknowledge(&app, &who, post).await?;
    Ok(Redirect::to(&format!("{}#post-{post}", urls::family_timeline(group))))
}

async fn account(State(app): State<Shared>, who: Relative, Asked(ctx): Asked) -> Result<Response> {
    let places = read::places(&app, &who).await?;
    read::looked(&app, &who, None).await?;
    Ok(account_page(&places, &ctx).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisplayForm {
    theme: String,
    text: String,
    #[serde(default)]
    readings: String,
}

/// Kept in this browser alone.
async fn display(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Form(form): Form<DisplayForm>,
) -> Result<Response> {
    read::places(&app, &who).await?;
    let ctx = Ctx { theme: Theme::from_code(&form.theme), large_text: form.text == "large", ..ctx };
    let readings = form.readings == "on";
    let value = format!("{}.{}.{}", ctx.theme.code(), u8::from(ctx.large_text), u8::from(readings));
    let mut response = Redirect::to(urls::family_account()).into_response();
    set_cookie(response.headers_mut(), DISPLAY_COOKIE, &value, Some(DISPLAY_AGE));
    Ok(response)
}
