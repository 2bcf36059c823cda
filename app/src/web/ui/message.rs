//! Messages in the page: what happened, what did not, what to do next.

use maud::{Markup, html};

use super::icon;

/// How a message is meant. The icon says it too, never the colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Info,
    Success,
    Caution,
    Danger,
}

impl Tone {
    fn look(self) -> (&'static str, &'static str) {
        match self {
            Self::Info => ("callout", "info"),
            Self::Success => ("callout success", "ok"),
            Self::Caution => ("callout caution", "warn"),
            Self::Danger => ("callout danger", "alert"),
        }
    }
}

/// A message that stands out. Danger and caution are announced at once by screen readers.
pub fn callout(tone: Tone, title: &str, body: Markup) -> Markup {
    let (class, name) = tone.look();
    let role = if matches!(tone, Tone::Danger | Tone::Caution) { "alert" } else { "status" };
    html! {
        div class=(class) role=(role) {
            (icon(name))
            div { @if !title.is_empty() { p class="strong" { (title) } } (body) }
        }
    }
}

/// An empty place says what to do next.
pub fn empty(icon_name: &str, title: &str, body: &str, action: Option<Markup>) -> Markup {
    html! {
        div class="empty" {
            span class="pic" { (icon(icon_name)) }
            h2 { (title) }
            @if !body.is_empty() { p { (body) } }
            @if let Some(action) = action { (action) }
        }
    }
}

/// A quiet line with an icon.
pub fn notice_line(icon_name: &str, text: &str) -> Markup {
    html! { p class="notice-line" { (icon(icon_name)) span { (text) } } }
}
