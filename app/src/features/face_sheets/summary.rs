//! What may never be missed about a patient: side pane on the PC, a folded strip above the timeline elsewhere.
//!
//! Every text stands as it was written. Nothing is cut out of it: a summary that guesses can leave out the one word
//! that matters.

use maud::{Markup, html};
use uuid::Uuid;

use super::{
    fields::{Fields, Kind, find},
    views::{lines, shown},
};
use crate::words::t;
use crate::{
    opaque_debug,
    web::{ui::icon, urls},
};

/// The summary card, taken from the newest face sheet. `None`: nobody has written anything; なし is a text of its own.
#[derive(Clone)]
pub struct PatientSummary {
    pub patient_id: Uuid,
    /// Without 様.
    pub name: String,
    pub allergies: Option<String>,
    pub cautions: Option<String>,
    /// Who to call, first and second; telephone numbers in the text can be called.
    pub emergency_contacts: Vec<String>,
    pub attending_doctor: Option<String>,
    /// How the patient is now, what is aimed at, and when to call whom: the other parts of 連携サマリー.
    pub current_state: Option<String>,
    pub goals: Option<String>,
    pub agreements: Option<String>,
    /// How the person wants to live and be cared for (ACP).
    pub wishes: Option<String>,
    /// For instance 要介護4.
    pub care_level: Option<String>,
    /// For instance 2027年3月31日まで.
    pub care_level_period: Option<String>,
}

opaque_debug!(PatientSummary);

impl PatientSummary {
    /// Takes from a sheet what the card shows.
    pub fn of(patient_id: Uuid, fields: &Fields) -> Self {
        let text = |key: &str| fields.get(key).cloned();
        Self {
            patient_id,
            name: text("name").unwrap_or_default(),
            allergies: text("allergies"),
            cautions: text("cautions"),
            emergency_contacts: ["emergencyContact", "emergencyContact2"]
                .into_iter()
                .filter_map(text)
                .collect(),
            attending_doctor: text("attendingDoctor"),
            current_state: text("currentState"),
            goals: text("goals"),
            agreements: text("agreements"),
            wishes: text("advanceCarePlan"),
            care_level: text("careLevel"),
            care_level_period: text("careLevelPeriod"),
        }
    }

    /// A full card.
    pub fn sample() -> Self {
        let mut fields = super::views::sample_fields();
        let cautions = "ワーファリン服用中(17・18日は休薬)。とろみ 中間";
        fields.insert("cautions".to_owned(), cautions.to_owned());
        Self::of(Uuid::from_u128(200), &fields)
    }

    /// A patient about whom nothing is written yet.
    pub fn sample_unwritten() -> Self {
        let name = ("name".to_owned(), "小野寺 ハル子".to_owned());
        Self::of(Uuid::from_u128(200), &Fields::from([name]))
    }
}

/// The right pane of the PC.
pub fn side_pane(view: &PatientSummary) -> Markup {
    html! {
        div class="section-head" { (icon("patient")) h2 { (view.name) (t(" 様")) } }
        (card(view))
        a class="see" href=(urls::face_sheet(view.patient_id)) { (t("基礎情報をすべて見る")) }
    }
}

/// The folded strip for narrower screens.
pub fn strip(view: &PatientSummary) -> Markup {
    html! {
        details class="strip narrow-only" {
            summary {
                span class="items" {
                    @if let Some(text) = &view.allergies {
                        span class="badge danger" { (icon("alert")) span class="cut" { (t("アレルギー ")) (text) } }
                    }
                    @if let Some(text) = &view.cautions {
                        span class="badge must" { (icon("warn")) span class="cut" { (text) } }
                    }
                    @if view.allergies.is_none() && view.cautions.is_none() { (t("患者さんのまとめ")) }
                }
                span class="sr" { (t("まとめを開く")) }
            }
            (card(view))
        }
    }
}

fn card(view: &PatientSummary) -> Markup {
    html! {
        div class="summary" {
            dl class="alerts" {
                (alert("allergy", "alert", t("アレルギー"), view.allergies.as_deref()))
                (alert("care", "warn", t("注意"), view.cautions.as_deref()))
            }
            dl class="facts" {
                (written(t("いまの状態"), view.current_state.as_deref()))
                (written(t("目標"), view.goals.as_deref()))
                (written(t("連絡の約束"), view.agreements.as_deref()))
                div { dt { (t("緊急のとき")) } dd { (contacts(&view.emergency_contacts)) } }
                (fact(t("主治医"), view.attending_doctor.as_deref()))
                (fact(t("望む過ごしかた(ACP)"), view.wishes.as_deref()))
                div {
                    dt { (t("介護度・保険")) }
                    dd {
                        (text_or_open(view.care_level.as_deref()))
                        @if let Some(period) = &view.care_level_period { " " small { (t("有効 ")) (period) } }
                    }
                }
            }
            p { a class="see" href=(urls::summary(view.patient_id)) { (t("連携サマリーと、読んだ人")) } }
        }
    }
}

/// Only where something is written: a short card stays short.
fn written(title: &str, text: Option<&str>) -> Markup {
    html! { @if let Some(text) = text { div { dt { (title) } dd { (lines(text)) } } } }
}

fn fact(title: &str, text: Option<&str>) -> Markup {
    html! { div { dt { (title) } dd { (text_or_open(text)) } } }
}

fn alert(class: &str, name: &str, title: &str, text: Option<&str>) -> Markup {
    html! {
        div class={ "alert " (class) @if text.is_none() { " open" } } {
            dt { (icon(name)) (title) }
            dd { (text_or_open(text)) }
        }
    }
}

fn contacts(texts: &[String]) -> Markup {
    let field = find("emergencyContact").filter(|field| field.kind == Kind::Tel);
    html! {
        @if texts.is_empty() { (unwritten()) }
        @for (n, text) in texts.iter().enumerate() {
            @if n > 0 { br; }
            @match field { Some(field) => (shown(field, text, None)), None => (lines(text)) }
        }
    }
}

fn text_or_open(text: Option<&str>) -> Markup {
    match text {
        Some(text) => lines(text),
        None => unwritten(),
    }
}

fn unwritten() -> Markup {
    html! { span class="soft" { (t("まだ書かれていません")) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_shows_texts_as_written_and_says_what_is_missing() {
        let full = side_pane(&PatientSummary::sample()).0;
        assert!(full.contains("小野寺 美香さん(長女・福岡)"), "{full}");
        assert!(full.contains("href=\"tel:00000000000\""), "{full}");
        assert!(full.contains("桑原 誠一郎(ひだまり坂クリニック)"), "{full}");
        let open = side_pane(&PatientSummary::sample_unwritten()).0;
        assert_eq!(open.matches("まだ書かれていません").count(), 6, "{open}");
    }
}
