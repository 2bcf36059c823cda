//! The frame of the operator's console: plain pages, one list of sections, no way to a record. Secretariats have the same frame
//! with the sections of their region.

use maud::{Markup, html};
use uuid::Uuid;

use super::{
    page::column,
    ui::{Ctx, bare, icon, mark},
    urls,
};

use crate::words::t;

/// One entry of the console's navigation.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    pub href: &'static str,
    pub icon: &'static str,
    pub label: &'static str,
    /// One line for the front page.
    pub what: &'static str,
}

/// In the order of the navigation. A new one is a line here.
const SECTIONS: &[Section] = &[
    Section { href: "/operator", icon: "home", label: "はじめ", what: "" },
    Section {
        href: "/operator/watch",
        icon: "bell",
        label: "見守り",
        what: "警報と、この24時間の動きを見る",
    },
    Section {
        href: "/operator/announcements",
        icon: "bell",
        label: "お知らせ",
        what: "施設のみなさんに知らせる。何人が読んだかを見る",
    },
    Section {
        href: "/operator/incidents",
        icon: "alert",
        label: "インシデント",
        what: "何かが起きたとき。報告の期限、影響、施設への連絡、公表",
    },
    Section {
        href: "/operator/inquiries",
        icon: "mail",
        label: "問い合わせ",
        what: "届いた問い合わせに答える",
    },
    Section {
        href: "/operator/recoveries",
        icon: "key",
        label: "回復",
        what: "管理者が一人の施設で、サインインの回復を確認する",
    },
    Section {
        href: "/operator/applications",
        icon: "userok",
        label: "利用申請",
        what: "施設からの申請を審査し、最初の管理者を迎える",
    },
    Section {
        href: "/operator/facilities",
        icon: "list",
        label: "施設",
        what: "施設の一覧と、スタッフ・グループ・投稿の件数",
    },
    Section {
        href: "/operator/masters",
        icon: "pen",
        label: "種別と職種",
        what: "選べる施設の種別と職種、その表示名",
    },
    Section {
        href: "/operator/templates",
        icon: "file",
        label: "定型文",
        what: "すべての人に出る投稿の用紙を書く",
    },
    Section {
        href: "/operator/regions",
        icon: "facility",
        label: "地域",
        what: "地域事務局の受け持ちを決め、施設を入れる",
    },
    Section {
        href: "/operator/modes",
        icon: "swap",
        label: "運転モード",
        what: "読むだけ、サインイン停止、停止に切り替える",
    },
    Section {
        href: "/operator/work-orders",
        icon: "key",
        label: "作業指示",
        what: "施設のデータに関わる保守作業。2人目の承認、時間、報告、施設の確認",
    },
    Section {
        href: "/operator/works",
        icon: "clock",
        label: "作業の予定",
        what: "システムの作業を前もって知らせる。稼働率とは別に数えられる",
    },
    Section {
        href: "/operator/disclosure",
        icon: "shield",
        label: "情報提供",
        what: "安全管理に関する情報提供の、いまの答えと足りないもの。版の公開",
    },
    Section {
        href: "/operator/policies",
        icon: "file",
        label: "規程と方針",
        what: "方針、規程、利用規約の版と、スタッフの同意",
    },
    Section {
        href: "/operator/register",
        icon: "list",
        label: "体制の台帳",
        what: "責任者、認証と監査、委託先、設置場所、窓口、事業者のことば",
    },
    Section {
        href: "/operator/papers",
        icon: "folder",
        label: "書類",
        what: "契約書などを暗号化して保管し、施設の管理者と共有する",
    },
    Section {
        href: "/operator/risks",
        icon: "warn",
        label: "リスク",
        what: "脅威ごとの手当て、試験、残るもの、だれの役目か",
    },
    Section {
        href: "/operator/system",
        icon: "link",
        label: "構成",
        what: "設定から作った全体構成図、置き場所、外への通信先",
    },
    Section {
        href: "/operator/log",
        icon: "log",
        label: "操作の記録",
        what: "運営者がしたことを、新しい順に見る",
    },
];

/// All of them.
pub fn sections() -> &'static [Section] {
    SECTIONS
}

/// A page of the console.
#[derive(Debug)]
pub struct Console<'a> {
    /// The heading, and the title of the browser's tab.
    pub title: &'a str,
    /// Who is signed in.
    pub name: &'a str,
    /// The section's address.
    pub current: &'a str,
    pub body: Markup,
}

/// A place in a secretariat's navigation.
#[derive(Debug, Clone)]
pub struct Place {
    pub href: String,
    pub icon: &'static str,
    pub label: &'static str,
    /// One line for the front page.
    pub what: &'static str,
}

/// Whose console it is where it is not an operator's.
#[derive(Debug, Clone, Copy)]
pub struct Secretariat<'a> {
    /// The region's.
    pub id: Uuid,
    pub region: &'a str,
}

impl Secretariat<'_> {
    /// All of its places, in the order of the navigation.
    pub fn places(self) -> Vec<Place> {
        let place = |href: &str, icon, label, what| Place { href: href.to_owned(), icon, label, what };
        vec![
            place(urls::operator(), "home", t("はじめ"), ""),
            place(
                urls::operator_applications(),
                "userok",
                t("利用申請"),
                t("この地域の施設からの申請を審査する"),
            ),
            place(
                urls::operator_facilities(),
                "list",
                t("施設"),
                t("この地域の施設と、スタッフ・グループ・投稿の件数"),
            ),
            place(
                &urls::region_policies(self.id),
                "file",
                t("方針の版"),
                t("地域の方針を公開し、どの施設が同意したかを見る"),
            ),
            place(
                &urls::region_notices(self.id),
                "bell",
                t("お知らせ"),
                t("この地域の施設のみなさんに知らせる"),
            ),
        ]
    }
}

/// The frame with its page.
pub fn console(ctx: &Ctx, page: Console<'_>) -> Markup {
    desk_console(ctx, page, None)
}

/// The same for a page that secretariats have too. `None`: an operator looks at it.
pub fn desk_console(ctx: &Ctx, page: Console<'_>, secretariat: Option<Secretariat<'_>>) -> Markup {
    let places = match secretariat {
        Some(s) => s.places(),
        None => sections()
            .iter()
            .map(|s| Place { href: s.href.to_owned(), icon: s.icon, label: t(s.label), what: t(s.what) })
            .collect(),
    };
    let whose = if secretariat.is_some() { t("地域事務局") } else { t("運営") };
    let main = html! {
        div.console {
            header.console-bar {
                a.brand href=(urls::operator()) { (mark()) (t("連携 ")) small { (whose) } }
                nav aria-label={ (whose) (t("の画面")) } {
                    ul {
                        @for p in &places {
                            li { a href=(p.href) aria-current=[(p.href == page.current).then_some("page")] { (icon(p.icon)) (p.label) } }
                        }
                    }
                }
                form.who method="post" action=(urls::operator_sign_out()) {
                    span { (page.name) }
                    button.btn.quiet type="submit" { (icon("out")) (t("サインアウト")) }
                }
            }
            main id="main" tabindex="-1" {
                (column(html! { header.console-head { h1 { (page.title) } } (page.body) }))
            }
        }
    };
    bare(ctx, page.title, main)
}
