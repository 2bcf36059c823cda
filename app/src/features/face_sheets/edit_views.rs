//! Editing a face sheet, one section or all of it.

use maud::{Markup, html};
use uuid::Uuid;

use super::fields::{Field, Fields, Kind, Section};
use super::room::Room;
use super::views::sample_fields;
use crate::web::forms::{Entry, Errors, hidden};
use crate::web::ui::{self, Ctx, notice_line};
use crate::web::urls;
use crate::words::{fill, t};

/// What was typed, or the version as it stands.
///
/// The form posts `version` (what `If-Match` is to the API), `section` (a code, or empty for the whole sheet), one
/// value per key, and `reason`. Keys of other sections are absent: lay the form over the version with
/// [`with_section`](super::merge::with_section).
#[derive(Clone)]
pub struct EditView {
    pub room: Room,
    /// A double click of one form makes one version.
    pub client_id: Uuid,
    pub version: i64,
    /// `None` for the whole sheet.
    pub section: Option<Section>,
    pub typed: Fields,
    pub reason: String,
    pub errors: Errors,
}

crate::opaque_debug!(EditView);

impl EditView {
    pub fn sample() -> Self {
        let mut typed = sample_fields();
        typed.insert("birthDate".to_owned(), "1934-13".to_owned());
        Self {
            room: Room::sample(),
            client_id: Uuid::from_u128(97),
            version: 13,
            section: Some(Section::Person),
            typed,
            reason: String::new(),
            errors: Errors::one(
                "birthDate",
                "1934、1934-03、1934-03-03 のどれかの形で、ある日付を入れてください。",
            )
            .and("reason", "なぜ直すのかを書いてください。"),
        }
    }

    /// All sections at once.
    pub fn sample_whole() -> Self {
        Self { section: None, typed: sample_fields(), errors: Errors::none(), ..Self::sample() }
    }
}

pub fn edit_page(view: &EditView, ctx: &Ctx) -> Markup {
    let back = urls::face_sheet(view.room.patient_id);
    let heading = view.section.map_or(t("基礎情報を直す").to_owned(), |section| {
        fill(t("{0}を直す"), &[("0", &section.label())])
    });
    let keep = format!("sheet/{}/{}", view.room.patient_id, view.section.map_or("", Section::code));
    let sections = view.section.map_or(Section::ALL.to_vec(), |section| vec![section]);
    let body = html! {
        (view.errors.summary())
        form.stack method="post" action=(urls::face_sheet_edit(view.room.patient_id)) data-keep=(keep) data-began data-came-back[!view.errors.is_empty()] {
            (hidden("client_id", &view.client_id.to_string()))
            (hidden("version", &view.version.to_string()))
            (hidden("section", view.section.map_or("", Section::code)))
            @for section in sections {
                section {
                    @if view.section.is_none() { h2 { (section.label()) } }
                    div.panel.stack { @for field in section.fields() { (entry(field, view)) } }
                }
            }
            (Entry::line("reason", t("直した理由")).value(&view.reason).errors(&view.errors).need().max_chars(200)
                .help(t("あとから読む人のために。例: 採血の結果による休薬")))
            div.row {
                button.btn.primary.large type="submit" { (t("新しい版として保存する")) }
                a.btn.quiet href=(back) { (t("やめる")) }
            }
            (notice_line("hist", t("いまの版は消えません。だれが・いつ・なぜ直したかが残ります。")))
        }
    };
    let bar = view.room.deeper(&heading, (&back, t("基礎情報に戻る")));
    view.room.page(ctx, t("基礎情報を直す"), bar, body, None)
}

fn entry(field: &Field, view: &EditView) -> Markup {
    let typed = view.typed.get(field.key).map_or("", String::as_str);
    let choices: Vec<_> = match field.kind {
        Kind::Select(choices) => {
            choices.iter().map(|c| ui::Choice { value: c.value, label: t(c.label), help: None }).collect()
        }
        _ => Vec::new(),
    };
    let entry = match field.kind {
        Kind::Select(_) => Entry::select(field.key, t(field.label), &choices),
        Kind::Long | Kind::Tel => Entry::text(field.key, t(field.label), rows(typed)),
        Kind::Short | Kind::PartialDate => Entry::line(field.key, t(field.label)),
    };
    let entry = entry.value(typed).help(t(field.help)).errors(&view.errors).autocomplete("off");
    let entry = entry.max_chars(u32::try_from(field.max_chars).unwrap_or(u32::MAX / 2));
    let entry = if field.key == "name" { entry.need() } else { entry };
    html! { (entry) }
}

/// As many rows as there are lines, and one to write on.
fn rows(typed: &str) -> u8 {
    u8::try_from(typed.lines().count() + 1).unwrap_or(u8::MAX).clamp(2, 12)
}
