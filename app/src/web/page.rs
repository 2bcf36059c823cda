//! The frame of an ordinary page, and the words before a wide act.

use maud::{Markup, html};

use crate::web::ui::{Ctx, Shell, Tab, Topbar, icon, shell, topbar};
use crate::web::urls;
use crate::words::t;

/// An ordinary page. `title` stands in the browser's tab and never holds patient data.
#[derive(Debug)]
pub struct Page<'a> {
    pub title: &'a str,
    pub tab: Tab,
    /// The bar on top; its title is the visible heading and may name a patient.
    pub bar: Topbar<'a>,
    /// What stands in the column.
    pub body: Markup,
}

/// The frame with its page.
pub fn page(ctx: &Ctx, page: Page<'_>) -> Markup {
    let main = html! { (topbar(page.bar)) (column(page.body)) };
    shell(ctx, Shell { title: page.title, tab: page.tab, list: None, side: None, in_room: false, main })
}

/// The scrolling column, with even gaps between sections and inside them.
pub fn column(body: Markup) -> Markup {
    html! { div.scroll tabindex="0" { div.column.sheet { (body) } } }
}

/// One step of a list of consequences: icon, what happens, and the small print.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    pub icon: &'static str,
    pub what: &'a str,
    pub more: &'a str,
}

impl Step<'static> {
    /// In the language of the request, where it stands in a table.
    #[must_use]
    pub fn spoken(self) -> Self {
        Self { what: t(self.what), more: t(self.more), ..self }
    }
}

/// Steps on one line, from top to bottom.
pub fn steps(steps: &[Step<'_>]) -> Markup {
    html! {
        ol.steps {
            @for step in steps {
                li { span.knot { (icon(step.icon)) } div { b { (step.what) } small { (step.more) } } }
            }
        }
    }
}

/// What an act does and what it leaves, in words, before it is done.
pub fn consequences(heading: &str, all: &[Step<'_>]) -> Markup {
    html! { section { h2 { (heading) } div.panel { (steps(all)) } } }
}

/// One row that leads on: icon, words, arrow.
pub fn way(href: &str, name: &str, what: &str, more: &str) -> Markup {
    html! {
        li { a.way href=(href) {
            (icon(name))
            span { b { (what) } @if !more.is_empty() { small { (more) } } }
            (icon("next"))
        } }
    }
}

/// The way from a screen to the page of the help that explains it, by that page's name.
pub fn how_to(topic: &str) -> Markup {
    html! { p.no-print { a.btn.quiet href=(urls::help_topic(topic)) { (icon("help")) (t("この画面の使い方")) } } }
}

/// A number of people or records as `1,204`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let shown: Vec<_> = [0, 12, 999, 1_204, 1_000_000].into_iter().map(grouped).collect();
        assert_eq!(shown, ["0", "12", "999", "1,204", "1,000,000"]);
    }
}
