//! What waits for the viewer: as a facility's admin a way to the staff, as a host the members of each group, one tap each.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    model::{Mine, Waiting},
    views::{answers, profession_of, progress, role},
};
use crate::words::{fill, t};
use crate::{
    features::groups::pages::last_instant,
    opaque_debug,
    web::{
        forms::done,
        page::{Page, Step, consequences, page, way},
        ui::{Ctx, Size, Tab, Topbar, avatar, empty, profession, time},
        urls,
    },
};

pub struct HostView {
    pub facility: String,
    pub waiting: Vec<Waiting>,
    pub items: Vec<Mine>,
    /// By group: the viewer hosts them, so is in them.
    pub titles: HashMap<Uuid, String>,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

opaque_debug!(HostView);

pub fn host_page(view: &HostView, ctx: &Ctx) -> Markup {
    let as_admin = view.waiting.iter().find(|w| !w.as_host);
    let left: Vec<&Mine> = view.items.iter().filter(|i| i.answer.is_none()).collect();
    let body = html! {
        (done(view.done))
        @if let Some(w) = as_admin {
            ul.panel.flush.ways {
                (way(&urls::facility_review(w.review), "id", &fill(t("スタッフ {0}人を確かめる"), &[("0", &w.remaining)]), &fill(t("期限 {0}"), &[("0", &time::when(w.due_at, view.now))])))
            }
        }
        @if left.is_empty() {
            @if as_admin.is_none() {
                (empty("ok", t("確かめるものはありません"), t("棚卸が始まると、お知らせが届きます。"), Some(html! { a.btn href=(urls::home()) { (t("ホームを見る")) } })))
            }
        } @else {
            (progress(view.items.len() - left.len(), view.items.len()))
            (what_happens(left[0].due_at, view.now))
            @for group in groups(&left) { (group_section(view, group, &left)) }
        }
    };
    let bar = Topbar {
        title: t("棚卸"),
        note: Some(&view.facility),
        back: Some((urls::notices(), t("お知らせに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("棚卸"), tab: Tab::Notices, bar, body })
}

/// Each once, in the order of the list.
fn groups(left: &[&Mine]) -> Vec<Uuid> {
    let mut all: Vec<Uuid> = left.iter().map(|i| i.group).collect();
    all.dedup();
    all
}

fn what_happens(due: Timestamp, now: Timestamp) -> Markup {
    let due = fill(t("期限 {0}"), &[("0", &time::when(due, now))]);
    let steps = [
        Step {
            icon: "ok", what: t("続ける"), more: t("いままでどおり、記録を読み書きできます")
        },
        Step {
            icon: "out",
            what: t("外す"),
            more: t(
                "すぐにグループから外れ、記録を読めなくなります。書いた記録は残ります。戻すには、招待し直します",
            ),
        },
        Step {
            icon: "clock",
            what: &due,
            more: t(
                "返事のないメンバーは外れませんが、施設の管理者に伝わります。途中でやめても、続きから確かめられます",
            ),
        },
    ];
    consequences(t("答えると、こうなります"), &steps)
}

fn group_section(view: &HostView, group: Uuid, left: &[&Mine]) -> Markup {
    let first = left.first().map(|i| i.id);
    html! {
        section {
            h2 { (view.titles.get(&group).map_or("", String::as_str)) (t("のグループ")) }
            ul.panel.flush.rows {
                @for item in left.iter().filter(|i| i.group == group) { (row(item, first == Some(item.id), view.now)) }
            }
        }
    }
}

fn row(item: &Mine, next: bool, now: Timestamp) -> Markup {
    let code = profession_of(Some(&item.profession));
    html! {
        li.entry-row id=[next.then_some("next")] {
            (avatar(&item.name, code, Size::Medium))
            div {
                b { (item.name) } " " span.badge.plain { (role(&item.role)) @if let Some(until) = item.until { " " (time::day_long(last_instant(until))) (t("まで")) } }
                p.affiliation { (profession(code)) " " span { (item.facility) } }
                small {
                    @if item.there { (t("最後に読んだ時刻 ")) (item.used_at.map_or_else(|| t("まだありません").to_owned(), |t| time::when(t, now))) }
                    @else { (t("もうメンバーではありません")) }
                }
            }
            (answers(item.id, &item.name, item.there))
        }
    }
}
