//! The pages of a timeline. Each is one transaction; forms and JSON call the same acts.

mod change;
mod compose;
mod observe;

use axum::{
    Form as LaxForm, Router,
    extract::{Path, Query, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    model::{MAX_BODY, Post, Timeline as Line},
    present::{self, Looker},
    read::{self, From},
    store,
    views::{self, Addressees, Asking, Composer, Entry, Happening, PostView, ReplyTo, Timeline, Writing},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    db::Tx,
    features::{
        copies,
        groups::{self, views::GroupKind},
    },
    web::{
        ui::Ctx,
        urls,
        viewer::{Asked, Me},
    },
};

/// Posts on one page.
const PAGE: i64 = 40;

/// Members of the group; everybody else gets a 404.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/groups/{group}", get(timeline))
        .route("/groups/{group}/posts", post(compose::create))
        .route("/groups/{group}/posts/{post}", get(one))
        .route("/groups/{group}/posts/{post}/thread", get(thread))
        .route(urls::writing_help(), get(help))
        .route("/groups/{group}/addressees", get(addressees))
        .route("/posts/{post}/acknowledgement", post(acknowledge))
        .route("/posts/{post}/correction", get(change::ask_correction).post(change::correct))
        .route("/posts/{post}/withdrawal", get(change::ask_withdrawal).post(change::withdraw))
        .route("/posts/{post}/readers", get(readers))
        .route("/posts/{post}/observations", post(observe::confirm))
}

#[derive(Debug, Default, Deserialize)]
struct TimelineQuery {
    before: Option<String>,
    reply_to: Option<Uuid>,
}

fn is_fragment(headers: &HeaderMap) -> bool {
    headers.contains_key("x-renkei-fragment")
}

async fn timeline(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Query(query): Query<TimelineQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let from = match query.before.as_deref() {
        Some(cursor) => read::parse_cursor(cursor).ok_or(Error::NotFound)?,
        None => From::Before(i64::MAX),
    };
    let typed = Typed { reply_to: query.reply_to, ..Typed::default() };
    let view = match timeline_view(&app, &mut tx, &who, &me, group, from, typed).await {
        Ok(view) => view,
        Err(error) => {
            drop(tx);
            let refused = Err(error);
            return groups::refusals::noted(&app, &who, "viewed_timeline", Some(group), None, refused).await;
        }
    };
    tx.commit().await?;
    if is_fragment(&headers) {
        return Ok(views::older_fragment(&view, &me.ctx(asked)).into_response());
    }
    let copied = match from {
        From::Before(i64::MAX) => copies::acts::of_group(&app, &who, &me, group).await?,
        _ => None,
    };
    Ok(views::page(&view, &me.ctx(asked).copied(copied)).into_response())
}

/// What stands in the composer when a page is shown (again).
#[derive(Default)]
struct Typed {
    body: String,
    reply_to: Option<Uuid>,
    error: Option<String>,
    client_id: Option<Uuid>,
    asks: Asking,
    /// What looks like a patient, where the rule is that nobody is written about.
    doubts: Vec<&'static str>,
    /// Files that were received before the question.
    attached: Vec<Uuid>,
    /// The page comes back with the chooser, before anything is sent.
    chooses: bool,
}

async fn timeline_view(
    app: &Shared,
    tx: &mut Tx,
    who: &Actor,
    me: &Me,
    group: Uuid,
    from: From,
    typed: Typed,
) -> Result<Timeline> {
    let posts = read::posts(app, tx, who, group, Line::Team, from, PAGE).await?;
    let older = i64::try_from(posts.len())
        .is_ok_and(|n| n == PAGE)
        .then(|| posts.last().map(|p| format!("b{:x}", p.seq)))
        .flatten();
    let (looker, unread) = present::looker(app, tx, group, me.account_id).await?;
    let in_the_past = !matches!(from, From::Before(i64::MAX));
    let (oldest, newest) = (posts.last().map(|p| p.created_at), posts.first().map(|p| p.created_at));
    let present::Presented { posts, pins } = present::views(app, tx, posts, looker).await?;
    let pins = present::pinned(app, tx, pins).await?;
    let first_unread = posts
        .iter()
        .find(|p| p.seq > looker.read_up_to && p.author.account_id != me.account_id)
        .map(|p| p.seq);
    let (since, before) = window(oldest.filter(|_| older.is_some()), in_the_past.then_some(newest).flatten());
    let happened = groups::frame::happened(tx, app, group, since, before).await?;
    let room = groups::frame::frame(tx, app, group, groups::views::GroupTab::Team).await?;
    let now = Timestamp::now();
    let writing = if looker.open {
        Writing::Open(Box::new(composer(app, tx, &room, typed, me.account_id, now).await?))
    } else {
        closed(room.header.kind)
    };
    let mut entries: Vec<Entry> = posts.into_iter().map(|p| Entry::Post(Box::new(p))).collect();
    entries.extend(
        happened.into_iter().map(|h| Entry::Happening(Happening { at: h.at, icon: h.icon, text: h.text })),
    );
    entries.sort_by_key(entry_time);
    let list = groups::frame::list_view(tx, app, me, groups::views::Filter::All, Some(group)).await?;
    let unread = first_unread.filter(|_| !in_the_past).map(|seq| (seq, unread));
    Ok(Timeline {
        header: room.header,
        summary: room.summary,
        list,
        entries,
        unread,
        older,
        in_the_past,
        pins,
        writing,
        now,
    })
}

