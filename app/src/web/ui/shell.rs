//! The document around every page: navigation, panes, styles and scripts.

use std::sync::LazyLock;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    asset::{self, asset},
    banner::banners,
    ctx::{Ctx, Theme},
    icon::{icon, mark},
    styles::styles,
};
use crate::{
    audit,
    web::urls,
    words::{self, t, t_in},
};

/// Which entry of the navigation is the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Home,
    Patients,
    Notices,
    Connections,
    Menu,
    Search,
    Help,
    None,
}

/// A page for somebody who is signed in.
#[derive(Debug)]
pub struct Shell<'a> {
    /// Stands in the browser's history and task list, so it never holds patient data.
    pub title: &'a str,
    pub tab: Tab,
    /// The left pane on the PC (from 62rem): a list.
    pub list: Option<Markup>,
    /// The right pane on a wide PC (from 78rem). What stands there must also be reachable without it.
    pub side: Option<Markup>,
    /// In a room the composer takes the place of the bottom bar on the phone.
    pub in_room: bool,
    pub main: Markup,
}

/// A whole page with navigation and panes.
pub fn shell(ctx: &Ctx, s: Shell) -> Markup {
    let classes = [
        ("has-nav", true),
        ("with-list", s.list.is_some()),
        ("with-side", s.side.is_some()),
        ("in-room", s.in_room),
    ];
    let classes: Vec<_> = classes.into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect();
    document(
        ctx,
        s.title,
        html! {
            div class={ "app " (classes.join(" ")) } {
                (navigation(ctx, s.tab))
                @if let Some(list) = s.list { aside class="pane-list" aria-label=(t("一覧")) { (list) } }
                main class="pane-main" id="main" tabindex="-1" data-copy-group=[ctx.copied.map(|c| c.group)] data-copy-hours=[ctx.copied.map(|c| c.hours)] { (banners(ctx)) (s.main) }
                @if let Some(side) = s.side { aside class="pane-side" aria-label=(t("まとめ")) { (side) } }
            }
        },
    )
}

/// A page before sign-in: the promise of the product on one side, the form on the other.
pub fn gate(ctx: &Ctx, title: &str, main: Markup) -> Markup {
    document(
        ctx,
        title,
        html! {
            div class="gate" {
                header class="hero" {
                    p class="logo" { (mark()) span { (t("連携 ")) small lang="en" { "Renkei" } } }
                    p class="promise" { (t("ひとりの患者さんを、")) br; (t("同じ記録で支える。")) }
                    p class="wide-only" { (t("チームだけが読める。だれが読んだか分かる。")) br; (t("書いたものは、あとから変わらない。")) }
                    (woven_rings())
                }
                main id="main" tabindex="-1" { (banners(ctx)) (main) }
            }
        },
    )
}

/// A page with a frame of its own.
pub fn bare(ctx: &Ctx, title: &str, body: Markup) -> Markup {
    document(ctx, title, body)
}

fn document(ctx: &Ctx, title: &str, body: Markup) -> Markup {
    let theme = (ctx.theme != Theme::System).then(|| ctx.theme.code());
    html! {
        (DOCTYPE)
        html lang=(words::language().code()) data-theme=[theme] data-text=[ctx.large_text.then_some("large")]
            data-idle-minutes=[ctx.viewer.is_some().then_some(ctx.idle_minutes)]
            data-account=[ctx.account()] data-keys[ctx.shortcuts] data-copies[ctx.keeps_copies] data-live-from=[&ctx.live_from]
            data-view=[audit::shown().filter(|_| !ctx.reading)] {
            (head(ctx, title))
            body {
                a class="skip" href="#main" { (t("本文へ進む")) }
                @if ctx.reading { (reading()) }
                (body)
                div class="sr" role="status" aria-live="polite" id="live" {}
                div class="toasts" id="toasts" {}
            }
        }
    }
}

/// On top of every page that comes from a standby.
fn reading() -> Markup {
    html! {
        p class="reading" role="status" {
            (icon("clock"))
            span { b { (t("書き込み準備中")) } (t(" いまは読むことだけできます。書いたものは送信待ちになり、準備ができると自動で送られます。")) }
        }
    }
}

