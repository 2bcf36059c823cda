//! The form of a new task; one task with its acts and its history.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::list::{day_words, due_badge};
use crate::words::{fill, t};
use crate::{
    features::{
        groups::model::Member,
        patients::room::Room,
        tasks::{
            forms::Typed,
            model::{Happened, MAX_TEXT, MAX_WHAT, State, Task},
        },
    },
    opaque_debug,
    web::{
        forms::{self, Entry, choices, hidden},
        ui::{self, Ctx, Profession, icon, time},
        urls,
    },
};

#[derive(Clone)]
pub struct NewView {
    pub room: Room,
    pub group: Uuid,
    pub members: Vec<Member>,
    pub me: Uuid,
    pub typed: Typed,
}

#[derive(Clone)]
pub struct TaskView {
    pub room: Room,
    pub task: Task,
    /// Oldest first.
    pub history: Vec<Happened>,
    pub members: Vec<Member>,
    pub archived: bool,
    pub typed: Typed,
    /// What was just done: the kind of its event.
    pub done: Option<String>,
    pub now: Timestamp,
}

opaque_debug!(NewView, TaskView);

/// `五十嵐 みずほ(看護師・そらまめ訪問看護)`; the viewer first, as 自分.
fn people(members: &[Member], me: Uuid, without: Option<Uuid>) -> Vec<(String, String)> {
    let mut all: Vec<&Member> = members.iter().filter(|m| Some(m.id) != without).collect();
    all.sort_by_key(|m| m.id != me);
    let words = |m: &Member| {
        fill(
            t("{0}({1}・{2})"),
            &[("0", &m.name), ("1", &Profession::of(&m.profession).label()), ("2", &m.facility)],
        )
    };
    all.into_iter()
        .map(|m| {
            (m.id.to_string(), if m.id == me { fill(t("自分 {0}"), &[("0", &words(m))]) } else { words(m) })
        })
        .collect()
}

pub fn new_page(view: &NewView, ctx: &Ctx) -> Markup {
    let (typed, errors) = (&view.typed, &view.typed.errors);
    let people = people(&view.members, view.me, None);
    let back = urls::group_tasks(view.group);
    let place = typed.post.map(|post| post.to_string()).unwrap_or_default();
    let body = html! {
        (errors.summary())
        form class="stack" method="post" action=(urls::group_tasks(view.group)) data-keep=(format!("task/{}/{place}", view.group)) data-came-back[!errors.is_empty()] {
            (hidden("client_id", &typed.client_id.to_string()))
            @if let Some(post) = typed.post { (hidden("post", &post.to_string())) }
            (Entry::line("what", t("すること")).value(&typed.what).help(t("例: 残薬を数えて薬局に伝える")).max_chars(MAX_WHAT as u32).errors(errors).need())
            (Entry::select("owner", t("担当"), &choices(&people)).value(&typed.owner).errors(errors).need())
            div class="pair" {
                (Entry::date("due_date", t("期限の日")).value(&typed.due_date).errors(errors).need())
                (time_entry(&typed.due_time, errors))
            }
            (ui::notice_line("group", t("グループの全員に見えます。だれがいつ変えたかも残ります。")))
            div class="row" {
                a class="btn large" href=(back) { (t("やめる")) }
                button class="btn primary large" type="submit" { (icon("check")) (t("やることを作る")) }
            }
        }
    };
    let bar = view.room.deeper(t("やることを作る"), (&back, t("やることに戻る")));
    view.room.page(ctx, t("やることを作る"), bar, body, None)
}

fn time_entry<'a>(value: &'a str, errors: &'a forms::Errors) -> Entry<'a> {
    Entry::clock("due_time", t("時刻(なくてもよい)")).value(value).errors(errors)
}

pub fn task_page(view: &TaskView, ctx: &Ctx) -> Markup {
    let task = &view.task;
    let back = urls::group_tasks(task.group_id);
    let body = html! {
        (forms::done(view.done.as_deref().and_then(done_words)))
        (view.typed.errors.summary())
        section class="panel stack" aria-label=(t("このやること")) {
            h2 class="task-title" { (task.what) }
            p class="when-line" {
                @match task.state {
                    State::Open => (due_badge(task.due, view.now)),
                    State::Done => span class="badge success" { (icon("ok")) (t("対応済")) },
                    State::Dropped => span class="badge plain" { (icon("x")) (t("とりやめ")) },
                }
                span { (t("担当 ")) b { (task.owner.name) } " " (ui::profession(Profession::of(&task.owner.profession))) }
            }
            @if task.passed_on && task.state == State::Open { (ui::notice_line("swap", t("前の担当の方がグループを抜けたので、ホストに移りました。引き継ぐ相手を決めてください。"))) }
            @if let (true, Some(text)) = (task.state != State::Open, &task.text) { p class="text" { (text) } }
            @if let Some(post) = task.post_id { p { a class="see" href=(urls::post_in_group(task.group_id, post)) { (t("もとの投稿を見る")) } } }
        }
        @if view.archived { (ui::notice_line("lock", t("このグループはアーカイブされています。やることは変えられません。"))) }
        @else if task.state == State::Open { (acts(view, ctx)) }
        @else { (reopening(view)) }
        section aria-labelledby="history" {
            (ui::section_head("hist", "history", t("いままで"), None))
            ol class="plain panel flush rows" { @for one in view.history.iter().rev() { (happened(one, view.now)) } }
        }
    };
    let bar = view.room.deeper(t("やること"), (&back, t("やることの一覧に戻る")));
    view.room.page(ctx, t("やること"), bar, body, None)
}

