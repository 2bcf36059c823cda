//! What stands above every page: the service mode, and what must be read.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{Ctx, icon, time};
use crate::words::{fill, t};
use crate::{
    service::{InForce, ServiceMode},
    web::urls,
};

/// Something important that the viewer has not read.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct News {
    pub kind: NewsKind,
    pub id: Uuid,
    pub title: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewsKind {
    Announcement,
    /// For the facility's admin: patients of the facility are concerned.
    Incident,
    /// The same as an exercise.
    Drill,
}

/// How many stand above a page; the rest waits on the page of notices.
const SHOWN: usize = 2;

/// Nothing at all on an ordinary day.
pub fn banners(ctx: &Ctx) -> Markup {
    html! {
        @if ctx.mode.is_some() || !ctx.news.is_empty() {
            div.banners {
                @if let Some(mode) = &ctx.mode { (mode_banner(mode)) }
                @for news in ctx.news.iter().take(SHOWN) { (news_banner(news)) }
                @if ctx.news.len() > SHOWN { a.banner href=(urls::notices()) { (icon("bell")) span { (t("ほかにも大事なお知らせがあります")) } } }
            }
        }
    }
}

/// The mode, why, since when and, if somebody said so, until when.
pub fn mode_banner(now: &InForce) -> Markup {
    let tone = if now.mode == ServiceMode::Stopped { "banner stop" } else { "banner mode" };
    html! {
        div class=(tone) role="status" {
            (icon("warn"))
            span {
                b { (now.mode.meaning()) } " "
                span { (now.reason) } " "
                small { (mode_times(now)) }
            }
        }
    }
}

/// `11月23日(月) 14:02 から(今日 18:00 ごろまでの予定)`.
pub fn mode_times(now: &InForce) -> String {
    let clock = Timestamp::now();
    let until = now
        .until
        .map(|until| fill(t("({0} ごろまでの予定)"), &[("0", &time::when(until, clock))]))
        .unwrap_or_default();
    fill(t("{0} から{until}"), &[("0", &time::when(now.since, clock)), ("until", &until)])
}

fn news_banner(news: &News) -> Markup {
    let (href, words) = match news.kind {
        NewsKind::Announcement => (urls::announcement(news.id), t("大事なお知らせ")),
        NewsKind::Incident => (urls::facility_incident(news.id), t("患者さんの情報に関わる連絡")),
        NewsKind::Drill => (urls::facility_incident(news.id), t("訓練：患者さんの情報に関わる連絡")),
    };
    html! {
        a.banner.news href=(href) { (icon("alert")) span { b { (words) } " " (news.title) } (icon("next")) }
    }
}
