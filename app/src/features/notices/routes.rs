//! The page of notices: the newest first, whatever they are about.

use std::{cmp::Reverse, collections::HashMap};

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    read::{self, Became},
    views::{Notice, NoticeRow, NoticesView, notices_page},
};
use crate::words::{fill, t};
use crate::{
    Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{
        access_reviews,
        announcements::{self, model::Announcement},
        asks,
        connections::{
            self,
            model::{Connection, State as Stands},
        },
        groups::{self, pages},
        invitations::{self, model::Invitation, read::Waiting},
        joining, reviews, sign_in_notices, tasks, vitals, webhooks,
        work_orders::{self, model::State as WorkState},
    },
    web::{
        looked::Looked,
        ui::time,
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person, the own notices.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::notices(), get(show))
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Looked(looked): Looked,
) -> Result<Response> {
    let Shown { me, told, sign_ins, rows, now } = shown(&app, &who, looked).await?;
    let view = NoticesView { told, sign_ins, now, rows, older: None, done: None };
    Ok(notices_page(&view, &me.ctx(asked)).into_response())
}

/// Everything that somebody is told.
pub(super) struct Shown {
    me: Me,
    told: Vec<Announcement>,
    pub(super) sign_ins: usize,
    /// The newest first.
    pub(super) rows: Vec<NoticeRow>,
    now: Timestamp,
}

/// For page and API. `looked`: a person has it before her now, so that it is not new any more.
pub(super) async fn shown(app: &Shared, who: &Actor, looked: bool) -> Result<Shown> {
    let mut tx = app.db.acting(who).await?;
    // Before the frame, whose number then says what this page does not show.
    let seen = Seen(read::saw(&mut tx, looked).await?);
    let me = Me::load(&mut tx).await?;
    let titles = groups::read::titles(&mut tx, app).await?;
    let waiting = invitations::read::waiting(&mut tx).await?;
    let invited = invitations::read::mine(&mut tx).await?;
    let became = read::became(&mut tx).await?;
    let told = announcements::acts::mine(&mut tx).await?;
    let reviewing = reviews::read::waiting(&mut tx).await?;
    let looking = access_reviews::read::waiting(&mut tx).await?;
    let ending = reviews::read::ending(&mut tx).await?;
    let work = work_orders::acts::waiting(&mut tx).await?;
    let webhooks = webhooks::acts::stopped(&mut tx).await?;
    let lost = joining::acts::lost(&mut tx).await?;
    let crossed = vitals::read::crossed(&mut tx).await?;
    let connections = connections::read::mine(&mut tx, app).await?;
    let sign_ins = sign_in_notices::unseen(&mut tx).await?;
    let asked_of_me = asks::read::notices(&mut tx, 50).await?;
    let given = tasks::read::given(&mut tx, 50).await?;
    audit::viewed(&mut tx, "viewed_notices", None, None, None).await?;
    tx.commit().await?;
    let now = Timestamp::now();
    let rows = waiting.iter().map(|w| approval(w, &titles, now));
    let rows = rows.chain(invited.iter().map(|i| invitation(i, now)));
    let rows = rows.chain(reviewing.iter().map(|w| review(w, now)));
    let rows = rows.chain(looking.iter().map(|r| access_review(r, now)));
    let rows = rows.chain(work.iter().map(|w| maintenance(w, now)));
    let rows = rows.chain(webhooks.iter().map(|off| stopped(off, seen, now)));
    let rows = rows.chain(lost.map(|(at, count)| row(Notice::Lost { count }, at, now, seen.not(at))));
    let rows = rows.chain(asked_of_me.iter().map(|t| reminded(t, &titles, seen, now)));
    let rows = rows.chain(given.iter().map(|g| task(g, &titles, seen, now)));
    let rows = rows.chain(ending.iter().map(|e| guest(e, &titles, now)));
    let rows = rows.chain(crossed.iter().map(|c| beyond(c, &titles, seen, now)));
    let rows = rows.chain(connections.iter().filter_map(|c| connection(c, me.account_id, seen, now)));
    let rows = rows.chain(became.iter().filter_map(|b| fact(b, &titles, now)));
    let mut rows: Vec<NoticeRow> = rows.collect();
    rows.sort_by_key(|row| Reverse(row.at));
    Ok(Shown { me, told, sign_ins, rows, now })
}

