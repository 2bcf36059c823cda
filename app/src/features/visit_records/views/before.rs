//! The page between two houses: what one has to know before ringing the bell, on one page of a phone.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::records::row;
use crate::{
    features::{
        face_sheets::{fields, version_views},
        patients::room::{Room, RoomTab},
        tasks::views::due_badge,
        visit_records::before::{Before, Headline},
        visits::{read::Placed, views::line},
    },
    web::{
        forms::{done, hidden},
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
        (done(view.done.as_deref().map(|_| "訪問の印を付けました。次に開くと、ここから先のことが出ます。")))
        p class="soft" {
            @if b.visited { "前回の訪問(" (time::when(b.since, view.now)) ")からあとのこと" }
            @else { "訪問の印がまだないので、この2週間のことを出しています" }
        }
        (cautions(view))
        (visits(view))
        (tasks(view))
        (changes(view))
        (posts(view))
        @if !view.archived { (acts(view)) }
    };
    view.room.page(ctx, "訪問の前に", view.room.bar(RoomTab::Schedule, None), body, None)
}

/// The latest records: what changed in the plan, and what to look out for.
fn cautions(view: &BeforeView<'_>) -> Markup {
    html! {
        @if !view.before.records.is_empty() {
            section aria-labelledby="b-records" {
                (ui::section_head("pen", "b-records", "最近の訪問記録", Some(html! { a class="see small" href=(urls::visit_records(view.group)) { "すべて" } })))
                ul class="plain stack" { @for one in &view.before.records { (row(view.group, one, view.now)) } }
            }
        }
    }
}

fn visits(view: &BeforeView<'_>) -> Markup {
    html! {
        section aria-labelledby="b-visits" {
            (ui::section_head("cal", "b-visits", "これからの訪問", Some(html! { a class="see small" href=(urls::schedule(view.group)) { "予定" } })))
            @if view.placed.is_empty() { p class="soft" { "2週間のうちに、予定はありません。" } }
            @else { ul class="plain panel flush rows" { @for p in view.placed.iter().take(VISITS) { (line(p, view.now)) } } }
        }
    }
}

fn tasks(view: &BeforeView<'_>) -> Markup {
    let tasks = &view.before.tasks;
    html! {
        section aria-labelledby="b-tasks" {
            (ui::section_head("check", "b-tasks", "残っているやること", Some(html! { a class="see small" href=(urls::group_tasks(view.group)) { "すべて" } })))
            @if tasks.is_empty() { p class="soft" { "ありません。" } }
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
                (ui::section_head("sheet", "b-sheet", "基礎情報の変更", Some(html! { a class="see small" href=(urls::face_sheet(view.room.patient_id)) { "いまの版" } })))
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
            (ui::section_head("msg", "b-posts", "ほかの方の投稿", Some(html! { span class="soft small num" { (b.posts.len()) @if b.more_posts { "件より多い" } @else { "件" } } })))
            @if b.posts.is_empty() { p class="soft" { "ありません。" } }
            @else { ul class="plain panel flush rows" { @for one in &b.posts { (headline(view.group, one, view.now)) } } }
            @if b.more_posts { p { a class="see" href=(urls::group(view.group)) { "チームの記録ですべて読む" } } }
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
                p { @if one.excerpt.is_empty() { "(ファイルだけの投稿)" } @else { (one.excerpt) } }
                p { a class="see small" href=(urls::post_in_group(group, one.post)) { "読む" span class="sr" { "(" (one.author) "さんの投稿)" } } }
            }
        }
    }
}

fn acts(view: &BeforeView<'_>) -> Markup {
    html! {
        div class="row" {
            a class="btn primary large" href=(urls::new_visit_record(view.group)) { (icon("pen")) "訪問記録を書く" }
            form method="post" action=(urls::visit_marks(view.group)) {
                (hidden("client_id", &Uuid::now_v7().to_string()))
                button class="btn large" type="submit" { (icon("check")) "記録なしで、訪問の印を付ける" }
            }
        }
    }
}
