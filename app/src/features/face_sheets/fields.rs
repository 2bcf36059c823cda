//! What a face sheet may hold, and pure functions over it: reading a form, comparing two versions.
//!
//! A face sheet is a map from key to text. Empty fields are absent, so "emptied" is a change like any other.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization as _;

use crate::words::{fill, t};

pub use super::birth_date::BirthDate;
pub use super::field_table::FIELDS;

/// The texts of one version: key -> text as typed (NFC, lines end in `\n`, never empty).
pub type Fields = BTreeMap<String, String>;

/// A part of the page; fields of one section are edited together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Person,
    /// 患者連携サマリー: what the team agrees on, short, on a page of its own with who has read it.
    Summary,
    Contacts,
    Insurance,
    Illness,
    Care,
    Living,
    Team,
    Wishes,
    Other,
}

impl Section {
    /// Every section, in the order of the page.
    pub const ALL: [Self; 10] = [
        Self::Person,
        Self::Summary,
        Self::Contacts,
        Self::Insurance,
        Self::Illness,
        Self::Care,
        Self::Living,
        Self::Team,
        Self::Wishes,
        Self::Other,
    ];

    /// The word in URLs and element ids (`?section=illness`).
    pub fn code(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Summary => "summary",
            Self::Contacts => "contacts",
            Self::Insurance => "insurance",
            Self::Illness => "illness",
            Self::Care => "care",
            Self::Living => "living",
            Self::Team => "team",
            Self::Wishes => "wishes",
            Self::Other => "other",
        }
    }

    /// The section of a URL word, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.code() == code)
    }

    /// The heading on the page.
    pub fn label(self) -> &'static str {
        match self {
            Self::Person => t("ご本人"),
            Self::Summary => t("連携サマリー"),
            Self::Contacts => t("ご家族と連絡先"),
            Self::Insurance => t("保険・介護"),
            Self::Illness => t("病気と薬"),
            Self::Care => t("食事・転倒"),
            Self::Living => t("生活"),
            Self::Team => t("担当"),
            Self::Wishes => t("望むこと"),
            Self::Other => t("その他"),
        }
    }

    /// The fields of this section, in order.
    pub fn fields(self) -> impl Iterator<Item = &'static Field> {
        FIELDS.iter().filter(move |field| field.section == self)
    }
}

/// One value of a list to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    pub value: &'static str,
    pub label: &'static str,
}

/// How a field is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One line.
    Short,
    /// Several lines.
    Long,
    /// Several lines with phone numbers in them.
    Tel,
    /// `1934`, `1934-03` or `1934-03-03`, as FHIR's `date`.
    PartialDate,
    /// One of the choices, or nothing.
    Select(&'static [Choice]),
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub key: &'static str,
    /// The Japanese label.
    pub label: &'static str,
    pub section: Section,
    pub kind: Kind,
    /// The longest text, in Unicode scalar values.
    pub max_chars: usize,
    /// What to write; may be empty.
    pub help: &'static str,
}

impl Field {
    /// The text as people read it: a choice by its label, everything else as typed.
    pub fn shown<'a>(&self, value: &'a str) -> &'a str {
        match self.kind {
            Kind::Select(choices) => choices.iter().find(|c| c.value == value).map_or(value, |c| t(c.label)),
            _ => value,
        }
    }

    fn problem(&self, text: &str) -> Option<(&'static str, String)> {
        if text.chars().count() > self.max_chars {
            return Some(("too_long", fill(t("{0}字までにしてください。"), &[("0", &self.max_chars)])));
        }
        if let Some(found) = text.chars().find(|c| is_forbidden(*c)) {
            let message = fill(
                t("使えない文字(U+{0})が入っています。打ちなおしてください。"),
                &[("0", &format_args!("{:04X}", u32::from(found)))],
            );
            return Some(("forbidden_character", message));
        }
        match self.kind {
            Kind::Short if text.contains('\n') => Some(("one_line", t("1行で書いてください。").to_owned())),
            Kind::PartialDate if text.parse::<BirthDate>().is_err() => Some((
                "date",
                t("1934、1934-03、1934-03-03 のどれかの形で、ある日付を入れてください。").to_owned(),
            )),
            Kind::Select(choices) if !choices.iter().any(|c| c.value == text) => {
                Some(("choice", t("一覧から選んでください。").to_owned()))
            }
            _ => None,
        }
    }
}

/// Characters that hide or reorder text: controls but tab and line feed, and the bidi controls (Unicode TR 36).
fn is_forbidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The field of a key, if the face sheet has one.
pub fn find(key: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.key == key)
}

/// Why a field was refused: for the page (`message`) and for the API (`code`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub key: String,
    pub code: &'static str,
    pub message: String,
}

impl From<Problem> for crate::FieldError {
    fn from(p: Problem) -> Self {
        Self::new(p.key, p.code, p.message)
    }
}

/// Reads what was typed or sent: tidies every text, drops empty ones, and checks the rest.
///
/// # Errors
/// Every problem found, in the order of the table; unknown keys come last.
pub fn read<K: Into<String>, V: AsRef<str>>(
    typed: impl IntoIterator<Item = (K, V)>,
) -> Result<Fields, Vec<Problem>> {
    let fields: Fields = typed
        .into_iter()
        .map(|(key, text)| (key.into(), tidy(text.as_ref())))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    let problems = problems(&fields);
    if problems.is_empty() { Ok(fields) } else { Err(problems) }
}

/// The longest sheet, in Unicode scalar values over all fields.
pub const MAX_TOTAL_CHARS: usize = 20_000;

/// A sheet that is too long as a whole: told at its longest field.
fn too_long_together(fields: &Fields) -> Option<Problem> {
    let total: usize = fields.values().map(|text| text.chars().count()).sum();
    let (key, _) = fields.iter().max_by_key(|(_, text)| text.len())?;
    let message = fill(
        t(
            "全部の項目をあわせて{MAX_TOTAL_CHARS}字までにしてください(いま{total}字)。この項目がいちばん長いです。",
        ),
        &[("MAX_TOTAL_CHARS", &MAX_TOTAL_CHARS), ("total", &total)],
    );
    (total > MAX_TOTAL_CHARS).then(|| Problem { key: key.clone(), code: "too_long_together", message })
}

fn problems(fields: &Fields) -> Vec<Problem> {
    let mut found: Vec<Problem> = FIELDS
        .iter()
        .filter_map(|field| {
            let (code, message) = field.problem(fields.get(field.key)?)?;
            Some(Problem { key: field.key.to_owned(), code, message })
        })
        .collect();
    if !fields.contains_key("name") {
        let message = t("名前を入れてください。").to_owned();
        found.insert(0, Problem { key: "name".to_owned(), code: "required", message });
    }
    found.extend(too_long_together(fields));
    found.extend(fields.keys().filter(|key| find(key).is_none()).map(|key| Problem {
        key: key.clone(),
        code: "unknown_field",
        message: t("患者基礎情報にない項目です。").to_owned(),
    }));
    found
}

/// NFC, line ends as `\n`, no white space around. Nothing else: names keep their variation selectors.
fn tidy(text: &str) -> String {
    text.replace("\r\n", "\n").trim().nfc().collect()
}