fn done_words(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "done" => t("対応済にしました。"),
        "dropped" => t("とりやめにしました。"),
        "reopened" => t("もう一度、やることに戻しました。"),
        "handed_over" => t("引き継ぎました。"),
        "changed" => t("直しました。"),
        _ => return None,
    })
}

fn form(view: &TaskView, kind: &str, inner: Markup) -> Markup {
    let came_back = view.typed.kind == kind && !view.typed.errors.is_empty();
    let began = (kind == "words").then_some(&view.typed.began);
    html! {
        form class="stack" method="post" action=(urls::task_change(view.task.id)) data-keep=(format!("task/{}/{kind}", view.task.id)) data-began=[began] data-came-back[came_back] {
            (hidden("client_id", &Uuid::now_v7().to_string()))
            (hidden("kind", kind))
            (inner)
        }
    }
}

/// What was typed into this form, if it was the one that was sent.
fn typed<'a>(view: &'a TaskView, kind: &str) -> &'a str {
    if view.typed.kind == kind { &view.typed.text } else { "" }
}

fn acts(view: &TaskView, ctx: &Ctx) -> Markup {
    let errors = &view.typed.errors;
    let me = ctx.account().unwrap_or_default();
    let people = people(&view.members, me, Some(view.task.owner.id));
    let (sent, open) = (&view.typed, |kind: &str| view.typed.kind == kind && !errors.is_empty());
    html! {
        section class="panel" aria-label=(t("対応済にする")) {
            (form(view, "done", html! {
                (Entry::text("done-text", t("結果(なくてもよい)"), 2).value(typed(view, "done")).help(t("例: 残薬は12日分。薬局に伝えました。")).max_chars(MAX_TEXT as u32).errors(errors))
                (ui::submit(t("対応済にする")))
            }))
        }
        details class="opens" open[open("hand_over")] {
            summary { (t("ほかの人に引き継ぐ")) }
            (form(view, "hand_over", html! {
                (Entry::select("owner", t("引き継ぐ相手"), &choices(&people)).value(&sent.owner).errors(errors).need())
                (Entry::text("hand_over-text", t("ひとこと(なくてもよい)"), 2).value(typed(view, "hand_over")).max_chars(MAX_TEXT as u32).errors(errors))
                button class="btn" type="submit" { (icon("swap")) (t("引き継ぐ")) }
            }))
        }
        details class="opens" open[open("words")] {
            summary { (t("内容や期限を直す")) }
            (form(view, "words", html! {
                (hidden("version", if sent.version.is_empty() { view.task.version.to_string() } else { sent.version.clone() }.as_str()))
                (Entry::line("what", t("すること")).value(&sent.what).max_chars(MAX_WHAT as u32).errors(errors).need())
                div class="pair" {
                    (Entry::date("due_date", t("期限の日")).value(&sent.due_date).errors(errors).need())
                    (time_entry(&sent.due_time, errors))
                }
                button class="btn" type="submit" { (icon("save")) (t("直す")) }
            }))
        }
        details class="opens" open[open("drop")] {
            summary { (t("とりやめる")) }
            (form(view, "drop", html! {
                (Entry::text("drop-text", t("しなくてよくなった理由"), 2).value(typed(view, "drop")).max_chars(MAX_TEXT as u32).errors(errors).need())
                button class="btn" type="submit" { (icon("x")) (t("とりやめる")) }
            }))
        }
    }
}

fn reopening(view: &TaskView) -> Markup {
    html! {
        details class="opens" {
            summary { (t("もう一度、やることに戻す")) }
            (form(view, "reopen", html! {
                (Entry::text("reopen-text", t("ひとこと(なくてもよい)"), 2).value(typed(view, "reopen")).max_chars(MAX_TEXT as u32).errors(&view.typed.errors))
                button class="btn" type="submit" { (icon("undo")) (t("戻す")) }
            }))
        }
    }
}

fn happened(one: &Happened, now: Timestamp) -> Markup {
    let (name, words) = match one.kind.as_str() {
        "made" => ("plus", fill(t("作りました(担当 {0})"), &[("0", &one.owner)])),
        "changed" => ("pen", t("直しました").to_owned()),
        "handed_over" => ("swap", fill(t("{0}さんに引き継ぎました"), &[("0", &one.owner)])),
        "done" => ("ok", t("対応済にしました").to_owned()),
        "dropped" => ("x", t("とりやめにしました").to_owned()),
        "reopened" => ("undo", t("やることに戻しました").to_owned()),
        _ => (
            "swap",
            fill(t("担当の方がグループを抜けたので、ホストの{0}さんに移りました"), &[("0", &one.owner)]),
        ),
    };
    html! {
        li class="entry-row" {
            (icon(name))
            div {
                p { @if let Some(by) = &one.by { b { (by) } (t("さんが")) } (words) }
                @if let Some(words) = &one.words { p class="small" { (t("「")) (words.what) (t("」 ")) (day_words(words.due, now)) (t("まで")) } }
                @if let Some(text) = &one.text { p class="text small" { (text) } }
                p class="when-line" { time datetime=(time::machine(one.at)) title=(time::date_long(one.at)) { (time::when(one.at, now)) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_an_open_task_offers_its_acts_and_that_of_a_closed_one_only_the_way_back() {
        let mut view = TaskView::sample();
        let html = task_page(&view, &Ctx::sample("/tasks/x")).into_string();
        assert!(html.contains("対応済にする") && html.contains("引き継ぐ相手"), "{html}");
        view.task.state = State::Done;
        let html = task_page(&view, &Ctx::sample("/tasks/x")).into_string();
        assert!(html.contains("もう一度") && !html.contains("引き継ぐ相手"), "{html}");
    }
}
