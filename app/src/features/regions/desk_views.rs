//! Facilities in numbers, versions of a region's policy, and what the region was told.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::read::{Counted, Notice, Policy};
use crate::words::{t, t_in};
use crate::{
    features::{
        documents::policies::views::body as policy_body,
        masters::acts::{List, Words},
        operators::acts::Desk,
    },
    web::{
        console::{Console, desk_console},
        forms::{Entry, Errors, done, hidden},
        page::grouped,
        ui::{Ctx, empty, submit, time},
        urls,
    },
};

#[derive(Debug, Clone)]
pub struct FacilitiesView {
    pub desk: Desk,
    pub rows: Vec<Counted>,
    pub words: Words,
}

pub fn facilities_page(view: &FacilitiesView, ctx: &Ctx) -> Markup {
    let everywhere = view.desk.region.is_none();
    let number = |n: i64| grouped(u64::try_from(n).unwrap_or_default());
    let sum = |of: fn(&Counted) -> i64| number(view.rows.iter().map(of).sum());
    let body = html! {
        p { (t("件数だけです。患者さんやグループの名前、投稿の中身は、ここからは見えません。")) }
        @if view.rows.is_empty() { (empty("facility", t("施設はまだありません"), t("利用申請を承認すると、ここに並びます。"), None)) }
        @else {
            div.table-scroll tabindex="0" {
                table.figures {
                    thead { tr {
                        th.named scope="col" { (t("施設")) } @if everywhere { th scope="col" { (t("地域")) } } th scope="col" { (t("方針")) }
                        th scope="col" { (t("スタッフ")) } th scope="col" { (t("グループ")) } th scope="col" { (t("今月の投稿")) } th scope="col" { (t("先月の投稿")) }
                    } }
                    tbody { @for f in &view.rows { tr {
                        th scope="row" { (f.name) " " small { (view.words.label(List::FacilityKind, &f.kind)) } }
                        @if everywhere { td { @if let Some((_, region)) = &f.region { (region) } @else { "—" } } }
                        td { (accepted(f)) }
                        td { (number(f.staff)) } td { (number(f.groups)) } td { (number(f.this_month)) } td { (number(f.last_month)) }
                    } } }
                    tfoot { tr {
                        th scope="row" { (t("合計 ")) (view.rows.len()) (t_in("施設", "counted")) } @if everywhere { td {} } td {}
                        td { (sum(|f| f.staff)) } td { (sum(|f| f.groups)) } td { (sum(|f| f.this_month)) } td { (sum(|f| f.last_month)) }
                    } }
                }
            }
            p.small { (t("スタッフは利用中の人、グループは開いているもの。投稿は施設が受け持つグループのもので、訂正と取消を含みます。")) }
        }
    };
    let page =
        Console { title: t("施設"), name: &view.desk.name, current: urls::operator_facilities(), body };
    desk_console(ctx, page, view.desk.frame())
}

fn accepted(f: &Counted) -> Markup {
    html! {
        @match (f.policy, f.accepted) {
            (None, _) => "—",
            (Some(newest), Some(n)) if n == newest => { (t("第")) (n) (t("版に同意")) },
            (Some(_), Some(n)) => { span.badge.must { (t("第")) (n) (t("版のまま")) } },
            (Some(_), None) => { span.badge.must { (t("まだ")) } },
        }
    }
}

/// What a form shows.
#[derive(Debug, Clone)]
pub struct Typed {
    pub client_id: Uuid,
    pub title: String,
    pub body: String,
    pub change: String,
}

impl Typed {
    /// The next version begins with the text that stands.
    pub fn next(standing: Option<&Policy>) -> Self {
        Self {
            client_id: Uuid::now_v7(),
            title: standing.map_or_else(String::new, |p| p.title.clone()),
            body: standing.map_or_else(String::new, |p| p.body.clone()),
            change: String::new(),
        }
    }
}

#[derive(Debug, Clone)]
pub struct PoliciesView {
    pub desk: Desk,
    pub region: Uuid,
    pub versions: Vec<Policy>,
    pub typed: Typed,
    pub errors: Errors,
    pub done: Option<&'static str>,
}

