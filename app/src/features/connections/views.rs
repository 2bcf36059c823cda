//! つながり: what a connection is, until there are some.

use maud::{Markup, html};

use crate::web::page::{Page, page};
use crate::web::ui::{Ctx, Tab, Topbar, empty};
use crate::web::urls;

/// People with whom the viewer may talk one to one.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionsView;

impl ConnectionsView {
    pub fn sample() -> Self {
        Self
    }
}

pub fn connections_page(_view: &ConnectionsView, ctx: &Ctx) -> Markup {
    let body = html! {
        p { "つながりは、ほかの施設の人と、仕事のうえで知り合いであることのしるしです。おたがいが承知したときだけ、つながります。" }
        (empty("link", "つながりはまだありません", "患者さんのことは、患者グループで話します。同じグループの人は、つながりがなくても同じ記録を読み書きできます。",
            Some(html! { a.btn.primary href=(urls::groups()) { "患者のグループを見る" } })))
    };
    let bar = Topbar { title: "つながり", ..Topbar::default() };
    page(ctx, Page { title: "つながり", tab: Tab::Connections, bar, body })
}
