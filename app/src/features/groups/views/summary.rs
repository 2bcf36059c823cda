//! What may never be missed about a patient: side pane on the PC, a folded strip above the timeline elsewhere.

use maud::{Markup, html};
use uuid::Uuid;

use crate::{
    opaque_debug,
    web::{ui::icon, urls},
};

/// Somebody to call.
#[derive(Clone)]
pub struct Contact {
    /// For instance 長女.
    pub relation: String,
    pub name: String,
    pub phone: String,
}

/// The doctor in charge (主治医).
#[derive(Clone)]
pub struct Doctor {
    pub name: String,
    pub facility: String,
}

/// How the person wants to live and be cared for (ACP).
#[derive(Clone)]
pub struct Wishes {
    pub text: String,
    /// When and with whom it was talked over, for instance 9月2日 本人・長女と確認.
    pub noted: Option<String>,
}

/// The level of the long-term care insurance.
#[derive(Clone)]
pub struct CareLevel {
    /// For instance 要介護4.
    pub level: String,
    /// For instance 2027年3月31日まで.
    pub until: Option<String>,
}

/// The summary card, taken from the newest face sheet.
#[derive(Clone)]
pub struct PatientSummary {
    pub patient_id: Uuid,
    /// Without 様.
    pub name: String,
    /// `None`: nobody has written anything. なし is a text of its own.
    pub allergies: Option<String>,
    pub cautions: Option<String>,
    pub emergency_contacts: Vec<Contact>,
    pub attending_doctor: Option<Doctor>,
    pub wishes: Option<Wishes>,
    pub care_level: Option<CareLevel>,
}

opaque_debug!(Contact, Doctor, Wishes, CareLevel, PatientSummary);

/// The right pane of the PC.
pub fn side_pane(view: &PatientSummary) -> Markup {
    html! {
        div class="section-head" { (icon("patient")) h2 { (view.name) " 様" } }
        (card(view))
        a class="see" href=(urls::face_sheet(view.patient_id)) { "基礎情報をすべて見る" }
    }
}

/// The folded strip for narrower screens.
pub fn strip(view: &PatientSummary) -> Markup {
    html! {
        details class="strip narrow-only" {
            summary {
                span class="items" {
                    @if let Some(text) = &view.allergies {
                        span class="badge danger" { (icon("alert")) span class="cut" { "アレルギー " (text) } }
                    }
                    @if let Some(text) = &view.cautions {
                        span class="badge must" { (icon("warn")) span class="cut" { (text) } }
                    }
                    @if view.allergies.is_none() && view.cautions.is_none() { "患者さんのまとめ" }
                }
                span class="sr" { "まとめを開く" }
            }
            (card(view))
        }
    }
}

fn card(view: &PatientSummary) -> Markup {
    html! {
        div class="summary" {
            dl class="alerts" {
                (alert("allergy", "alert", "アレルギー", view.allergies.as_deref()))
                (alert("care", "warn", "注意", view.cautions.as_deref()))
            }
            dl class="facts" {
                div { dt { "緊急のとき" } dd { (contacts(&view.emergency_contacts)) } }
                div {
                    dt { "主治医" }
                    dd {
                        @match &view.attending_doctor {
                            Some(doctor) => { (doctor.name) " " small { (doctor.facility) } }
                            None => (unwritten()),
                        }
                    }
                }
                div {
                    dt { "望む過ごしかた(ACP)" }
                    dd {
                        @match &view.wishes {
                            Some(wishes) => { (wishes.text) @if let Some(noted) = &wishes.noted { " " small { (noted) } } }
                            None => (unwritten()),
                        }
                    }
                }
                div {
                    dt { "介護度・保険" }
                    dd {
                        @match &view.care_level {
                            Some(care) => { (care.level) @if let Some(until) = &care.until { " " small { "有効 " (until) } } }
                            None => (unwritten()),
                        }
                    }
                }
            }
        }
    }
}

fn alert(class: &str, name: &str, title: &str, text: Option<&str>) -> Markup {
    html! {
        div class={ "alert " (class) @if text.is_none() { " open" } } {
            dt { (icon(name)) (title) }
            dd { @match text { Some(text) => (text), None => (unwritten()) } }
        }
    }
}

fn contacts(contacts: &[Contact]) -> Markup {
    html! {
        @if contacts.is_empty() { (unwritten()) }
        @for contact in contacts {
            (contact.relation) " " (contact.name) "さん"
            a class="tel" href={ "tel:" (contact.phone) } { (icon("tel")) (contact.phone) }
        }
    }
}

fn unwritten() -> Markup {
    html! { span class="soft" { "まだ書かれていません" } }
}