type Titles = HashMap<Uuid, String>;

/// When the notices were on the screen before.
#[derive(Debug, Clone, Copy)]
struct Seen(Option<Timestamp>);

impl Seen {
    fn not(self, at: Timestamp) -> bool {
        self.0.is_none_or(|seen| at > seen)
    }
}

fn title(titles: &Titles, group: Uuid) -> String {
    titles.get(&group).cloned().unwrap_or_default()
}

fn approval(w: &Waiting, titles: &Titles, now: Timestamp) -> NoticeRow {
    let notice = Notice::Approval {
        group_id: w.group,
        person: pages::person(w.account_id, &w.name, &w.profession, &w.facility),
        patient: title(titles, w.group),
        client_id: Uuid::now_v7(),
    };
    row(notice, w.since, now, true)
}

fn invitation(i: &Invitation, now: Timestamp) -> NoticeRow {
    let by = &i.invited_by;
    let from = pages::person(by.id, &by.name, &by.profession, &by.facility);
    let notice = Notice::Invitation { id: i.id, from, ends: time::when(i.expires_at, now) };
    row(notice, i.created_at, now, true)
}

fn review(w: &reviews::model::Waiting, now: Timestamp) -> NoticeRow {
    let notice =
        Notice::Review { remaining: w.remaining, as_host: w.as_host, due: time::when(w.due_at, now) };
    row(notice, w.opened_at, now, true)
}

/// The access log of a month waits to be looked at.
fn access_review(r: &access_reviews::model::Review, now: Timestamp) -> NoticeRow {
    let due = time::when(r.due_at, now);
    let notice = Notice::AccessReview {
        href: urls::access_review(&r.month.code()),
        month: r.month.in_words(),
        due,
        overdue: r.is_overdue(now),
    };
    row(notice, r.opened_at, now, true)
}

/// Work of operators for the facility that the viewer administrates.
fn maintenance(w: &work_orders::model::Told, now: Timestamp) -> NoticeRow {
    let (words, mine) = match w.state {
        WorkState::Asked => (t("運営者の保守作業に、同意しますか"), true),
        WorkState::Reported => (t("保守作業が終わりました。報告を確認してください"), true),
        WorkState::Open => (t("運営者が、保守作業をしています"), false),
        _ => (t("運営者の保守作業が予定されています"), false),
    };
    let span =
        fill(t("{0} から {1} まで"), &[("0", &time::when(w.from, now)), ("1", &time::when(w.until, now))]);
    let notice = Notice::Work { id: w.id, words, when: span, mine };
    row(notice, w.at, now, mine)
}

/// A webhook of the facility that the viewer administrates stopped by itself.
fn stopped(off: &webhooks::model::Off, seen: Seen, now: Timestamp) -> NoticeRow {
    row(Notice::Webhook { words: off.words() }, off.at, now, seen.not(off.at))
}

/// Told from three days before.
fn guest(e: &reviews::model::Ending, titles: &Titles, now: Timestamp) -> NoticeRow {
    let notice = Notice::Ending {
        group_id: e.group,
        person: pages::person(e.account, &e.name, &e.profession, &e.facility),
        patient: title(titles, e.group),
        until: time::day_long(pages::last_instant(e.until)),
    };
    row(notice, e.until - reviews::rules::GUEST_NOTICE, now, true)
}

/// A value beyond a patient's range: that there is one, never which.
fn beyond(c: &vitals::read::Crossed, titles: &Titles, seen: Seen, now: Timestamp) -> NoticeRow {
    let notice = Notice::Beyond { patient_id: c.patient, patient: title(titles, c.group), count: c.count };
    row(notice, c.at, now, seen.not(c.at))
}

