//! The region's policy as a facility reads and accepts it.

use maud::{Markup, html};

use super::read::Mine;
use crate::words::{t, t_in};
use crate::{
    features::documents::policies::views::body as policy_body,
    web::{
        forms::{done, hidden},
        page::{Page, page},
        ui::{Ctx, Tab, Topbar, difference, empty, icon, notice_line, time},
        urls,
    },
};

#[derive(Debug, Clone)]
pub struct RegionView {
    pub facility: String,
    pub admin: bool,
    /// `None`: in no region.
    pub mine: Option<Mine>,
    pub done: Option<&'static str>,
}

pub fn region_page(view: &RegionView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done))
        @match &view.mine {
            None => (empty("facility", t("どの地域にも入っていません"), t("地域に入ると、その事務局の方針がここに出ます。"), None)),
            Some(mine) => (in_region(view, mine)),
        }
    };
    let bar = Topbar {
        title: t("地域"),
        note: Some(&view.facility),
        back: Some((urls::menu(), t("メニューに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("地域"), tab: Tab::Menu, bar, body })
}

fn in_region(view: &RegionView, mine: &Mine) -> Markup {
    html! {
        p { span.badge.accent { (icon("facility")) (mine.badge()) } }
        @match &mine.policy {
            None => (notice_line("info", t("地域の方針は、まだ公開されていません。"))),
            Some((n, title, text, change, at)) => {
                section.panel.stack-s {
                    h2 { (title) (t(" 第")) (n) (t_in("版", "after its number")) }
                    p.when-line { (time::to_the_second(*at)) (t("に公開")) }
                    p { b { (t("変わったところ: ")) } (change) }
                    @match (&mine.accepted, mine.is_due()) {
                        (Some((was, _, _, before)), true) => {
                            h3 { (t("同意した第")) (was) (t("版との違い")) }
                            (difference(before, text))
                            details.more { summary { (t("全文を読む")) } (policy_body(text)) }
                        }
                        _ => (policy_body(text)),
                    }
                }
                @if mine.is_due() { (to_accept(view, mine, *n)) }
                @if let Some((n, at, by, _)) = &mine.accepted { p.small { (t("第")) (n) (t("版に ")) (by) (t("さんが ")) (time::to_the_second(*at)) (t(" に、施設として同意しました。")) } }
            }
        }
    }
}

fn to_accept(view: &RegionView, mine: &Mine, n: i32) -> Markup {
    html! {
        @if view.admin {
            form.stack method="post" action=(urls::facility_region()) {
                (hidden("region", &mine.region_id.to_string())) (hidden("n", &n.to_string()))
                button.btn.primary.large.block type="submit" { (icon("check")) (t("読みました。施設として同意する")) }
            }
        } @else { (notice_line("hour", t("施設の管理者が読んで、施設として同意します。"))) }
    }
}
