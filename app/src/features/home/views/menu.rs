//! The menu: everything that is not daily.

use maud::{Markup, html};

use crate::web::{
    ui::{self, Ctx, Shell, Tab, icon},
    urls,
};

/// One way out of the menu.
#[derive(Debug, Clone)]
pub struct MenuLink {
    pub href: String,
    /// Name of an icon.
    pub icon: &'static str,
    pub label: &'static str,
    /// One line on what is there.
    pub note: &'static str,
}

/// The links under one heading, for instance 施設の管理.
#[derive(Debug, Clone)]
pub struct MenuSection {
    pub title: &'static str,
    pub links: Vec<MenuLink>,
}

/// The page `/menu`. Sections without links are left out, so a page that a person may not open is not named.
pub fn menu_page(sections: &[MenuSection], ctx: &Ctx) -> Markup {
    let main = html! {
        (ui::topbar(ui::Topbar { title: "メニュー", ..Default::default() }))
        (ui::column(html! {
            (me(ctx))
            @for section in sections.iter().filter(|section| !section.links.is_empty()) { (links(section)) }
            section class="stack-s" aria-labelledby="display" {
                h2 id="display" { "見かた" }
                div class="panel" { (ui::display_form(ctx)) }
            }
            div class="row" {
                form method="post" action=(urls::lock()) { button class="btn" type="submit" { (icon("lock")) "画面をロックする" } }
                form method="post" action=(urls::sign_out()) { button class="btn" type="submit" { (icon("out")) "サインアウト" } }
            }
            (ui::notice_line("info", "サインアウトすると、この端末に残っている下書きは消えます。"))
        }))
    };
    ui::shell(ctx, Shell { title: "メニュー", tab: Tab::Menu, list: None, side: None, in_room: false, main })
}

fn me(ctx: &Ctx) -> Markup {
    html! {
        @if let Some(viewer) = &ctx.viewer {
            div class="person" {
                (ui::avatar(&viewer.name, viewer.profession, ui::Size::Large))
                div { p class="strong" { (viewer.name) } p { (viewer.profession.label()) "・" (viewer.facility) } }
            }
        }
    }
}

fn links(section: &MenuSection) -> Markup {
    html! {
        section class="stack-s" aria-label=(section.title) {
            h2 { (section.title) }
            ul class="panel flush links" {
                @for link in &section.links {
                    li {
                        a class="file" href=(link.href) {
                            span class="kind" { (icon(link.icon)) }
                            span { b { (link.label) } small { (link.note) } }
                            (icon("next"))
                        }
                    }
                }
            }
        }
    }
}

impl MenuSection {
    /// What a facility admin sees.
    pub fn samples() -> Vec<Self> {
        let link = |href: &str, icon, label, note| MenuLink { href: href.to_owned(), icon, label, note };
        vec![
            Self {
                title: "自分のこと",
                links: vec![link(
                    "/me/devices",
                    "phone",
                    "端末とサインイン",
                    "使っている端末、アプリ認証、パスワード",
                )],
            },
            Self {
                title: "施設の管理",
                links: vec![
                    link("/facility/staff", "userok", "スタッフ", "招く、役割を変える、利用を終える"),
                    link("/facility/access-log", "hist", "アクセス記録", "だれが、いつ、どの記録を見たか"),
                ],
            },
        ]
    }
}
