//! Announced work at the console.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    figures::Work,
    routes::{WHAT, WorkForm},
};
use crate::web::{
    console::{Console, console},
    forms::{Entry, Errors, done, hidden},
    page::way,
    ui::{Ctx, icon, submit, time},
    urls,
};
use crate::words::t;

#[derive(Debug)]
pub struct WorksView {
    pub name: String,
    pub works: Vec<Work>,
    pub form: WorkForm,
    pub errors: Errors,
    /// What was just done.
    pub done: Option<String>,
    pub now: Timestamp,
}

pub fn works_page(v: &WorksView, ctx: &Ctx) -> Markup {
    let (over, ahead): (Vec<&Work>, Vec<&Work>) = v.works.iter().partition(|w| w.to <= v.now);
    let body = html! {
        (done(v.done.as_deref().map(|code| if code == "ended" { t("終えました。") } else { t("お知らせしました。稼働の状況の画面に出ています。") })))
        ul.panel.flush.ways { (way(urls::status(), "eye", t("稼働の状況を見る"), t("だれでも見られる画面"))) }
        section {
            h2 { (t("これからの作業")) }
            @if ahead.is_empty() { p.soft { (t("予定はありません。")) } }
            @else { ul.panel.flush.rows { @for w in &ahead { (row(w, v.now)) } } }
        }
        section { h2 { (t("作業をお知らせする")) } (form(v)) }
        @if !over.is_empty() {
            section { h2 { (t("終わった作業（90日）")) } ul.panel.flush.rows { @for w in over.iter().rev() { (row(w, v.now)) } } }
        }
    };
    console(ctx, Console { title: t("作業の予定"), name: &v.name, current: urls::operator_works(), body })
}

fn row(w: &Work, now: Timestamp) -> Markup {
    let act = if w.to <= now {
        None
    } else if w.from <= now {
        Some(t("いま終える"))
    } else {
        Some(t("取りやめる"))
    };
    html! {
        li.entry-row {
            (icon("clock"))
            div {
                b { (w.what) }
                small { (time::when(w.from, now)) (t(" から ")) (time::when(w.to, now)) (t(" まで")) @if w.from <= now && now < w.to { (t("・作業中")) } }
                @if let Some(words) = act {
                    form method="post" action=(urls::operator_work_end(w.id)) { button.btn.quiet type="submit" { (icon("x")) (words) } }
                }
            }
        }
    }
}

fn form(v: &WorksView) -> Markup {
    let e = &v.errors;
    html! {
        (e.summary())
        form.stack.panel method="post" action=(urls::operator_works()) {
            (hidden("id", &v.form.id.to_string()))
            (Entry::moment("from", t("始まり")).value(&v.form.from).errors(e).need().help(t("24時間より先。前の日までにお知らせした時間だけが、稼働率と別に数えられます。")))
            (Entry::moment("to", t("終わり")).value(&v.form.to).errors(e).need().help(t("24時間まで。早く終わったら、ここで終えてください。")))
            (Entry::line("what", t("何をするか")).value(&v.form.what).errors(e).need().max_chars(WHAT as u32).help(t("だれでも見られます。例：システムの更新。数分、書きこみができません。")))
            (submit(t("お知らせする")))
        }
    }
}
