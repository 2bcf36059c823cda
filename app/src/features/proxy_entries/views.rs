//! The person's page, and what home shows of it.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{Asking, Waiting};
use crate::words::{fill, t, t_in};
use crate::{
    features::marks::read::excerpt,
    web::{
        forms::{done, hidden},
        page::{Page, Step, how_to, page, steps},
        ui::{self, Ctx, Tab, Topbar, empty, icon, time},
        urls,
    },
};

pub struct EntriesView {
    pub facility: String,
    /// The oldest first.
    pub waiting: Vec<Waiting>,
    /// How many there are, also those that are not shown.
    pub all: usize,
    /// What their groups are called.
    pub titles: HashMap<Uuid, String>,
    pub asking: Vec<Asking>,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

crate::opaque_debug!(EntriesView);

pub fn entries_page(view: &EntriesView, ctx: &Ctx) -> Markup {
    let says = [
        Step {
            icon: "swap",
            what: t("電子カルテなどの外部システムが、あなたの代わりに投稿を書きます"),
            more: t("チームには「どのシステムから、だれの代わりに」と、確認が済んだかどうかが見えます"),
        },
        Step {
            icon: "check",
            what: t("届いたら、あなたが読んで確認します"),
            more: t("ちがうところは訂正、入れてほしくなかったものは取り消せます。あなたの投稿として残ります"),
        },
        Step {
            icon: "off",
            what: t("認めるのは、いつでもやめられます"),
            more: t("やめると、その時から入らなくなります"),
        },
    ];
    let body = html! {
        (done(view.done))
        section {
            h2 { (t("あなたの確認を待っているもの ")) (view.all) }
            @if view.waiting.is_empty() { (empty("check", t("確認を待っているものはありません"), t("代行入力が届くと、ここに出ます。"), None)) }
            @for one in &view.waiting { (entry(view, one)) }
            @if view.all > view.waiting.len() { p.soft { (t("古いものから出しています。確認すると、続きが出ます。")) } }
        }
        section {
            h2 { (t("代行入力を認める")) }
            div.panel { (steps(&says)) }
            @if view.asking.is_empty() {
                p.soft { (fill(t("{0}には、登録された外部システムがありません。登録は、施設の管理者ができます。"), &[("0", &view.facility)])) }
            } @else {
                p.soft { (fill(t("{0}の管理者が登録した外部システムです。認める前に、ご本人であることをもう一度確かめます。"), &[("0", &view.facility)])) }
                ul.panel.flush.rows { @for system in &view.asking { (consent(system, view.now)) } }
            }
        }
        (how_to("proxy-entries"))
    };
    let bar =
        Topbar {
            title: t("代行入力"), back: Some((urls::menu(), t("メニューに戻る"))), ..Topbar::default()
        };
    page(ctx, Page { title: t("代行入力"), tab: Tab::Menu, bar, body })
}

fn entry(view: &EntriesView, one: &Waiting) -> Markup {
    let patient = view.titles.get(&one.group_id).map(String::as_str).unwrap_or_default();
    html! {
        article.panel.stack-s aria-label=(fill(t("{0}から届いた代行入力"), &[("0", &one.system)])) {
            p.strong { (patient) }
            p.small.soft { (icon("swap")) " " (fill(t("{0}から、あなたの代わりに"), &[("0", &one.system)])) (t("・")) (time::when(one.at, view.now)) }
            @for part in one.body.split("\n\n").filter(|part| !part.trim().is_empty()) { p.text { (part) } }
            form method="post" action=(urls::confirmation(one.post_id)) {
                (hidden("from_list", "true"))
                button.btn.primary.block type="submit" { (icon("check")) (t("内容を確認しました")) }
            }
            p {
                a.see href=(urls::correction(one.post_id)) { (t("訂正する")) } (t("　"))
                a.see href=(urls::withdrawal(one.post_id)) { (t("取り消す")) } (t("　"))
                a.see href=(urls::post_in_group(one.group_id, one.post_id)) { (t("タイムラインで見る")) }
            }
        }
    }
}

fn consent(system: &Asking, now: Timestamp) -> Markup {
    let since = system.since.map(|at| time::short(at, now));
    html! {
        li.entry-row {
            (icon("swap"))
            div {
                b { (system.name) } " "
                @if system.agreed { span.badge.accent { (t("認めています")) } } @else { span.badge.plain { (t("認めていません")) } }
                @if let Some(since) = since {
                    small { @if system.agreed { (fill(t("{since}から"), &[("since", &since)])) } @else { (fill(t("{since}にやめました"), &[("since", &since)])) } }
                }
            }
            div.acts { form method="post" action=(urls::proxy_entries()) {
                (hidden("system", &system.id.to_string()))
                @if system.agreed {
                    (hidden("agreed", "false"))
                    button.btn.danger-quiet type="submit" aria-label=(fill(t("{0}を認めるのをやめる"), &[("0", &system.name)])) { (t_in("やめる", "of what was allowed")) }
                } @else {
                    (hidden("agreed", "true"))
                    button.btn type="submit" aria-label=(fill(t("{0}からの代行入力を認める"), &[("0", &system.name)])) { (t("認める")) }
                }
            } }
        }
    }
}

/// Those that home names; all of them stand on the page.
const ON_HOME: usize = 4;

/// What home shows: the oldest of those that wait, how many there are, and what their groups are called.
#[derive(Clone, Default)]
pub struct OnHome {
    pub waiting: Vec<Waiting>,
    pub all: usize,
    pub titles: HashMap<Uuid, String>,
}

crate::opaque_debug!(OnHome);

/// The part of home: each with the beginning of its text, and the way to all.
pub fn home_section(view: &OnHome, now: Timestamp) -> Markup {
    let all = html! { a class="see" href=(urls::proxy_entries()) { (fill(t("まとめて確かめる({0}件)"), &[("0", &view.all)])) } };
    html! {
        section aria-labelledby="h-proxy" {
            (ui::section_head("swap", "h-proxy", t("代行入力の確認"), Some(all)))
            div class="panel flush" { @for one in view.waiting.iter().take(ON_HOME) { (line(view, one, now)) } }
        }
    }
}

fn line(view: &OnHome, one: &Waiting, now: Timestamp) -> Markup {
    html! {
        a class="group ask" href=(urls::post_in_group(one.group_id, one.post_id)) {
            span class="avatar symbol" aria-hidden="true" { (icon("swap")) }
            span class="name" { (fill(t("{0}から、あなたの代わりに"), &[("0", &one.system)])) }
            span class="marks" { (icon("next")) }
            span class="last" { (excerpt(&one.body)) }
            span class="tags" {
                @if let Some(title) = view.titles.get(&one.group_id) { span class="badge accent" { (title) } }
                span class="badge plain" { (time::when(one.at, now)) }
            }
        }
    }
}
