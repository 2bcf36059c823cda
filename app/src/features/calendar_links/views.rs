//! The page of one's own link.

use jiff::Timestamp;
use maud::{Markup, html};

use super::acts::Link;
use crate::web::{
    forms::{Errors, check},
    page::{Page, Step, how_to, page, steps},
    ui::{self, Ctx, Tab, Tone, Topbar, icon, time},
    urls,
};
use crate::words::t;

#[derive(Clone)]
pub struct LinkView {
    pub facility: String,
    pub link: Option<Link>,
    /// The whole address, just after it was made.
    pub address: Option<String>,
    pub now: Timestamp,
}

// The address opens the feed.
crate::opaque_debug!(LinkView);

pub fn link_page(view: &LinkView, ctx: &Ctx) -> Markup {
    let says = [
        Step {
            icon: "cal",
            what: t("「訪問(看護)」のような題と、時刻だけが入ります"),
            more: t("患者さんのお名前、住所、ひとことは入りません"),
        },
        Step {
            icon: "lock",
            what: t("リンクを知っている人は、だれでも時刻を見られます"),
            more: t("人に送らず、もれたと思ったら作り直してください。前のリンクはすぐに使えなくなります"),
        },
        Step {
            icon: "log", what: t("カレンダーが取りに来たことは、アクセス記録に残ります"), more: ""
        },
        Step {
            icon: "clock",
            what: t("12か月で使えなくなります"),
            more: t(
                "パスワードを変えたとき、端末の紛失を届けたとき、すべての端末からサインアウトしたときも、使えなくなります。作り直してください",
            ),
        },
    ];
    let body = html! {
        @if let Some(address) = &view.address {
            (ui::callout(Tone::Success, t("リンクができました。いまだけ表示します"), html! {
                p { (t("カレンダーアプリの「URLで追加」「照会カレンダー」に、この文字をそのまま入れてください。")) }
                p class="feed" { code { (address) } }
            }))
        }
        p { (view.facility) (t(" で担当する訪問を、ふだんのカレンダーで見られます。自分の訪問と、だれが行くか決まっていない自施設の訪問です。")) }
        div class="panel" { (steps(&says)) }
        @match &view.link {
            Some(link) => {
                section class="panel stack" aria-labelledby="l-now" {
                    (ui::section_head("link", "l-now", t("いまのリンク"), None))
                    p { (time::when(link.made_at, view.now)) (t(" に作りました。")) (time::date_long(link.ends_at)) (t("まで使えます。")) @if link.with_number { (t("施設の患者番号も入ります。")) } }
                    p class="soft" { @match link.fetched_at { Some(at) => { (t("最後に取りに来たのは ")) (time::when(at, view.now)) (t(" です。")) } None => (t("まだ取りに来ていません。")) } }
                    form method="post" action=(urls::calendar_link_end()) { button class="btn danger" type="submit" { (icon("off")) (t("リンクを使えなくする")) } }
                }
                details class="opens" { summary { (t("リンクを作り直す")) } (form(t("作り直す"), link.with_number)) }
            }
            None => (form(t("リンクを作る"), false)),
        }
        (how_to("calendar"))
    };
    let bar = Topbar {
        title: t("カレンダーに入れる"),
        back: Some((urls::menu(), t("メニューに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("カレンダーに入れる"), tab: Tab::Menu, bar, body })
}

fn form(verb: &str, with_number: bool) -> Markup {
    html! {
        form class="stack" method="post" action=(urls::calendar_link()) {
            (check("with_number", t("施設の患者番号も入れる"), t("自施設が管理する患者さんの番号だけです。番号から人がわかるときは、入れないでください。"), with_number, &Errors::none()))
            button class="btn primary large" type="submit" { (icon("link")) (verb) }
        }
    }
}
