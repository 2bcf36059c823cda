//! A day on a page: counts first, then what they count.

use std::collections::{BTreeMap, HashMap};

use jiff::{Timestamp, civil::Date};
use maud::{Markup, html};
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{
    features::{
        patients::room::{Room, RoomTab},
        tasks::model::Task,
        visit_records::{before::Headline, rules::day_words, views::headline},
        visits::model::Shown,
    },
    opaque_debug,
    web::{
        page::{Page, page},
        ui::{self, Ctx, Tab, Topbar, icon, time},
        urls,
    },
};

/// What was in one group on one day.
#[derive(Clone, Default)]
pub struct OfGroup {
    pub posts: Vec<Headline>,
    pub done: Vec<Task>,
    pub visits: Vec<Shown>,
}

/// One day, by group.
#[derive(Clone)]
pub struct Day {
    pub day: Date,
    pub groups: BTreeMap<Uuid, OfGroup>,
}

#[derive(Clone)]
pub struct AllView {
    pub digest: Day,
    pub titles: HashMap<Uuid, String>,
    pub now: Timestamp,
}

#[derive(Clone)]
pub struct GroupView {
    pub room: Room,
    pub group: Uuid,
    pub digest: Day,
    pub now: Timestamp,
}

opaque_debug!(OfGroup, Day, AllView, GroupView);

/// Posts of one patient on the page of all.
const SHOWN: usize = 4;

fn counts(of: &OfGroup) -> String {
    let visits = of.visits.iter().filter(|v| !v.cancelled).count();
    fill(
        t("投稿 {0}件・訪問の予定 {visits}件・対応済 {1}件"),
        &[("0", &of.posts.len()), ("visits", &visits), ("1", &of.done.len())],
    )
}

/// The way to the day before and the day after.
fn turning(day: Date, now: Timestamp, to: &dyn Fn(Date) -> String) -> Markup {
    let next = day.tomorrow().ok().filter(|next| *next <= time::day_of(now));
    html! {
        div class="turning" {
            h2 { (day_words(day, None)) }
            nav aria-label=(t("日を変える")) {
                @if let Ok(before) = day.yesterday() { a class="btn" href=(to(before)) { (icon("back")) (t("前の日")) } }
                @if let Some(next) = next { a class="btn" href=(to(next)) { (t("次の日")) (icon("next")) } }
            }
        }
    }
}

pub fn all_page(view: &AllView, ctx: &Ctx) -> Markup {
    let day = view.digest.day;
    let body = html! {
        (turning(day, view.now, &urls::digest_of))
        @if view.digest.groups.is_empty() { (ui::empty("ok", t("この日は、何もありませんでした"), t("投稿・訪問の予定・対応済にしたことがあると、患者さんごとに並びます。"), None)) }
        @for (group, of) in &view.digest.groups {
            @let title = view.titles.get(group).map(String::as_str).unwrap_or_default();
            @let id = format!("d-{}", group.simple());
            section aria-labelledby=(id) {
                (ui::section_head("patient", &id, title, None))
                p class="soft small" { (counts(of)) }
                @if !of.posts.is_empty() { ul class="plain panel flush rows" { @for one in of.posts.iter().rev().take(SHOWN) { (headline(*group, one, view.now)) } } }
                p { a class="see" href=(urls::group_digest_of(*group, day)) { (t("この方の一日")) span class="sr" { "(" (title) ")" } } }
            }
        }
    };
    let bar = Topbar {
        title: t("一日のまとめ"),
        back: Some((urls::home(), t("ホームに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("一日のまとめ"), tab: Tab::Home, bar, body })
}

pub fn group_page(view: &GroupView, ctx: &Ctx) -> Markup {
    let nothing = OfGroup::default();
    let of = view.digest.groups.get(&view.group).unwrap_or(&nothing);
    let body = html! {
        (turning(view.digest.day, view.now, &|day| urls::group_digest_of(view.group, day)))
        p class="soft" { (counts(of)) }
        @if !of.visits.is_empty() {
            section aria-labelledby="d-visits" {
                (ui::section_head("cal", "d-visits", t("訪問の予定"), None))
                ul class="plain panel flush rows" { @for v in &of.visits { li class="entry-row" {
                    (icon(v.kind.icon()))
                    div {
                        p { b { (time::clock(v.start)) (t("〜")) (time::clock(v.end)) " " (v.kind.label()) } @if v.cancelled { " " span class="badge plain" { (icon("x")) (t("お休み")) } } }
                        p class="when-line" { @if let Some(person) = &v.person { span { (person) } } span { (v.facility) } }
                    }
                } } }
            }
        }
        @if !of.done.is_empty() {
            section aria-labelledby="d-done" {
                (ui::section_head("ok", "d-done", t("対応済にしたこと"), None))
                ul class="plain panel flush rows" { @for task in &of.done { li class="entry-row" {
                    (icon("ok"))
                    div {
                        a class="task-name" href=(urls::task(task.id)) { (task.what) }
                        @if let Some(text) = &task.text { p class="small text" { (text) } }
                        p class="when-line" { span { (task.owner.name) } }
                    }
                } } }
            }
        }
        section aria-labelledby="d-posts" {
            (ui::section_head("msg", "d-posts", t("投稿"), None))
            @if of.posts.is_empty() { p class="soft" { (t("ありません。")) } }
            @else { ul class="plain panel flush rows" { @for one in &of.posts { (headline(view.group, one, view.now)) } } }
        }
    };
    view.room.page(ctx, t("一日のまとめ"), view.room.bar(RoomTab::Schedule, None), body, None)
}
