//! Paging by cursor: there are no page numbers, because the list grows while one reads it.

use maud::{Markup, html};

use super::icon;

use crate::words::t;

/// Links to the newer and the older part of a list; nothing when there is neither.
pub fn pager(newer: Option<&str>, older: Option<&str>) -> Markup {
    html! {
        @if newer.is_some() || older.is_some() {
            nav class="pager" aria-label=(t("一覧の続き")) {
                @if let Some(href) = newer { a class="btn" href=(href) rel="prev" { (icon("back")) (t("新しいほうへ")) } }
                @if let Some(href) = older { a class="btn" href=(href) rel="next" { (t("古いほうへ")) (icon("next")) } }
            }
        }
    }
}