/// From the oldest post shown to the newest one, open at the ends of the record.
fn window(oldest: Option<Timestamp>, newest: Option<Timestamp>) -> (Timestamp, Timestamp) {
    let soon = Timestamp::now() + jiff::SignedDuration::from_hours(1);
    (oldest.unwrap_or(Timestamp::UNIX_EPOCH), newest.unwrap_or(soon))
}

fn entry_time(entry: &Entry) -> Timestamp {
    match entry {
        Entry::Post(p) => p.at,
        Entry::Happening(h) => h.at,
    }
}

fn closed(kind: GroupKind) -> Writing {
    Writing::Closed(match kind {
        GroupKind::Direct(_) => t("つながりが終わったので、書き込めません。これまでの会話は読めます。もう一度つながると、続けられます。").into(),
        GroupKind::Patient | GroupKind::Free => {
            t("このグループはアーカイブされています。読むことはできますが、書き込めません。").into()
        }
    })
}

async fn composer(
    app: &Shared,
    tx: &mut Tx,
    room: &groups::frame::Frame,
    typed: Typed,
    me: Uuid,
    now: Timestamp,
) -> Result<Composer> {
    let reply_to: Option<ReplyTo> = match typed.reply_to {
        Some(id) => read::some(app, tx, &[id], false).await?.first().map(present::answered),
        None => None,
    };
    // Whom one may choose is asked for when somebody wants to choose: the page is opened far more often.
    let addressees = match typed.chooses || !typed.asks.to.is_empty() {
        true => Some(Addressees::of(&groups::frame::team(tx, room.header.group_id).await?, me)),
        false => None,
    };
    Ok(Composer {
        group_id: room.header.group_id,
        kind: room.header.kind,
        client_id: typed.client_id.unwrap_or_else(Uuid::new_v4),
        readers: room.members,
        addressees,
        asks: typed.asks,
        reply_to,
        typed: typed.body,
        error: typed.error,
        doubts: typed.doubts,
        attached: typed.attached,
        max_file_bytes: app.config.limits.file_bytes,
        max_body_chars: u32::try_from(MAX_BODY).unwrap_or(u32::MAX),
        now,
    })
}

/// Whom a post may address: the chooser of the composer, for scripts.
async fn addressees(State(app): State<Shared>, who: Actor, Path(group): Path<Uuid>) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let team = groups::frame::team(&mut tx, group).await?;
    // Row security shows the members to the managing facility's admin too, who writes nothing here.
    if !team.iter().any(|t| t.account == me.account_id) {
        drop(tx);
        let refused = Err(Error::NotFound);
        return groups::refusals::noted(&app, &who, "viewed_members", Some(group), None, refused).await;
    }
    crate::audit::viewed(&mut tx, "viewed_members", Some(group), None, None).await?;
    tx.commit().await?;
    Ok(views::chooser(&Addressees::of(&team, me.account_id), &[]).into_response())
}

#[derive(Debug, Deserialize)]
struct OneQuery {
    withdrawn: Option<String>,
    alone: Option<String>,
    /// For the page of the post alone: with every reply.
    thread: Option<String>,
    /// The form that has just done its work: told on to the page that it leads to.
    sent: Option<Uuid>,
}

/// A post: as a fragment for scripts, as its place on the timeline for everybody else.
async fn one(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path((group, id)): Path<(Uuid, Uuid)>,
    Query(query): Query<OneQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    let unfold = query.withdrawn.as_deref() == Some("show");
    let shown = if unfold { read::one(&app, &who, id, true).await?.seq } else { 0 };
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    if is_fragment(&headers) || unfold {
        let mut view = fragment(&app, &mut tx, &who, &me, group, id, query.alone.is_some(), unfold).await?;
        view.whole = query.thread.is_some();
        if is_fragment(&headers) {
            tx.commit().await?;
            return Ok(views::post(&view, &me.ctx(asked), Timestamp::now()).into_response());
        }
        let mut page =
            timeline_view(&app, &mut tx, &who, &me, group, From::Before(shown + 1), Typed::default()).await?;
        for entry in &mut page.entries {
            if let Entry::Post(post) = entry
                && post.id == id
            {
                **post = view.clone();
            }
        }
        tx.commit().await?;
        return Ok(views::page(&page, &me.ctx(asked)).into_response());
    }
    let root = present::root_of(&mut tx, id).await?;
    let of = store::target(&mut tx, root).await?;
    if of.group != group {
        return Err(Error::NotFound);
    }
    if of.family {
        let page = format!("{}#post-{root}", urls::group_family(group));
        let page = query.sent.map_or(page.clone(), |client_id| urls::sent(&page, client_id));
        return Ok(Redirect::to(&page).into_response());
    }
    let newest = read::newest(&mut tx, of.stream).await?;
    let from = if newest - of.seq < PAGE { From::Before(i64::MAX) } else { From::Before(of.seq + PAGE / 2) };
    let view = timeline_view(&app, &mut tx, &who, &me, group, from, Typed::default()).await?;
    tx.commit().await?;
    Ok(views::page(&view, &me.ctx(asked)).into_response())
}

