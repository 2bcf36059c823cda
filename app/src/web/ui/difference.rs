//! Two texts line by line: what went, what came, and a few lines around it.

use std::borrow::Cow;

use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};

use crate::words::t;

/// Unchanged lines shown around a change.
const AROUND: usize = 2;

/// The difference of two texts. Signs and words say it as well as the colours.
pub fn difference(was: &str, is: &str) -> Markup {
    // A last line without its end is the same line.
    let (was, is) = (ended(was), ended(is));
    let lines = TextDiff::from_lines(&was, &is);
    let groups = lines.grouped_ops(AROUND);
    html! {
        div.difference {
            @if groups.is_empty() { p.small { (t("本文は同じです。")) } }
            @for (n, group) in groups.iter().enumerate() {
                @if n > 0 { p.gap aria-hidden="true" { "⋯" } }
                @for change in group.iter().flat_map(|op| lines.iter_changes(op)) {
                    @let text = change.value().trim_end_matches('\n');
                    @match change.tag() {
                        ChangeTag::Equal => p { span.sign { } span { (text) } },
                        ChangeTag::Delete => p.was { span.sign aria-hidden="true" { "−" } del { span.sr { (t("消えた行: ")) } (text) } },
                        ChangeTag::Insert => p.is { span.sign aria-hidden="true" { (t("＋")) } ins { span.sr { (t("増えた行: ")) } (text) } },
                    }
                }
            }
        }
    }
}

fn ended(text: &str) -> Cow<'_, str> {
    if text.is_empty() || text.ends_with('\n') { text.into() } else { format!("{text}\n").into() }
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn only_what_changed_is_marked() {
        let shown = difference("一\n二\n三\n", "一\n弐\n三\n").0;
        assert!(shown.contains("<del><span class=\"sr\">消えた行: </span>二</del>"), "{shown}");
        assert!(shown.contains("<ins><span class=\"sr\">増えた行: </span>弐</ins>"), "{shown}");
        assert!(shown.contains("<span>一</span>"), "{shown}");
        assert!(!difference("一", "一\n二").0.contains("<del>"), "the end of the last line is no change");
        assert!(difference("同じ\n", "同じ\n").0.contains("本文は同じです"));
        assert!(difference("", "<b>").0.contains("&lt;b&gt;"));
    }
}
