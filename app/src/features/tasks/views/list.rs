//! Lists of tasks.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use crate::words::t;
use crate::{
    features::{
        patients::room::{Room, RoomTab},
        tasks::{
            model::{State, Task},
            rules::{Due, Part},
        },
    },
    opaque_debug,
    web::{
        page::{Page, how_to, page},
        ui::{self, Ctx, Profession, Tab, Topbar, icon, time},
        urls,
    },
};

/// Closed tasks that the group's page shows.
pub const CLOSED_SHOWN: usize = 30;

/// Open tasks that the own page shows.
const MINE_SHOWN: usize = 500;

/// `/tasks`: the viewer's open tasks in all groups.
#[derive(Clone)]
pub struct MyTasks {
    /// By what is due.
    pub tasks: Vec<Task>,
    pub titles: HashMap<Uuid, String>,
    pub now: Timestamp,
}

/// `/groups/{g}/tasks`: everybody's tasks of one group.
#[derive(Clone)]
pub struct GroupTasks {
    pub room: Room,
    pub group: Uuid,
    pub open: Vec<Task>,
    /// The latest first.
    pub closed: Vec<Task>,
    pub archived: bool,
    pub me: Uuid,
    pub now: Timestamp,
}

opaque_debug!(MyTasks, GroupTasks);

pub fn mine_page(view: &MyTasks, ctx: &Ctx) -> Markup {
    let of = |task: &Task| view.titles.get(&task.group_id).map(String::as_str);
    let body = html! {
        @if view.tasks.is_empty() {
            (ui::empty("ok", t("残っていることはありません"), t("投稿のメニューの「やることにする」か、患者さんの「予定」から、やることを作れます。"),
                Some(html! { a class="btn primary" href=(urls::groups()) { (t("患者さんの一覧を開く")) } })))
        } @else {
            @let shown = view.tasks.len().min(MINE_SHOWN);
            @if view.tasks.len() > shown {
                (ui::callout(ui::Tone::Info, t("多いため、期限の近いものから表示しています"), html! { p { (shown) (t("件を表示しています。ほかに")) (view.tasks.len() - shown) (t("件あり、それぞれのグループの「やること」で見られます。")) } }))
            }
            (parts(&view.tasks[..shown], view.now, &|task| row(task, of(task), None, view.now)))
        }
        (how_to("tasks"))
    };
    let bar =
        Topbar {
            title: t("やること"), back: Some((urls::home(), t("ホームに戻る"))), ..Topbar::default()
        };
    page(ctx, Page { title: t("やること"), tab: Tab::Home, bar, body })
}

/// Open tasks under the headings of their parts.
fn parts(tasks: &[Task], now: Timestamp, row: &dyn Fn(&Task) -> Markup) -> Markup {
    html! {
        @for part in [Part::Overdue, Part::Today, Part::Soon, Part::Later] {
            @let of_it: Vec<&Task> = tasks.iter().filter(|t| t.due.part(now) == part).collect();
            @if !of_it.is_empty() {
                @let id = format!("part-{part:?}").to_lowercase();
                section aria-labelledby=(id) {
                    (ui::section_head(if part == Part::Overdue { "alert" } else { "cal" }, &id, part.label(),
                        Some(html! { span class="soft small num" { (of_it.len()) (t("件")) } })))
                    ul class="plain panel flush rows" { @for task in of_it { (row(task)) } }
                }
            }
        }
    }
}

