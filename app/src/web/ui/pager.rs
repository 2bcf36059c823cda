//! Paging by cursor: there are no page numbers, because the list grows while one reads it.

use maud::{Markup, html};

use super::icon;

/// Links to the newer and the older part of a list; nothing when there is neither.
pub fn pager(newer: Option<&str>, older: Option<&str>) -> Markup {
    html! {
        @if newer.is_some() || older.is_some() {
            nav class="pager" aria-label="一覧の続き" {
                @if let Some(href) = newer { a class="btn" href=(href) rel="prev" { (icon("back")) "新しいほうへ" } }
                @if let Some(href) = older { a class="btn" href=(href) rel="next" { "古いほうへ" (icon("next")) } }
            }
        }
    }
}
