//! What a facility's admin reads about an incident: the own patients, and the report.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    acts::{Mine, Told},
    model::{Answers, NINE},
    operator_views::drill_badge,
};
use crate::words::{fill, t};
use crate::{
    features::{
        access_log::words::words,
        facilities::views::{AdminTab, admin_bar},
    },
    web::{
        page::{Page, page, way},
        ui::{Ctx, Tab, Tone, callout, empty, icon, time},
        urls,
    },
};

#[derive(Debug, Clone)]
pub struct ListView {
    pub facility: String,
    pub told: Vec<Told>,
    pub now: Timestamp,
}

pub fn list_page(view: &ListView, ctx: &Ctx) -> Markup {
    let body = html! {
        @if view.told.is_empty() {
            (empty("shield", t("連絡はありません"), t("この施設の患者さんの情報に関わることが起きたら、ここに出ます。"),
                Some(html! { a.btn href=(urls::facility_contact()) { (t("緊急の連絡先を確かめる")) } })))
        } @else {
            ul.panel.flush.ways {
                @for told in &view.told { (way(&urls::facility_incident(told.id), "alert", &heading(told), &time::when(told.told_at, view.now))) }
            }
            p { a.btn href=(urls::facility_contact()) { (icon("tel")) (t("緊急の連絡先")) } }
        }
    };
    page(
        ctx,
        Page {
            title: t("インシデント"),
            tab: Tab::Menu,
            bar: admin_bar(&view.facility, AdminTab::Incidents),
            body,
        },
    )
}

fn heading(told: &Told) -> String {
    if told.drill { fill(t("【訓練】{0}"), &[("0", &told.title)]) } else { told.title.clone() }
}

/// One of the facility's own patients.
#[derive(Clone)]
pub struct Patient {
    pub name: String,
    pub kana: String,
    pub mine: Mine,
}

#[derive(Clone)]
pub struct SliceView {
    pub facility: String,
    pub told: Told,
    pub answers: Answers,
    pub patients: Vec<Patient>,
    pub now: Timestamp,
}

crate::opaque_debug!(Patient, SliceView);

pub fn how(opened: bool) -> &'static str {
    if opened { t("記録を開かれた") } else { t("一覧に名前が出た") }
}

pub fn slice_page(view: &SliceView, ctx: &Ctx) -> Markup {
    let opened = view.patients.iter().filter(|p| p.mine.opened).count();
    let body = html! {
        @if view.told.drill { (callout(Tone::Info, t("これは訓練です"), html! { p { (t("ほんとうに起きたことではありません。流れを確かめるための連絡です。")) } })) }
        section.panel.stack-s {
            h2 { (drill_badge(view.told.drill)) (view.told.title) }
            p.when-line { (t("知った時刻 ")) (time::date_long(view.told.known_at)) (t("・連絡 ")) (time::when(view.told.told_at, view.now)) }
        }
        section {
            h2 { (t("この施設の患者さん ")) (view.patients.len()) (t("人")) }
            p { (t("記録を開かれた人 ")) (opened) (t("人、一覧に名前が出た人 ")) (view.patients.len() - opened) (t("人です。ほかの施設の患者さんは、ここには出ません。")) }
            ul.panel.flush.rows { @for p in &view.patients { (patient_row(p, view.now)) } }
            p { a.btn href=(urls::facility_incident_csv(view.told.id)) { (icon("download")) (t("CSVで保存する")) } }
        }
        section {
            h2 { (t("運営からの報告")) }
            dl.facts-table { @for ((label, _), answer) in NINE.iter().zip(&view.answers) { @if !answer.is_empty() { div { dt { (t(label)) } dd.told { (answer) } } } } }
        }
        section { h2 { (t("していただくこと")) }
            ol.panel.todo {
                li { (t("患者さんの一覧を確かめ、心あたりのない閲覧がないかを、")) a href=(urls::access_log()) { (t("アクセス記録")) } (t("でも見てください。")) }
                li { (t("本人や家族への説明のしかたを、施設で決めてください。")) }
                li { (t("分からないことは、")) a href=(urls::support()) { (t("問い合わせ")) } (t("へ。患者さんの名前は書かないでください。")) }
            }
        }
    };
    page(
        ctx,
        Page {
            title: t("インシデント"),
            tab: Tab::Menu,
            bar: admin_bar(&view.facility, AdminTab::Incidents),
            body,
        },
    )
}

fn patient_row(p: &Patient, now: Timestamp) -> Markup {
    let acts: Vec<_> = p.mine.acts.iter().map(|a| words(a, false)).collect();
    html! {
        li.entry-row {
            (icon("patient"))
            div {
                b { (p.name) } (t(" 様"))
                small { (acts.join(t("、"))) }
                p.when-line { (time::when(p.mine.first, now)) (t(" から ")) (time::when(p.mine.last, now)) (t(" まで・")) (p.mine.events) (t("回")) }
            }
            span class=(if p.mine.opened { "badge danger" } else { "badge" }) { (how(p.mine.opened)) }
        }
    }
}
