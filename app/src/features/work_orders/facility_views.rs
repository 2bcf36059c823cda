//! What the facility's admin reads of a work order, and the two questions that are theirs to answer.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    model::{Act, Order, State},
    operator_views::{acts_table, facts},
};
use crate::web::{
    forms::{Entry, Errors, done},
    page::{Page, page, way},
    ui::{Ctx, Tab, Tone, Topbar, callout, empty, icon, time},
    urls,
};
use crate::words::{fill, t};

pub fn list_page(facility: &str, orders: &[Order], now: Timestamp, ctx: &Ctx) -> Markup {
    let title = t("保守作業");
    let body = html! {
        p { (t("運営者が、この施設のデータに関わる保守作業をするときは、ここに出ます。患者さんの記録は開けません。")) }
        @if orders.is_empty() { (empty("list", t("保守作業はありません"), t("予定ができると、お知らせが届きます。"), None)) }
        @else {
            ul.panel.flush.ways { @for o in orders {
                (way(&urls::facility_work_order(o.id), "list", &o.purpose, &fill(t("{0}・{1}"), &[("0", &o.state.label()), ("1", &time::when(o.from, now))])))
            } }
        }
    };
    let bar = Topbar {
        title,
        note: Some(facility),
        back: Some((urls::menu(), t("メニューに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title, tab: Tab::Menu, bar, body })
}

#[derive(Debug)]
pub struct OneView {
    pub facility: String,
    pub order: Order,
    pub acts: Vec<Act>,
    pub done: Option<&'static str>,
    /// What was typed as an objection.
    pub words: String,
    pub errors: Errors,
    pub now: Timestamp,
}

pub fn one_page(v: &OneView, ctx: &Ctx) -> Markup {
    let o = &v.order;
    let title = t("保守作業");
    let body = html! {
        (done(v.done))
        (v.errors.summary())
        @if o.state == State::Asked { (agreement(o)) }
        (facts(o, None, v.now))
        @if !matches!(o.state, State::Asked | State::Refused | State::Lapsed) { (acts_table(&v.acts)) }
        @if o.state == State::Reported { (confirmation(v)) }
        @if let Some(words) = &o.objection { (callout(Tone::Info, t("伝えた異議"), html! { p { (words.0) } })) }
        div.row.no-print { button.btn.large type="button" data-act="print" hidden { (icon("print")) (t("印刷する")) } }
    };
    let bar = Topbar {
        title,
        note: Some(&v.facility),
        back: Some((urls::facility_work_orders(), t("保守作業の一覧に戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title, tab: Tab::Menu, bar, body })
}

fn agreement(o: &Order) -> Markup {
    html! {
        section {
            h2 { (t("この作業に同意しますか")) }
            p { (t("同意があってから、決められた時間のあいだだけ作業します。同意しないと、作業は行われません。")) }
            form.row method="post" action=(urls::facility_work_order_agreement(o.id)) {
                button.btn.large.primary type="submit" name="agree" value="yes" { (icon("ok")) (t("同意する")) }
                button.btn.large type="submit" name="agree" value="no" { (t("同意しない")) }
            }
        }
    }
}

fn confirmation(v: &OneView) -> Markup {
    let action = urls::facility_work_order_confirmation(v.order.id);
    html! {
        section {
            h2 { (t("報告を確かめる")) }
            form method="post" action=(action) {
                button.btn.large.primary type="submit" name="confirm" value="yes" { (icon("ok")) (t("このとおりで確認する")) }
            }
            details.opens open[!v.errors.is_empty()] {
                summary { (t("おかしいところを伝える")) }
                form.stack method="post" action=(action) {
                    (Entry::text("words", t("おかしいところ"), 4).value(&v.words).errors(&v.errors).need().max_chars(2000).help(t("運営者が読みます。患者さんの名前は書かないでください。")))
                    button.btn type="submit" name="confirm" value="no" { (t("異議を伝える")) }
                }
            }
        }
    }
}