/// One task. `of`: the patient, where the list goes over groups; `me`: whose tasks are marked, where it is a team's.
fn row(task: &Task, of: Option<&str>, me: Option<Uuid>, now: Timestamp) -> Markup {
    html! {
        li class="entry-row task" {
            (icon(match task.state { State::Open => "check", State::Done => "ok", State::Dropped => "x" }))
            div {
                a class="task-name" href=(urls::task(task.id)) { (task.what) }
                p class="when-line" {
                    @if task.state == State::Open { (due_badge(task.due, now)) }
                    @if let Some(title) = of { span { (title) } }
                    @if of.is_none() {
                        @let profession = Profession::of(&task.owner.profession);
                        span { @if me == Some(task.owner.id) { b { (t("あなた")) } } @else { (task.owner.name) " " (ui::profession(profession)) } }
                    }
                    @if task.state != State::Open { span { @if task.state == State::Done { (t("対応済 ")) } @else { (t("とりやめ ")) } (time::when(task.changed_at, now)) } }
                    @if task.passed_on && task.state == State::Open { span class="badge plain" { (icon("swap")) (t("前の担当が抜けたため移りました")) } }
                }
                @if let (true, Some(text)) = (task.state != State::Open, &task.text) { p class="small" { (text) } }
            }
        }
    }
}

/// Until when, with the icon and the word when it is late.
pub fn due_badge(due: Due, now: Timestamp) -> Markup {
    let part = due.part(now);
    let class = match part {
        Part::Overdue => "badge danger",
        Part::Today => "badge must",
        _ => "badge plain",
    };
    html! {
        span class=(class) {
            (icon(if part == Part::Overdue { "alert" } else { "clock" }))
            (day_words(due, now)) (t("まで")) @if part == Part::Overdue { (t("(過ぎています)")) }
        }
    }
}

/// `今日 17:00`, `12月4日(金)`.
pub fn day_words(due: Due, now: Timestamp) -> String {
    let noon = due.day.at(12, 0, 0, 0).to_zoned(crate::japan::zone()).map_or(now, |z| z.timestamp());
    let words = time::when(noon, now);
    let day = words.rsplit_once(' ').map_or(words.as_str(), |(day, _)| day);
    match due.time {
        Some(at) => format!("{day} {}", time::of_day(at)),
        None => day.to_owned(),
    }
}

/// A few of the viewer's tasks for other pages: the pressing ones first, and the way to all of them.
pub fn lines(
    tasks: &[Task],
    titles: &dyn Fn(Uuid) -> Option<String>,
    shown: usize,
    now: Timestamp,
) -> Markup {
    html! {
        ul class="plain panel flush rows" {
            @for task in tasks.iter().take(shown) { (row(task, Some(titles(task.group_id).unwrap_or_default().as_str()), None, now)) }
        }
        p { a class="see" href=(urls::tasks()) { (t("やることをすべて見る(")) (tasks.len()) (t("件)")) } }
    }
}

pub fn group_page(view: &GroupTasks, ctx: &Ctx) -> Markup {
    let body = html! {
        @if view.archived { (ui::notice_line("lock", t("このグループはアーカイブされています。やることは変えられません。"))) }
        @else { p { a class="btn primary large" href=(urls::new_task(view.group)) { (icon("plus")) (t("やることを作る")) } } }
        @if view.open.is_empty() {
            div class="panel" { (ui::empty("ok", t("残っていることはありません"), t("投稿のメニューの「やることにする」からも作れます。"), None)) }
        } @else {
            (parts(&view.open, view.now, &|task| row(task, None, Some(view.me), view.now)))
        }
        @if !view.closed.is_empty() {
            section aria-labelledby="closed" {
                (ui::section_head("hist", "closed", t("終わったこと"), None))
                ul class="plain panel flush rows" { @for task in &view.closed { (row(task, None, Some(view.me), view.now)) } }
            }
        }
        (how_to("tasks"))
    };
    view.room.page(ctx, t("やること"), view.room.bar(RoomTab::Schedule, None), body, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_tasks_say_so_in_words_and_stand_first() {
        let view = MyTasks::sample();
        let html = mine_page(&view, &Ctx::sample("/tasks")).into_string();
        let (late, today) = (html.find("期限を過ぎています"), html.find(">今日<"));
        assert!(late.is_some() && late < today, "{html}");
        assert!(html.contains("(過ぎています)"), "{html}");
        let title = html.split("<title>").nth(1).and_then(|t| t.split("</title>").next());
        assert!(title.is_some_and(|t| t.contains("やること") && !t.contains("小野寺")), "{title:?}");
    }
}
