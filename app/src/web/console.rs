//! The frame of the operator's console: plain pages, one list of sections, no way to a record.

use maud::{Markup, html};

use super::{
    page::column,
    ui::{Ctx, bare, icon, mark},
    urls,
};

/// One entry of the console's navigation.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    pub href: &'static str,
    pub icon: &'static str,
    pub label: &'static str,
    /// One line for the front page.
    pub what: &'static str,
}

/// All sections, in the order of the navigation. A new one is a line here.
pub fn sections() -> &'static [Section] {
    const ALL: &[Section] = &[
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
    ALL
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

/// The frame with its page.
pub fn console(ctx: &Ctx, page: Console<'_>) -> Markup {
    let main = html! {
        div.console {
            header.console-bar {
                a.brand href=(urls::operator()) { (mark()) "連携 " small { "運営" } }
                nav aria-label="運営の画面" {
                    ul {
                        @for s in sections() {
                            li { a href=(s.href) aria-current=[(s.href == page.current).then_some("page")] { (icon(s.icon)) (s.label) } }
                        }
                    }
                }
                form.who method="post" action=(urls::operator_sign_out()) {
                    span { (page.name) }
                    button.btn.quiet type="submit" { (icon("out")) "サインアウト" }
                }
            }
            main id="main" tabindex="-1" {
                (column(html! { header.console-head { h1 { (page.title) } } (page.body) }))
            }
        }
    };
    bare(ctx, page.title, main)
}
