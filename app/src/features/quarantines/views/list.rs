//! What waits, and what was decided in the last month.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{
    features::quarantines::model::{Quarantine, State},
    opaque_debug,
    web::{
        page::{Page, how_to, page},
        ui::{self, Ctx, Tab, Topbar, empty, icon, time},
        urls,
    },
};

pub struct ListView {
    pub all: Vec<Quarantine>,
    /// What their groups are called.
    pub titles: HashMap<Uuid, String>,
    pub now: Timestamp,
}

opaque_debug!(ListView);

pub fn list_page(view: &ListView, ctx: &Ctx) -> Markup {
    let (waiting, decided): (Vec<_>, Vec<_>) = view.all.iter().partition(|q| q.state == State::Waiting);
    let body = html! {
        section {
            h2 { (t("確かめを待っているもの")) }
            @if waiting.is_empty() { (empty("check", t("待っているものはありません"), t("だれかが「別の患者さんの投稿」を見つけて、あなたが確かめる人になると、ここに出ます。"), None)) }
            @else { div.panel.flush { @for q in &waiting { (row(q, &view.titles, view.now)) } } }
        }
        @if !decided.is_empty() {
            section {
                h2 { (t("この1か月に決まったもの")) }
                div.panel.flush { @for q in &decided { (row(q, &view.titles, view.now)) } }
            }
        }
        (how_to("mistakes"))
    };
    let title = t("誤投稿の隔離");
    let bar = Topbar { title, back: Some((urls::menu(), t("メニューに戻る"))), ..Topbar::default() };
    page(ctx, Page { title, tab: Tab::Menu, bar, body })
}

pub(super) fn state(q: &Quarantine) -> &'static str {
    match (q.state, q.mine) {
        (State::Waiting, true) => t("あなたの確かめを待っています"),
        (State::Waiting, false) => t("もう1人の確かめを待っています"),
        (State::Confirmed, _) if q.moved => t("正しいグループに書き直しました"),
        (State::Confirmed, _) => t("見えないままです"),
        (State::Lifted, _) => t("元に戻しました"),
    }
}

fn row(q: &Quarantine, titles: &HashMap<Uuid, String>, now: Timestamp) -> Markup {
    html! {
        a class="group ask" href=(urls::quarantine(q.id)) {
            span class="avatar symbol" aria-hidden="true" { (icon("ban")) }
            span class="name" { (state(q)) }
            span class="marks" { (icon("next")) }
            span class="last" { (fill(t("見つけた人 {0}"), &[("0", &q.finder)])) @if let Some(second) = &q.second { (fill(t("・確かめる人 {0}"), &[("0", &second)])) } }
            span class="tags" {
                @if let Some(title) = titles.get(&q.group_id) { span class="badge accent" { (title) } }
                span class="badge plain" { (time::when(q.at, now)) }
            }
        }
    }
}

/// The part of home: what waits for the viewer's word.
pub fn home_section(waiting: &[Quarantine], titles: &HashMap<Uuid, String>, now: Timestamp) -> Markup {
    html! {
        section aria-labelledby="h-quarantine" {
            (ui::section_head("ban", "h-quarantine", t("誤投稿の確かめ"), Some(html! { a class="see" href=(urls::quarantines()) { (t("すべて見る")) } })))
            div class="panel flush" { @for q in waiting { (row(q, titles, now)) } }
        }
    }
}
