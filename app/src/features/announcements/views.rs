//! An announcement as people read it, and its row on the page of notices.

use jiff::Timestamp;
use maud::{Markup, html};

use super::model::Announcement;
use crate::web::{
    page::{Page, page},
    ui::{Ctx, Tab, Topbar, icon, time},
    urls,
};
use crate::words::t;

pub fn announcement_page(a: &Announcement, now: Timestamp, ctx: &Ctx) -> Markup {
    let body = html! {
        article.panel.stack-s {
            @if a.importance == "important" { p { span.badge.danger { (icon("alert")) (t("大事なお知らせ")) } } }
            h2 { (a.title) }
            p.when-line {
                time datetime=(time::machine(a.from)) { (time::when(a.from, now)) }
                @if a.version > 1 { span.badge { (t("訂正 ")) (a.version - 1) (t("回め")) } }
            }
            p.told { (a.body) }
        }
        p { a.btn href=(urls::notices()) { (icon("back")) (t("お知らせの一覧へ")) } }
    };
    let bar = Topbar {
        title: t("運営からのお知らせ"),
        back: Some((urls::notices(), t("お知らせに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("運営からのお知らせ"), tab: Tab::Notices, bar, body })
}

/// Rows for the list of notices: the unread ones stand out.
pub fn announcement_rows(all: &[Announcement], now: Timestamp) -> Markup {
    html! {
        @if !all.is_empty() {
            section {
                h2 { (t("運営からのお知らせ")) }
                ul.panel.flush.rows { @for a in all { (row(a, now)) } }
            }
        }
    }
}

fn row(a: &Announcement, now: Timestamp) -> Markup {
    let over = a.until.is_some_and(|until| until <= now);
    let symbol = if a.importance == "important" { "alert" } else { "bell" };
    html! {
        li.entry-row {
            span.avatar.symbol aria-hidden="true" { (icon(symbol)) }
            div {
                b { (a.title) }
                p.when-line {
                    (time::when(a.from, now))
                    @if a.is_new(now) { " " span.badge.accent { (t("新着")) } }
                    @if over { " " span.badge { (t("終わりました")) } }
                }
            }
            a.btn href=(urls::announcement(a.id)) aria-label={ (a.title) (t("を読む")) } { (t("読む")) }
        }
    }
}
