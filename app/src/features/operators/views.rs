//! The console's door, front page and log.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    acts::{Desk, Event},
    words,
};
use crate::words::t;
use crate::{
    features::sign_in::views::Refusal,
    web::{
        console::{Console, Secretariat, console, desk_console, sections},
        forms::{Entry, hidden},
        page::way,
        ui::{Ctx, gate, language_switch, time},
        urls,
    },
};

/// ID, password and code on one page. Neither secret ever comes back.
#[derive(Debug, Clone, Default)]
pub struct DoorView {
    pub login_id: String,
    /// A page of the console, checked by the caller.
    pub next: String,
    pub refusal: Option<Refusal>,
}

pub fn door_page(view: &DoorView, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("運営者・地域事務局のサインイン")) }
        p { (t("施設のスタッフのかたは、")) a href=(urls::sign_in()) { (t("こちら")) } (t("からサインインしてください。")) }
        @if let Some(refusal) = view.refusal { (refusal.callout()) }
        form.stack method="post" action=(urls::operator_sign_in()) {
            (hidden("next", &view.next))
            (Entry::line("login_id", t("運営者ID")).value(&view.login_id).autocomplete("username").inputmode("email"))
            (Entry::password("password", t("パスワード")).autocomplete("current-password"))
            (Entry::code("code", t("アプリ認証の6けたの数字")))
            button.btn.primary.large.block type="submit" { (t("サインイン")) }
        }
        (language_switch(ctx))
    };
    gate(ctx, t("運営者のサインイン"), main)
}

pub fn front_page(name: &str, latest: &[Event], now: Timestamp, ctx: &Ctx) -> Markup {
    let body = html! {
        p { (t("ここからは、患者さんの記録を読むことはできません。できるのは、このサービスを動かし、守ることだけです。")) }
        section {
            h2 { (t("できること")) }
            ul.panel.flush.ways {
                @for s in sections().iter().filter(|s| s.href != urls::operator()) { (way(s.href, s.icon, t(s.label), t(s.what))) }
            }
        }
        section {
            h2 { (t("さいきんの操作")) }
            (event_rows(latest, now))
        }
    };
    console(ctx, Console { title: t("運営"), name, current: urls::operator(), body })
}

/// What a secretariat sees first.
pub fn secretariat_front_page(desk: &Desk, ctx: &Ctx) -> Markup {
    let places = desk.frame().map(Secretariat::places).unwrap_or_default();
    let body = html! {
        p { (t("ここからは、患者さんの記録を読むことはできません。見えるのは、この地域の申請、施設、件数だけです。")) }
        section {
            h2 { (t("できること")) }
            ul.panel.flush.ways {
                @for p in places.iter().filter(|p| p.href != urls::operator()) { (way(&p.href, p.icon, p.label, p.what)) }
            }
        }
    };
    let region = desk.frame().map_or(t("地域事務局"), |s| s.region);
    let page = Console { title: region, name: &desk.name, current: urls::operator(), body };
    desk_console(ctx, page, desk.frame())
}

fn event_rows(events: &[Event], now: Timestamp) -> Markup {
    html! {
        ul.panel.flush.rows {
            @for e in events {
                li.entry-row {
                    span {}
                    div {
                        b { (words::act(&e.act)) }
                        @if !e.detail.is_empty() { " " span { (e.detail) } }
                        small { (e.name.as_deref().unwrap_or(t("コマンド、または分からない人"))) (t("・")) (time::when(e.at, now)) }
                    }
                }
            }
        }
    }
}

#[derive(Debug, Clone)]
pub struct LogView {
    pub name: String,
    pub events: Vec<Event>,
    /// Where the next page begins.
    pub older: Option<Timestamp>,
    pub now: Timestamp,
}

pub fn log_page(view: &LogView, ctx: &Ctx) -> Markup {
    let body = html! {
        p { (t("運営者がしたことは、すべてここに残ります。消すことも、書きかえることもできません。")) }
        (event_rows(&view.events, view.now))
        @if let Some(older) = view.older {
            a.btn href={ (urls::operator_log()) "?before=" (urls::encode(&older.to_string())) } { (t("もっと前を見る")) }
        }
    };
    console(ctx, Console { title: t("操作の記録"), name: &view.name, current: urls::operator_log(), body })
}
