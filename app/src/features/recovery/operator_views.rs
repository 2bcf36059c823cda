//! The recoveries at the console: what there is to decide, and by whose telephone.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{AtConsole, REASONS, State, WAYS, label};
use crate::web::{
    console::{Console, console},
    forms::{Errors, check, done},
    ui::{Ctx, empty, icon, submit, time},
    urls,
};
use crate::words::t;

#[derive(Debug)]
pub struct DeskView {
    /// The operator's.
    pub name: String,
    pub rows: Vec<AtConsole>,
    /// Confirmed without the tick, and why that did nothing.
    pub unticked: Option<(Uuid, Errors)>,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

pub fn desk_page(view: &DeskView, ctx: &Ctx) -> Markup {
    let (open, past): (Vec<_>, Vec<_>) = view.rows.iter().partition(|r| r.state == State::Started);
    let body = html! {
        (done(view.done))
        @if let Some((_, errors)) = &view.unticked { (errors.summary()) }
        p { (t("施設の管理者が始めたサインインの回復で、もう一人の確認を待つものです。施設に管理者がほかにいれば、その人が確認します。いないときは、ここで確認します。")) }
        p { (t("だれの回復かは、ここには出ません。"))
            strong { (t("施設の届け出の電話番号へこちらからかけ")) } (t("、管理者に受付番号と理由を言ってもらい、下の表と合うことを確かめてください。かかってきた電話だけで確認しないでください。")) }
        @if open.is_empty() { (empty("key", t("待っている回復はありません"), t("始まると、ここに出ます。"), None)) }
        @for r in open { (waiting(r, view)) }
        @if !past.is_empty() {
            section {
                h2 { (t("この30日のもの")) }
                ul.panel.flush.rows { @for r in past { li.entry-row {
                    (icon("hist"))
                    div {
                        b { "#" (r.number) " " (r.facility) }
                        p.affiliation { (r.state.label()) @if r.by_operator { (t("・運営者が確認")) } }
                        p.when-line { (time::when(r.started_at, view.now)) }
                    }
                } } }
            }
        }
    };
    console(
        ctx,
        Console {
            title: t("サインインの回復"),
            name: &view.name,
            current: urls::operator_recoveries(),
            body,
        },
    )
}

fn waiting(r: &AtConsole, view: &DeskView) -> Markup {
    let none = Errors::none();
    let errors = view.unticked.as_ref().filter(|(id, _)| *id == r.id).map_or(&none, |(_, errors)| errors);
    html! {
        section {
            h2 { "#" (r.number) " " (r.facility) }
            div.panel.stack {
                dl.facts-table {
                    div { dt { (t("内容")) } dd { (r.lost.label()) } }
                    div { dt { (t("理由")) } dd { (label(&REASONS, &r.reason)) } }
                    div { dt { (t("管理者が本人を確かめた方法")) } dd { (label(&WAYS, &r.identified)) } }
                    div { dt { (t("施設の電話")) } dd { @if r.phone.is_empty() { (t("届け出がありません")) } @else { (r.phone) } } }
                    @if let Some((person, phone)) = &r.contact { div { dt { (t("緊急の連絡先")) } dd { (person) " " (phone) } } }
                    div { dt { (t("確認できる管理者")) } dd { (r.admins) (t("人（始めた人を含む）")) } }
                    div { dt { (t("始まり・期限")) } dd { (time::when(r.started_at, view.now)) (t("・")) (time::when(r.ends_at, view.now)) } }
                }
                form.stack-s method="post" action=(urls::operator_recovery_confirmation(r.id)) {
                    (check("called", t("届け出の電話番号へかけ、管理者が受付番号と理由を言った"), t("自分が始めた、または自分についての回復ではありません。"), false, errors))
                    (submit(t("確認する")))
                }
            }
        }
    }
}