/// A post with all its replies. A reply leads to the post that it answers.
async fn thread(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path((group, id)): Path<(Uuid, Uuid)>,
) -> Result<Response> {
    let view = async {
        let mut tx = app.db.acting(&who).await?;
        let me = Me::load(&mut tx).await?;
        let post = fragment(&app, &mut tx, &who, &me, group, id, false, false).await?;
        let frame = groups::frame::frame(&mut tx, &app, group, groups::views::GroupTab::Team).await?;
        let now = Timestamp::now();
        let writing = if post.may.reply {
            let typed = Typed { reply_to: Some(post.id), ..Typed::default() };
            Writing::Open(Box::new(composer(&app, &mut tx, &frame, typed, me.account_id, now).await?))
        } else {
            closed_thread()
        };
        tx.commit().await?;
        Ok((me, views::Thread { header: frame.header, post: PostView { whole: true, ..post }, writing, now }))
    };
    let (me, view) =
        groups::refusals::noted(&app, &who, "viewed_timeline", Some(group), None, view.await).await?;
    Ok(views::thread_page(&view, &me.ctx(asked)).into_response())
}

fn closed_thread() -> Writing {
    Writing::Closed(
        t("取り消された・訂正された投稿か、アーカイブされたグループなので、ここには返信できません。").into(),
    )
}

/// A post of the team's timeline. The family's have a page of their own: none may come into the team's by a live event.
#[allow(clippy::too_many_arguments, reason = "one page's whole context")]
async fn fragment(
    app: &Shared,
    tx: &mut Tx,
    who: &Actor,
    me: &Me,
    group: Uuid,
    id: Uuid,
    alone: bool,
    unfold: bool,
) -> Result<PostView> {
    match of_either(app, tx, who, me, group, id, alone, unfold).await? {
        (view, Line::Team) => Ok(view),
        (_, Line::Family) => Err(Error::NotFound),
    }
}

/// A post of either timeline, and of which.
#[allow(clippy::too_many_arguments, reason = "one page's whole context")]
async fn of_either(
    app: &Shared,
    tx: &mut Tx,
    who: &Actor,
    me: &Me,
    group: Uuid,
    id: Uuid,
    alone: bool,
    unfold: bool,
) -> Result<(PostView, Line)> {
    let root = if alone { id } else { present::root_of(tx, id).await? };
    let mut posts: Vec<Post> = read::with_positions(app, tx, who, root, unfold).await?;
    if posts.iter().any(|p| p.group_id != group) {
        return Err(Error::NotFound);
    }
    let (looker, _) = present::looker(app, tx, group, me.account_id).await?;
    let looker = Looker { unfold: root != id, ..looker };
    posts.truncate(1);
    let line = posts.first().ok_or(Error::NotFound)?.timeline;
    let view = present::views(app, tx, posts, looker).await?.posts.pop().ok_or(Error::NotFound)?;
    Ok((view, line))
}

/// For everybody who is signed in; it shows nothing of anybody.
async fn help(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    Ok(views::help_page(&me.ctx(asked)).into_response())
}

#[derive(Debug, Deserialize)]
struct Nothing {}

async fn acknowledge(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    LaxForm(Nothing {}): LaxForm<Nothing>,
) -> Result<Response> {
    acts::acknowledge(&app, &who, id).await?;
    after_an_act(&app, &who, asked, id, is_fragment(&headers)).await
}

/// The post as it stands now for scripts, its place on the timeline for everybody else.
pub async fn after_an_act(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    id: Uuid,
    as_fragment: bool,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let of = store::target(&mut tx, id).await?;
    if !as_fragment || of.family {
        return Ok(Redirect::to(&urls::post_in_group(of.group, id)).into_response());
    }
    let view = fragment(app, &mut tx, who, &me, of.group, id, false, false).await?;
    tx.commit().await?;
    Ok(views::post(&view, &me.ctx(asked), Timestamp::now()).into_response())
}

async fn readers(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response> {
    let all = read::readers(&app, &who, id).await?;
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let of = store::target(&mut tx, id).await?;
    tx.commit().await?;
    let view = present::readers(of.group, id, all, Timestamp::now());
    let ctx: Ctx = me.ctx(asked);
    Ok(if is_fragment(&headers) {
        views::readers(&view).into_response()
    } else {
        views::readers_page(&view, &ctx).into_response()
    })
}
