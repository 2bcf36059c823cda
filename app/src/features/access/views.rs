//! "Why can X see this?" as a page.

use maud::{Markup, html};
use uuid::Uuid;

use super::{chain::Chain, facts::Asked};
use crate::words::{fill, t};
use crate::{
    opaque_debug,
    web::{
        page::{Page, page, way},
        person::Person,
        ui::{Ctx, Tab, Tone, Topbar, callout, empty, icon},
        urls,
    },
};

pub struct WhyView {
    pub person: Person,
    pub group: Uuid,
    /// Where the viewer may know.
    pub patient: Option<String>,
    /// The viewer may see the members' page.
    pub members: bool,
    pub chain: Chain,
}

pub struct ChoiceRow {
    pub asked: Asked,
    pub patient: Option<String>,
}

pub struct ChoiceView {
    pub facility: String,
    pub account: Uuid,
    pub name: String,
    pub rows: Vec<ChoiceRow>,
}

opaque_debug!(WhyView, ChoiceView, ChoiceRow);

fn named(patient: Option<&str>, owner: &str, group: Uuid) -> String {
    let text = group.simple().to_string();
    match patient {
        Some(name) => name.to_owned(),
        None => fill(t("{owner}グループ（{0}）"), &[("owner", &owner), ("0", &&text[text.len() - 6..])]),
    }
}

pub fn why_page(view: &WhyView, ctx: &Ctx) -> Markup {
    let title = t("見られる理由");
    let group = named(view.patient.as_deref(), "", view.group);
    let body = html! {
        (view.person.head())
        @if view.chain.allowed {
            (callout(Tone::Success, t("いま、このグループの記録を見られます"), html! { p { (t("次のすべてがそろっているためです。")) } }))
        } @else {
            (callout(Tone::Caution, t("いまは、このグループの記録を見られません"), html! { p { (t("最後の1つが足りないためです。")) } }))
        }
        section {
            h2 { (t("理由")) }
            div.panel { ol.steps {
                @for link in &view.chain.facts {
                    li { span.knot { (icon(if link.holds { "check" } else { "x" })) }
                        div { b { (link.text) } @if !link.holds { small { (t("ここで止まります")) } } } }
                }
            } }
        }
    };
    let members = urls::group_members(view.group);
    let back = if view.members {
        (members.as_str(), t("メンバーに戻る"))
    } else {
        (urls::facility(), t("スタッフに戻る"))
    };
    let bar = Topbar { title: &group, note: Some(title), back: Some(back), ..Topbar::default() };
    page(ctx, Page { title, tab: Tab::Menu, bar, body })
}

pub fn choice_page(view: &ChoiceView, ctx: &Ctx) -> Markup {
    let title = t("見られるグループと理由");
    let body = html! {
        section {
            h2 { (view.name) (t("さんのグループ ")) (view.rows.len()) }
            @if view.rows.is_empty() {
                (empty("group", t("グループはありません"), t("この施設の人として入ったグループが、ここに並びます。"), None))
            } @else {
                ul.panel.flush.ways {
                    @for row in &view.rows {
                        (way(&urls::access(view.account, row.asked.group), "group",
                            &named(row.patient.as_deref(), &fill(t("{0}が管理する"), &[("0", &row.asked.owner)]), row.asked.group),
                            if row.asked.ended { t("終わった参加") } else { t("参加中") }))
                    }
                }
            }
        }
    };
    let bar = Topbar {
        title,
        note: Some(&view.facility),
        back: Some((urls::facility(), t("スタッフに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title, tab: Tab::Menu, bar, body })
}
