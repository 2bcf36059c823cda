//! The page between two houses: what one has to know before ringing the bell, on one page of a phone.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::records::row;
use crate::words::t;
use crate::{
    features::{
        face_sheets::{fields, version_views},
        patients::room::{Room, RoomTab},
        tasks::views::due_badge,
        visit_records::before::{Before, Headline},
        visits::{read::Placed, views::line},
        vitals::{
            model::{Chart, Observed},
            sign::Sign,
            views::tile,
        },
    },
    web::{
        forms::{done, hidden},
        page::how_to,
        ui::{self, Ctx, Profession, icon, time},
        urls,
    },
};

#[derive(Clone)]
pub struct BeforeView<'a> {
    pub room: Room,
    pub group: Uuid,
    pub before: Before,
    /// Visits of the next days.
    pub placed: &'a [Placed<'a>],
    pub archived: bool,
    pub done: Option<String>,
    pub now: Timestamp,
}

impl std::fmt::Debug for BeforeView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BeforeView { … }")
    }
}

/// Visits shown.
const VISITS: usize = 5;

pub fn before_page(view: &BeforeView<'_>, ctx: &Ctx) -> Markup {
    let b = &view.before;
    let body = html! {
        (done(view.done.as_deref().map(|_| t("訪問の印を付けました。次に開くと、ここから先のことが出ます。"))))
        p class="soft" {
            @if b.visited { (t("前回の訪問(")) (time::when(b.since, view.now)) (t(")からあとのこと")) }
            @else { (t("訪問の印がまだないので、この2週間のことを出しています")) }
        }
        (cautions(view))
        (vitals(view))
        (visits(view))
        (tasks(view))
        (changes(view))
        (posts(view))
        @if !view.archived { (acts(view)) }
        (how_to("visit-records"))
    };
    view.room.page(ctx, t("訪問の前に"), view.room.bar(RoomTab::Schedule, None), body, None)
}

/// The latest records: what changed in the plan, and what to look out for.
fn cautions(view: &BeforeView<'_>) -> Markup {
    html! {
        @if !view.before.records.is_empty() {
            section aria-labelledby="b-records" {
                (ui::section_head("pen", "b-records", t("最近の訪問記録"), Some(html! { a class="see small" href=(urls::visit_records(view.group)) { (t("すべて")) } })))
                ul class="plain stack" { @for one in &view.before.records { (row(view.group, one, view.now)) } }
            }
        }
    }
}

/// Of each sign the newest value, and how many there were and how many of them lay beyond the patient's range.
fn vitals(view: &BeforeView<'_>) -> Markup {
    let chart = &view.before.vitals;
    let signs: Vec<Values<'_>> = Sign::ALL.into_iter().filter_map(|sign| Values::of(chart, sign)).collect();
    let charts = urls::vitals(view.room.patient_id);
    html! {
        section aria-labelledby="b-vitals" {
            (ui::section_head("log", "b-vitals", t("バイタル"), Some(html! { a class="see small" href=(charts) { (t("グラフを見る")) } })))
            @if signs.is_empty() { p class="soft" { (t("新しい記録はありません。")) } }
            @else {
                dl class="vitals" {
                    @for s in &signs { (tile(s.newest, &chart.crossed(s.newest.sign, &s.newest.values), Some(&time::when(s.newest.measured_at, view.now)))) }
                }
                @for s in signs.iter().filter(|s| s.beyond > 0) {
                    p { span class="badge must" { (icon("alert")) (t("範囲をこえた値")) } " " (s.newest.sign.name()) " " (s.count) (t("回のうち")) (s.beyond) (t("回")) }
                }
            }
        }
    }
}

/// What was measured of one sign.
struct Values<'a> {
    newest: &'a Observed,
    count: usize,
    beyond: usize,
}

impl<'a> Values<'a> {
    /// Nothing where no value stands.
    fn of(chart: &'a Chart, sign: Sign) -> Option<Self> {
        let standing = || chart.observed.iter().filter(move |o| o.sign == sign && o.counts());
        let beyond = |o: &&Observed| chart.crossed(sign, &o.values).iter().any(Option::is_some);
        Some(Self {
            newest: standing().next()?,
            count: standing().count(),
            beyond: standing().filter(beyond).count(),
        })
    }
}