pub fn policies_page(view: &PoliciesView, ctx: &Ctx) -> Markup {
    let (typed, e, own) = (&view.typed, &view.errors, urls::region_policies(view.region));
    let seen = view.versions.first().map_or(0, |p| p.n);
    let body = html! {
        (done(view.done))
        (e.summary())
        p { (t("地域の方針は、版を重ねて残ります。公開した版は書きかえられません。施設の管理者が、施設として同意します。")) }
        section {
            h2 { (t("第")) (seen + 1) (t_in("版を公開する", "after its number")) }
            form.stack method="post" action=(own) {
                (hidden("client_id", &typed.client_id.to_string()))
                (hidden("seen", &seen.to_string()))
                (Entry::line("title", t("題名")).value(&typed.title).errors(e).need().max_chars(120))
                (Entry::text("body", t("本文"), 10).value(&typed.body).errors(e).need().max_chars(20_000).help(t("「## 」で始まる行は見出し、「- 」で始まる行は箇条書きになります。")))
                (Entry::text("change", t("変わったところ"), 2).value(&typed.change).errors(e).need().max_chars(400))
                (submit(t("版を公開する")))
            }
        }
        section {
            h2 { (t("これまでの版")) }
            @if view.versions.is_empty() { p { (t("まだありません。")) } }
            @for p in &view.versions {
                div.panel.stack-s {
                    h3 { (p.title) (t(" 第")) (p.n) (t_in("版", "after its number")) }
                    p.when-line { (time::to_the_second(p.at)) @if let Some(by) = &p.by { (t("・")) (by) } (t("・同意 ")) (p.accepted) " / " (p.facilities) (t_in("施設", "counted")) }
                    p { b { (t("変わったところ: ")) } (p.change) }
                    details.more { summary { (t("第")) (p.n) (t("版の全文を読む")) } (policy_body(&p.body)) }
                }
            }
        }
        @if view.desk.region.is_none() { p { a.btn href=(urls::operator_region(view.region)) { (t("地域に戻る")) } } }
    };
    let current = if view.desk.region.is_some() { own.as_str() } else { urls::operator_regions() };
    let page = Console { title: t("地域の方針"), name: &view.desk.name, current, body };
    desk_console(ctx, page, view.desk.frame())
}

#[derive(Debug, Clone)]
pub struct NoticesView {
    pub desk: Desk,
    pub region: Uuid,
    pub told: Vec<Notice>,
    pub typed: Typed,
    pub errors: Errors,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

pub fn notices_page(view: &NoticesView, ctx: &Ctx) -> Markup {
    let (typed, e, own) = (&view.typed, &view.errors, urls::region_notices(view.region));
    let body = html! {
        (done(view.done))
        (e.summary())
        p { (t("この地域の施設のスタッフ全員の「お知らせ」に出ます。患者さんのことは書かないでください。")) }
        section {
            h2 { (t("知らせる")) }
            form.stack method="post" action=(own) {
                (hidden("client_id", &typed.client_id.to_string()))
                (Entry::line("title", t("題名")).value(&typed.title).errors(e).need().max_chars(120))
                (Entry::text("body", t("本文"), 6).value(&typed.body).errors(e).need().max_chars(8000))
                (submit(t("知らせる")))
            }
        }
        section {
            h2 { (t("これまでのお知らせ")) }
            @if view.told.is_empty() { p { (t("まだありません。")) } }
            @for n in &view.told {
                div.panel.stack-s {
                    h3 { (n.title) }
                    p.when-line { (time::when(n.at, view.now)) @if let Some(by) = &n.by { (t("・")) (by) } (t("・読んだ人 ")) (n.reads) " / " (n.staff) (t("人")) }
                    p.told { (n.body) }
                }
            }
        }
        @if view.desk.region.is_none() { p { a.btn href=(urls::operator_region(view.region)) { (t("地域に戻る")) } } }
    };
    let current = if view.desk.region.is_some() { own.as_str() } else { urls::operator_regions() };
    let page = Console { title: t("地域へのお知らせ"), name: &view.desk.name, current, body };
    desk_console(ctx, page, view.desk.frame())
}