/// A request that waits for the viewer; what became of a connection stays for a month.
fn connection(c: &Connection, me: Uuid, seen: Seen, now: Timestamp) -> Option<NoticeRow> {
    let with = |end: &str| Notice::Connection {
        words: fill(t("{0}さん{end}"), &[("0", &c.person.name), ("end", &end)]),
    };
    let (notice, at, waits) = match c.state {
        Stands::Asked if c.incoming => {
            (Notice::Asking { person: connections::routes::person(c) }, Some(c.asked_at), true)
        }
        Stands::Asked => return None,
        Stands::Accepted if c.incoming => return None,
        Stands::Accepted => (with(t("とつながりました")), c.connected_at, false),
        Stands::Ended if c.ended_by == Some(me) => return None,
        Stands::Ended => (with(t("とのつながりが終わりました")), c.ended_at, false),
    };
    let at = at.filter(|at| waits || *at > now - jiff::SignedDuration::from_hours(24 * 30))?;
    Some(row(notice, at, now, waits && seen.not(at)))
}

/// What needs no answer. Nothing to tell where the viewer has left a group by herself since.
fn fact(became: &Became, titles: &Titles, now: Timestamp) -> Option<NoticeRow> {
    let notice = match (became.kind.as_str(), became.group) {
        ("joined", Some(group_id)) => Notice::Joined { group_id, patient: title(titles, group_id) },
        ("handed_over", Some(group_id)) => Notice::Host { group_id, patient: title(titles, group_id) },
        ("refused", _) => out(t("参加は見送られました。心あたりがなければ、招待した人に確かめてください。")),
        ("removed", _) => out(t("1つのグループから外れました。")),
        ("expired", _) => out(t("一時参加の期限が終わり、1つのグループから外れました。")),
        _ => return None,
    };
    Some(row(notice, became.at, now, false))
}

/// What the schedule said of a post.
fn reminded(told: &asks::read::Told, titles: &Titles, seen: Seen, now: Timestamp) -> NoticeRow {
    let words = match told.kind.as_str() {
        "reminder" => t("要了解の投稿を、まだ了解していません。期限が近づいています"),
        "overdue" => t("要了解の期限を過ぎました。読んで了解してください"),
        "proxy" => t("外部システムが、あなたの代わりに投稿を入れました。内容を確認してください"),
        "proxy_answered" => t("外部システムが、あなたの代わりに投稿を入れました。もう答えています"),
        "quarantine" => t("別の患者さんの投稿ではないか、確かめてください"),
        "quarantined" => t("投稿が1つ、別の患者さんのものとして見えなくなりました"),
        "quarantine_decided" => t("誤投稿として見えなくした投稿について、もう1人が決めました"),
        "quarantine_answered" => t("別の患者さんの投稿ではないか、もう決まりました"),
        "substitute" => t("代理のお願い：期限までに了解しなかった人の代わりに、読んで了解してください"),
        _ => t("要了解の期限を過ぎても、了解していない人がいます"),
    };
    let (href, mine) = match told.kind.as_str() {
        "unanswered" => (urls::asked(told.post), false),
        "proxy_answered" | "quarantined" | "quarantine_decided" | "quarantine_answered" => {
            (urls::post_in_group(told.group, told.post), false)
        }
        "quarantine" => (urls::quarantines().to_owned(), true),
        _ => (urls::post_in_group(told.group, told.post), true),
    };
    let notice = Notice::Asked { href, words, patient: title(titles, told.group), mine };
    row(notice, told.at, now, seen.not(told.at))
}

/// What somebody else gives the viewer to do.
fn task(g: &tasks::read::Given, titles: &Titles, seen: Seen, now: Timestamp) -> NoticeRow {
    let words = match (g.kind.as_str(), &g.by) {
        ("made", Some(by)) => fill(t("{by}さんから、やることを頼まれました"), &[("by", &by)]),
        ("handed_over", Some(by)) => fill(t("{by}さんから、やることを引き継ぎました"), &[("by", &by)]),
        ("reopened", Some(by)) => fill(t("{by}さんが、あなたのやることをもう一度開きました"), &[("by", &by)]),
        _ => t("前の担当が抜けたため、やることがあなたに移りました").to_owned(),
    };
    let notice = Notice::Task { id: g.task, words, patient: title(titles, g.group) };
    row(notice, g.at, now, seen.not(g.at))
}

fn row(notice: Notice, at: Timestamp, now: Timestamp, new: bool) -> NoticeRow {
    NoticeRow { notice, at, when: time::when(at, now), new }
}

fn out(words: &str) -> Notice {
    Notice::Out { words: words.to_owned() }
}
