//! The months of a facility's access log that were and are to be looked at.

use jiff::Timestamp;
use maud::{Markup, html};

use super::model::Review;
use crate::words::{fill, t};
use crate::{
    features::facilities::views::{AdminTab, admin_bar},
    web::{
        page::{Page, page, way},
        ui::{Ctx, Tab, Topbar, empty, time},
        urls,
    },
};

pub struct ListView {
    pub facility: String,
    pub reviews: Vec<Review>,
    pub now: Timestamp,
}

pub fn list_page(view: &ListView, ctx: &Ctx) -> Markup {
    let body = html! {
        section {
            h2 { (t("毎月の点検")) }
            p { (t("前の月に、だれの記録がだれに見られたかを数字で確かめて、署名します。月のはじめに、自動で始まります。")) }
            @if view.reviews.is_empty() {
                (empty("list", t("まだありません"), t("月のはじめに、前の月の点検が始まります。"), None))
            } @else {
                ul.panel.flush.ways { @for review in &view.reviews {
                    (way(&urls::access_review(&review.month.code()), if review.signed.is_some() { "ok" } else { "list" }, &review.month.in_words(), &state(review, view.now)))
                } }
            }
        }
    };
    let bar = Topbar {
        back: Some((urls::access_log(), t("アクセス記録に戻る"))),
        ..admin_bar(&view.facility, AdminTab::AccessLog)
    };
    page(ctx, Page { title: t("毎月の点検"), tab: Tab::Menu, bar, body })
}

fn state(review: &Review, now: Timestamp) -> String {
    match &review.signed {
        Some((at, by)) => fill(t("署名しました・{0}・{1}さん"), &[("0", &time::when(*at, now)), ("1", by)]),
        None if review.is_overdue(now) => {
            fill(t("期限が過ぎています（{0}）"), &[("0", &time::when(review.due_at, now))])
        }
        None => fill(t("署名を待っています・期限 {0}"), &[("0", &time::when(review.due_at, now))]),
    }
}
