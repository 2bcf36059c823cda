//! The top of a page: title, way back, tabs; and the frame of its content.

use maud::{Markup, html};

use super::icon;
use crate::web::urls;
use crate::words::t;

/// The bar at the top of the main pane.
#[derive(Debug, Default)]
pub struct Topbar<'a> {
    pub title: &'a str,
    /// The name with which the title begins, and how that is read.
    pub reading: Option<(&'a str, &'a str)>,
    /// One line under the title.
    pub note: Option<&'a str>,
    /// Where the arrow leads, and its name for screen readers (for instance `ホームに戻る`).
    pub back: Option<(&'a str, &'a str)>,
    /// On the PC the list stands beside the page, so an arrow back to the list is for the phone only.
    pub back_on_phone_only: bool,
    pub avatar: Option<Markup>,
    /// Icon buttons or buttons at the end.
    pub acts: Option<Markup>,
    /// From [`tabs`].
    pub tabs: Option<Markup>,
    /// Where this page's own search is; the phone's bar leads to the search of everything otherwise.
    pub search: Option<&'a str>,
}

/// The way to the search, for the phone: the PC's navigation has it.
pub fn search_link() -> Markup {
    html! { a class="icon-btn phone-only" href=(urls::search()) { (icon("search")) span class="sr" { (t("検索")) } } }
}

/// Prints the page as it stands, with a script and on a screen with room for it.
pub fn print_act() -> Markup {
    html! {
        button class="icon-btn wide-only" type="button" data-act="print" hidden { (icon("print")) span class="sr" { (t("このページを印刷する")) } }
    }
}

fn heading(title: &str, reading: Option<(&str, &str)>) -> Markup {
    match reading.and_then(|(name, reading)| Some((name, reading, title.strip_prefix(name)?))) {
        Some((name, reading, rest)) => html! { (super::named(name, reading, true)) (rest) },
        None => html! { (title) },
    }
}

/// The bar at the top of the main pane; its title is the heading of the page.
pub fn topbar(bar: Topbar) -> Markup {
    let back_class = if bar.back_on_phone_only { "icon-btn back phone-only" } else { "icon-btn back" };
    html! {
        header class="topbar" {
            div class="bar" {
                @if let Some((href, word)) = bar.back { a class=(back_class) href=(href) aria-label=(word) { (icon("back")) } }
                @if let Some(avatar) = bar.avatar { (avatar) }
                div class="title" { h1 { (heading(bar.title, bar.reading)) } @if let Some(note) = bar.note { p { (note) } } }
                @if let Some(acts) = bar.acts { (acts) }
                @match bar.search {
                    Some(href) => a class="icon-btn" href=(href) { (icon("search")) span class="sr" { (t("この中を検索")) } },
                    None => (search_link()),
                }
            }
            @if let Some(tabs) = bar.tabs { (tabs) }
        }
    }
}

/// One of the pages that belong together.
#[derive(Debug, Clone)]
pub struct TabLink {
    pub href: String,
    pub label: &'static str,
    pub current: bool,
    /// What is new there; nothing is shown for 0.
    pub count: i64,
}

/// Links to the pages that belong together, for instance those of a patient.
pub fn tabs(label: &str, links: &[TabLink]) -> Markup {
    html! {
        nav class="tabs" aria-label=(label) {
            @for link in links {
                a href=(link.href) aria-current=[link.current.then_some("page")] {
                    (link.label)
                    @if link.count > 0 { " " span class="count" { (link.count) span class="sr" { (t("件の未読")) } } }
                }
            }
        }
    }
}

/// The scrolling content of an ordinary page: one readable column with even gaps. It takes the focus, so that the
/// arrow keys scroll a page without links.
pub fn column(content: Markup) -> Markup {
    html! { div class="scroll" tabindex="0" { div class="column stack" { (content) } } }
}

/// Heading of a section with its icon; `id` is what the section is labelled by.
pub fn section_head(icon_name: &str, id: &str, title: &str, end: Option<Markup>) -> Markup {
    html! {
        div class="section-head" {
            (icon(icon_name)) h2 id=(id) { (title) }
            @if let Some(end) = end { (end) }
        }
    }
}