fn visits(view: &BeforeView<'_>) -> Markup {
    html! {
        section aria-labelledby="b-visits" {
            (ui::section_head("cal", "b-visits", t("これからの訪問"), Some(html! { a class="see small" href=(urls::schedule(view.group)) { (t("予定")) } })))
            @if view.placed.is_empty() { p class="soft" { (t("2週間のうちに、予定はありません。")) } }
            @else { ul class="plain panel flush rows" { @for p in view.placed.iter().take(VISITS) { (line(p, view.now)) } } }
        }
    }
}

fn tasks(view: &BeforeView<'_>) -> Markup {
    let tasks = &view.before.tasks;
    html! {
        section aria-labelledby="b-tasks" {
            (ui::section_head("check", "b-tasks", t("残っているやること"), Some(html! { a class="see small" href=(urls::group_tasks(view.group)) { (t("すべて")) } })))
            @if tasks.is_empty() { p class="soft" { (t("ありません。")) } }
            @else {
                ul class="plain panel flush rows" {
                    @for task in tasks {
                        li class="entry-row task" {
                            (icon("check"))
                            div {
                                a class="task-name" href=(urls::task(task.id)) { (task.what) }
                                p class="when-line" { (due_badge(task.due, view.now)) span { (task.owner.name) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn changes(view: &BeforeView<'_>) -> Markup {
    let changes = &view.before.changes;
    html! {
        @if !changes.is_empty() {
            section aria-labelledby="b-sheet" {
                (ui::section_head("sheet", "b-sheet", t("基礎情報の変更"), Some(html! { a class="see small" href=(urls::face_sheet(view.room.patient_id)) { (t("いまの版")) } })))
                dl class="facts-table" {
                    @for change in changes {
                        div class="changed" { dt { (fields::find(&change.key).map_or(change.key.as_str(), |f| f.label)) } dd { (version_views::difference(change)) } }
                    }
                }
            }
        }
    }
}

fn posts(view: &BeforeView<'_>) -> Markup {
    let b = &view.before;
    html! {
        section aria-labelledby="b-posts" {
            (ui::section_head("msg", "b-posts", t("ほかの方の投稿"), Some(html! { span class="soft small num" { (b.posts.len()) @if b.more_posts { (t("件より多い")) } @else { (t("件")) } } })))
            @if b.posts.is_empty() { p class="soft" { (t("ありません。")) } }
            @else { ul class="plain panel flush rows" { @for one in &b.posts { (headline(view.group, one, view.now)) } } }
            @if b.more_posts { p { a class="see" href=(urls::group(view.group)) { (t("チームの記録ですべて読む")) } } }
        }
    }
}

/// One post on a few lines, with the way to it.
pub fn headline(group: Uuid, one: &Headline, now: Timestamp) -> Markup {
    html! {
        li class="entry-row task" {
            (icon(Profession::of(&one.profession).icon()))
            div {
                p class="when-line" { b { (one.author) } (ui::profession(Profession::of(&one.profession))) time datetime=(time::machine(one.at)) { (time::when(one.at, now)) } }
                p { @if one.excerpt.is_empty() { (t("(ファイルだけの投稿)")) } @else { (one.excerpt) } }
                p { a class="see small" href=(urls::post_in_group(group, one.post)) { (t("読む")) span class="sr" { "(" (one.author) (t("さんの投稿)")) } } }
            }
        }
    }
}

fn acts(view: &BeforeView<'_>) -> Markup {
    html! {
        div class="row" {
            a class="btn primary large" href=(urls::new_visit_record(view.group)) { (icon("pen")) (t("訪問記録を書く")) }
            form method="post" action=(urls::visit_marks(view.group)) {
                (hidden("client_id", &Uuid::now_v7().to_string()))
                button class="btn large" type="submit" { (icon("check")) (t("記録なしで、訪問の印を付ける")) }
            }
        }
    }
}