fn head(ctx: &Ctx, title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
            meta name="color-scheme" content="light dark";
            meta name="theme-color" content="#003741";
            meta name="referrer" content="same-origin";
            title { (title) (t(" | 連携")) }
            link rel="icon" href=(asset("icon.svg")) type="image/svg+xml";
            link rel="manifest" href=(if ctx.path.starts_with(urls::family()) { urls::family_manifest() } else { "/manifest.webmanifest" });
            link rel="apple-touch-icon" href=(asset("icons/icon-180.png"));
            link rel="stylesheet" href=(styles());
            @match ctx.theme {
                Theme::System => link rel="stylesheet" href=(FILES.contrast) media="(prefers-contrast: more)";,
                Theme::Contrast => link rel="stylesheet" href=(FILES.contrast);,
                Theme::Light | Theme::Dark => {},
            }
            @if words::is_english() {
                // Data, not script: nothing runs it, and no text of it closes the element.
                script type="application/json" id="spoken-words" { (PreEscaped(words::script::ENGLISH.as_str())) }
            }
            (scripts(ctx))
        }
    }
}

/// Scripts that come when somebody first wants them.
const LATER: [&str; 8] = [
    "js/copies.js",
    "js/copies_reader.js",
    "js/copies_store.js",
    "js/family.js",
    "js/keys.js",
    "js/passkeys.js",
    "js/push.js",
    "js/shared.js",
];

/// The addresses of the styles and scripts: the same for every page, so they are put together once.
struct Files {
    contrast: String,
    modules: Vec<String>,
    main: String,
    /// Scripts import each other by plain address; this leads to the hashed ones.
    import_map: String,
}

static FILES: LazyLock<Files> = LazyLock::new(|| {
    let scripts: Vec<_> = asset::all().into_iter().filter(|(name, _)| name.ends_with(".js")).collect();
    let entries: Vec<_> =
        scripts.iter().map(|(name, address)| format!("\"{}/{name}\":\"{address}\"", asset::PREFIX)).collect();
    Files {
        contrast: asset("css/contrast.css"),
        import_map: format!("{{\"imports\":{{{}}}}}", entries.join(",")),
        modules: scripts
            .into_iter()
            .filter(|(name, _)| !LATER.contains(&name.as_str()))
            .map(|(_, address)| address)
            .collect(),
        main: asset("js/main.js"),
    }
});

fn scripts(ctx: &Ctx) -> Markup {
    html! {
        script type="importmap" nonce=(ctx.nonce) { (PreEscaped(&FILES.import_map)) }
        @if ctx.viewer.is_some() {
            @for address in &FILES.modules { link rel="modulepreload" href=(address); }
        }
        script type="module" src=(FILES.main) nonce=(ctx.nonce) {}
    }
}

fn navigation(ctx: &Ctx, tab: Tab) -> Markup {
    let entries = [
        (Tab::Home, urls::home(), "home", t("ホーム")),
        (Tab::Patients, urls::groups(), "patients", t_in("患者", "navigation")),
        (Tab::Notices, urls::notices(), "bell", t_in("お知らせ", "navigation")),
        (Tab::Connections, urls::connections(), "link", t_in("つながり", "navigation")),
        (Tab::Menu, urls::menu(), "menu", t("メニュー")),
        // The phone has five; there the top bar of every page leads to the search.
        (Tab::Search, urls::search(), "search", t("検索")),
        // On the phone it stands in the menu.
        (Tab::Help, urls::help(), "help", t("使い方")),
    ];
    html! {
        nav class="nav" aria-label=(t("主な画面")) {
            a class="brand" href=(urls::home()) { (mark()) (t("連携")) }
            ul {
                @for (entry, href, name, word) in entries {
                    li class=[matches!(entry, Tab::Search | Tab::Help).then_some("wide-only")] {
                        a href=(href) aria-current=[(entry == tab).then_some("page")] data-notices[entry == Tab::Notices] {
                            span class="spot" {
                                (icon(name))
                                @if entry == Tab::Notices && ctx.notices > 0 {
                                    span class="count" { (ctx.notices) span class="sr" { (t("件の新しいお知らせ")) } }
                                }
                            }
                            (word)
                        }
                    }
                }
            }
        }
    }
}

fn woven_rings() -> Markup {
    html! {
        svg class="art wide-only" viewBox="2 11 62 26" fill="none" stroke="currentColor" stroke-width="1.6"
            aria-hidden="true" {
            path d="M25.27 18.94A11 11 0 1 1 22.36 15.40" {}
            path d="M42.27 18.94A11 11 0 0 1 25.64 32.60M22.73 29.06A11 11 0 0 1 39.36 15.40" {}
            path d="M59.27 18.94A11 11 0 0 1 42.64 32.60M39.73 29.06A11 11 0 0 1 56.36 15.40" {}
        }
    }
}
