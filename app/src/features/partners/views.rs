//! Lists of partner institutions, with what is counted and what is not.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use crate::words::t;
use crate::{
    features::{facilities::directory::kind_label, patients::room::Room},
    opaque_debug,
    web::{
        page::{Page, page},
        ui::{self, Ctx, Profession, Tab, Topbar, icon, time},
        urls,
    },
};

/// One facility and how it shares.
#[derive(Debug, Clone)]
pub struct Partner {
    pub facility: Uuid,
    pub name: String,
    pub kind: String,
    pub phone: String,
    /// Posts within 90 days, and within 180.
    pub near: u64,
    pub far: u64,
    pub last: Option<Timestamp>,
    /// Patients about whom it shared within 180 days.
    pub patients: u64,
    pub people: Vec<(String, Profession)>,
}

#[derive(Clone)]
pub struct GroupView {
    pub room: Room,
    pub group: Uuid,
    pub partners: Vec<Partner>,
    /// The viewer's facility, which is no partner of its own.
    pub mine: Uuid,
    pub now: Timestamp,
}

#[derive(Debug, Clone)]
pub struct FacilityView {
    pub facility: String,
    pub partners: Vec<Partner>,
    pub now: Timestamp,
}

opaque_debug!(GroupView);

/// What is counted, in words that somebody else can check.
const COUNTED: &str = "数えているのは、チームの記録に投稿した施設です。取り消された投稿は数えません。「特別の関係」にある施設は、ここではわからないので、数から除いてください。";

/// Facilities that shared within a time, by kind: `訪問看護ステーション 2`.
fn by_kind(partners: &[&Partner], shared: fn(&Partner) -> u64) -> Vec<(&'static str, usize)> {
    let mut kinds: Vec<(&'static str, usize)> = Vec::new();
    for partner in partners.iter().filter(|p| shared(p) > 0) {
        let label = kind_label(&partner.kind);
        match kinds.iter_mut().find(|(kind, _)| *kind == label) {
            Some((_, count)) => *count += 1,
            None => kinds.push((label, 1)),
        }
    }
    kinds
}

fn counter(title: &str, partners: &[&Partner], shared: fn(&Partner) -> u64) -> Markup {
    let kinds = by_kind(partners, shared);
    let total: usize = kinds.iter().map(|(_, count)| count).sum();
    html! {
        div class="panel stack-s" {
            p { (title) " " b class="num figure" { (total) } (t(" 施設")) }
            @if !kinds.is_empty() { p class="small soft" { @for (n, (kind, count)) in kinds.iter().enumerate() { @if n > 0 { (t("・")) } (kind) " " (count) } } }
        }
    }
}

fn print() -> Markup {
    html! { button class="btn no-print" type="button" data-act="print" hidden { (icon("print")) (t("印刷する")) } }
}

pub fn group_page(view: &GroupView, ctx: &Ctx) -> Markup {
    let others: Vec<&Partner> = view.partners.iter().filter(|p| p.facility != view.mine).collect();
    let back = urls::schedule(view.group);
    let body = html! {
        p class="soft" { (time::day_long(view.now)) (t(" 現在")) }
        div class="pair" {
            (counter(t("過去90日に情報を共有した、ほかの施設"), &others, |p| p.near))
            (counter(t("過去6か月に情報を共有した、ほかの施設"), &others, |p| p.far))
        }
        (ui::notice_line("info", t(COUNTED)))
        (print())
        div class="table-box" tabindex="0" role="region" aria-label=(t("連携機関の一覧")) {
            table class="sheet-table" {
                thead { tr { th scope="col" { (t("施設")) } th scope="col" { (t("担当")) } th scope="col" { (t("電話")) } th scope="col" { (t("90日の投稿")) } th scope="col" { (t("最後の投稿")) } } }
                tbody {
                    @for p in &view.partners {
                        tr {
                            th scope="row" { (p.name) br; small class="soft" { (kind_label(&p.kind)) } }
                            td { @for (name, profession) in &p.people { div { (name) " " small class="soft" { (profession.label()) } } } @if p.people.is_empty() { (t("(いまはいません)")) } }
                            td class="num" { @if p.phone.is_empty() { "—" } @else { (p.phone) } }
                            td class="num" { (p.near) }
                            td { @if let Some(at) = p.last { (time::day_long(at)) } @else { "—" } }
                        }
                    }
                }
            }
        }
    };
    let bar = view.room.deeper(t("連携機関"), (&back, t("予定に戻る")));
    view.room.page(ctx, t("連携機関"), bar, body, None)
}

pub fn facility_page(view: &FacilityView, ctx: &Ctx) -> Markup {
    let all: Vec<&Partner> = view.partners.iter().collect();
    let body = html! {
        h2 { (view.facility) (t(" の連携機関")) }
        p class="soft" { (time::day_long(view.now)) (t(" 現在")) }
        div class="pair" {
            (counter(t("過去90日に情報を共有した、ほかの施設"), &all, |p| p.near))
            (counter(t("過去6か月に情報を共有した、ほかの施設"), &all, |p| p.far))
        }
        (ui::notice_line("info", t(COUNTED)))
        (print())
        @if view.partners.is_empty() {
            (ui::empty("facility", t("連携している施設は、まだありません"), t("患者さんのグループにほかの施設の方が入り、投稿すると、ここに並びます。"), None))
        } @else {
            div class="table-box" tabindex="0" role="region" aria-label=(t("連携機関の一覧")) {
                table class="sheet-table" {
                    thead { tr { th scope="col" { (t("施設")) } th scope="col" { (t("種別")) } th scope="col" { (t("電話")) } th scope="col" { (t("患者さんの数")) } th scope="col" { (t("90日の投稿")) } th scope="col" { (t("最後の投稿")) } } }
                    tbody {
                        @for p in &view.partners {
                            tr {
                                th scope="row" { (p.name) }
                                td { (kind_label(&p.kind)) }
                                td class="num" { @if p.phone.is_empty() { "—" } @else { (p.phone) } }
                                td class="num" { (p.patients) }
                                td class="num" { (p.near) }
                                td { @if let Some(at) = p.last { (time::day_long(at)) } @else { "—" } }
                            }
                        }
                    }
                }
            }
        }
    };
    let bar =
        Topbar {
            title: t("連携機関"), back: Some((urls::facility(), t("施設に戻る"))), ..Topbar::default()
        };
    page(ctx, Page { title: t("連携機関"), tab: Tab::Menu, bar, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facilities_are_counted_by_kind_once_each_and_only_if_they_shared() {
        let partner = |kind: &str, near| Partner {
            facility: Uuid::nil(),
            name: String::new(),
            kind: kind.into(),
            phone: String::new(),
            near,
            far: near,
            last: None,
            patients: 1,
            people: Vec::new(),
        };
        let all = [partner("pharmacy", 3), partner("clinic", 0), partner("pharmacy", 1)];
        let all: Vec<&Partner> = all.iter().collect();
        assert_eq!(by_kind(&all, |p| p.near), [(kind_label("pharmacy"), 2)]);
    }
}
