//! The list of orders, and one with what was done under it.

use jiff::Timestamp;
use maud::{Markup, html};

use super::model::{Act, Order, State};
use crate::web::{
    console::{Console, console},
    forms::done,
    page::way,
    ui::{Ctx, Tone, callout, empty, icon, time},
    urls,
};
use crate::words::{fill, t};

#[derive(Debug)]
pub struct ListView {
    pub name: String,
    pub orders: Vec<Order>,
    pub now: Timestamp,
}

pub fn list_page(v: &ListView, ctx: &Ctx) -> Markup {
    let overdue = v.orders.iter().filter(|o| o.is_overdue(v.now)).count();
    let body = html! {
        @if overdue > 0 {
            (callout(Tone::Caution, t("施設の確認が遅れています"), html! { p { (t("報告から7日を過ぎても確認のない作業が")) (overdue) (t("件あります。施設に連絡してください。")) } }))
        }
        p { (t("施設のデータに関わる保守作業は、作業指示と2人目の承認があるときだけ、時間を区切って行います。")) }
        p { a.btn.primary href=(urls::operator_new_work_order()) { (icon("plus")) (t("作業指示を出す")) } }
        @if v.orders.is_empty() { (empty("list", t("作業指示はありません"), t("必要になったときに、ここから出します。"), None)) }
        @else {
            ul.panel.flush.ways { @for o in &v.orders {
                (way(&urls::operator_work_order(o.id), "list", &fill(t("{0}：{1}"), &[("0", &o.facility), ("1", &o.purpose)]), &line(o, v.now)))
            } }
        }
    };
    console(ctx, Console { title: t("作業指示"), name: &v.name, current: urls::operator_work_orders(), body })
}

fn line(o: &Order, now: Timestamp) -> String {
    let late = if o.is_overdue(now) { t("・確認が7日を過ぎています") } else { "" };
    fill(
        t("{0}・{1} {2}{late}"),
        &[("0", &o.state.label()), ("1", &o.operator), ("2", &time::when(o.from, now)), ("late", &late)],
    )
}

#[derive(Debug)]
pub struct OneView {
    pub name: String,
    pub order: Order,
    pub acts: Vec<Act>,
    pub done: Option<&'static str>,
    pub refusal: Option<&'static str>,
    /// Just given out: shown once.
    pub key: Option<String>,
    pub now: Timestamp,
}

pub fn one_page(v: &OneView, ctx: &Ctx) -> Markup {
    let o = &v.order;
    let body = html! {
        (done(v.done))
        @if let Some(why) = v.refusal { (callout(Tone::Danger, t("何も変わっていません"), html! { p { (why) } })) }
        @if let Some(key) = &v.key { (key_given(o, key)) }
        (facts(o, Some(&o.facility), v.now))
        @if o.state == State::Waiting && !o.mine { (decision(o)) }
        @if o.mine { (own(o)) }
        (acts_table(&v.acts))
        @if let Some(words) = &o.objection {
            (callout(Tone::Danger, t("施設からの異議"), html! { p { (words.0) } }))
        }
        ul.panel.flush.ways { (way(urls::operator_work_orders(), "list", t("作業指示の一覧に戻る"), "")) }
    };
    console(ctx, Console { title: t("作業指示"), name: &v.name, current: urls::operator_work_orders(), body })
}

fn key_given(o: &Order, key: &str) -> Markup {
    callout(
        Tone::Success,
        t("作業の鍵を出しました"),
        html! {
            p { (t("この画面でだけ表示されます。サーバーで次のように打ち、聞かれたら鍵を入れてください。")) }
            p { code { "renkei maintain " (o.id) " streams" } }
            p { code.key { (key) } }
        },
    )
}

fn decision(o: &Order) -> Markup {
    html! {
        section {
            h2 { (t("2人目として決める")) }
            form.row method="post" action=(urls::operator_work_order_decision(o.id)) {
                button.btn.large.primary type="submit" name="decision" value="approve" { (icon("ok")) (t("承認する")) }
                button.btn.large.danger-quiet type="submit" name="decision" value="refuse" { (t("認めない")) }
            }
        }
    }
}

fn own(o: &Order) -> Markup {
    html! {
        div.row {
            @if o.state == State::Open {
                form method="post" action=(urls::operator_work_order_key(o.id)) {
                    button.btn.large.primary type="submit" { (icon("key")) (t("作業の鍵を出す")) }
                }
            }
            @if matches!(o.state, State::Waiting | State::Asked | State::Approved | State::Open) {
                form method="post" action=(urls::operator_work_order_end(o.id)) {
                    button.btn.large type="submit" { (icon("x")) @if o.state == State::Waiting { (t("取り下げる")) } @else { (t("いま終えて報告する")) } }
                }
            }
        }
    }
}

/// What was asked for and where it is; also on the facility's page.
pub fn facts(o: &Order, facility: Option<&str>, now: Timestamp) -> Markup {
    html! {
        dl.facts-table {
            div { dt { (t("状態")) } dd { b { (o.state.label()) } @if o.is_overdue(now) { " " span.badge.must { (icon("warn")) (t("7日を過ぎています")) } } } }
            @if let Some(name) = facility { div { dt { (t("施設")) } dd { (name) } } }
            div { dt { (t("何のため")) } dd { (o.purpose) } }
            div { dt { (t("すること")) } dd.told { (o.planned) } }
            div { dt { (t("理由")) } dd.told { (o.reason) } }
            div { dt { (t("できること")) } dd { (t("番号・件数・大きさ・状態を見る")) @if o.rescan { (t("、ファイルの検査をやり直す")) } (t("。患者さんの記録は開けません。")) } }
            div { dt { (t("時間")) } dd { (time::date_long(o.from)) (t(" から ")) (time::date_long(o.until)) (t(" まで")) } }
            div { dt { (t("作業する運営者")) } dd { (o.operator) } }
            div { dt { (t("承認した運営者")) } dd { (o.approved_by.as_deref().unwrap_or("—")) } }
            @if o.must_agree { div { dt { (t("施設の同意")) } dd { (t("必要")) } } }
            @if let Some(at) = o.reported_at { div { dt { (t("報告")) } dd { (time::to_the_second(at)) } } }
            @if let Some(by) = &o.answered_by { div { dt { (t("施設の確認")) } dd { (by) (t("さん")) } } }
        }
    }
}

/// Every use of the grant; also the body of the facility's report.
pub fn acts_table(acts: &[Act]) -> Markup {
    html! {
        section {
            h2 { (t("したこと ")) (acts.len()) (t("件")) }
            @if acts.is_empty() { p { (t("作業の鍵を使った操作はありません。")) } }
            @else {
                table.sheet-table {
                    thead { tr { th { (t("日時")) } th { (t("運営者")) } th { (t("したこと")) } th { (t("対象")) } } }
                    tbody { @for a in acts { tr {
                        td data-head=(t("日時")) { (time::to_the_second(a.at)) }
                        td data-head=(t("運営者")) { (a.operator) }
                        td data-head=(t("したこと")) { (a.in_words()) }
                        td data-head=(t("対象")) { @if let Some(id) = a.subject { code { (id) } } @else { (a.seen) (t("件")) } }
                    } } }
                }
            }
        }
    }
}
