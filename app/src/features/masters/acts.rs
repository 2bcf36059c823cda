//! Reading and editing the lists.

use tokio_postgres::Row;

use crate::words::{is_english, t};
use crate::{FieldError, Result, app::App, db::Tx, web::input};

const OFFERED: &str = "SELECT list, code, label_ja, label_en, place, may_join, active FROM act.vocabulary()";
const ALL: &str = "SELECT list, code, label_ja, label_en, place, may_join, active FROM op.vocabulary()";
const SAVE: &str = "SELECT op.save_word($1, $2, $3, $4, $5, $6, $7, $8)";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    FacilityKind,
    Profession,
}

impl List {
    pub const ALL: [Self; 2] = [Self::FacilityKind, Self::Profession];

    pub fn code(self) -> &'static str {
        match self {
            Self::FacilityKind => "facility_kind",
            Self::Profession => "profession",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::FacilityKind => t("施設の種別"),
            Self::Profession => t("職種"),
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.code() == code)
    }
}

/// A word of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub list: List,
    /// What records and the API hold; never changes.
    pub code: String,
    pub ja: String,
    pub en: String,
    /// From the top, 0 to 9999.
    pub place: i32,
    /// May be chosen for somebody new.
    pub may_join: bool,
    /// Stands in lists at all.
    pub active: bool,
}

impl Word {
    /// In the language of the request.
    fn spoken(&self) -> &str {
        if is_english() { &self.en } else { &self.ja }
    }
}

/// Every word in the order of its list.
#[derive(Debug, Clone, Default)]
pub struct Words(Vec<Word>);

impl Words {
    fn read(rows: &[Row]) -> Self {
        let word = |r: &Row| {
            Some(Word {
                list: List::from_code(r.get(0))?,
                code: r.get(1),
                ja: r.get(2),
                en: r.get(3),
                place: r.get(4),
                may_join: r.get(5),
                active: r.get(6),
            })
        };
        Self(rows.iter().filter_map(word).collect())
    }

    pub fn of(&self, list: List) -> impl Iterator<Item = &Word> {
        self.0.iter().filter(move |w| w.list == list)
    }

    /// What may be chosen, as value and label.
    pub fn choices(&self, list: List) -> Vec<(String, String)> {
        let offered = self.of(list).filter(|w| w.may_join && w.active);
        offered.map(|w| (w.code.clone(), w.spoken().to_owned())).collect()
    }

    pub fn may_be_chosen(&self, list: List, code: &str) -> bool {
        self.of(list).any(|w| w.code == code && w.may_join && w.active)
    }

    /// The word of a code; the code itself where the list does not have it.
    pub fn label<'a>(&'a self, list: List, code: &'a str) -> &'a str {
        self.of(list).find(|w| w.code == code).map_or(code, Word::spoken)
    }
}

/// Before anybody has signed in.
pub async fn offered(app: &App) -> Result<Words> {
    app.db.anybody(OFFERED, &[]).await.map(|rows| Words::read(&rows))
}

/// At the console.
pub async fn all(tx: &mut Tx) -> Result<Words> {
    tx.query(ALL, &[]).await.map(|rows| Words::read(&rows))
}

/// A word as an operator typed it.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    pub list: String,
    pub code: String,
    pub label_ja: String,
    pub label_en: String,
    pub place: String,
    pub may_join: Option<String>,
    pub active: Option<String>,
    /// Set where the word is to be added.
    pub new: Option<String>,
}

impl Typed {
    /// Everything that is wrong at once.
    pub fn checked(&self) -> Result<Word, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let mut keep = |r: Result<String, FieldError>| r.map_err(|e| wrong.push(e)).unwrap_or_default();
        let (ja, en) = (
            keep(input::line("label_ja", &self.label_ja, 60)),
            keep(input::line("label_en", &self.label_en, 60)),
        );
        let code = self.code.trim().to_owned();
        let fits =
            (2..=40).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if !fits {
            wrong.push(FieldError::new(
                "code",
                "characters",
                t("英小文字と下線（_）で、2文字から40文字にしてください。"),
            ));
        }
        let place = self.place.trim().parse::<i32>().ok().filter(|n| (0..=9999).contains(n));
        if place.is_none() {
            wrong.push(FieldError::new("place", "number", t("0から9999の数字を入れてください。")));
        }
        match (List::from_code(&self.list), place) {
            (Some(list), Some(place)) if wrong.is_empty() => {
                let (may_join, active) = (self.may_join.is_some(), self.active.is_some());
                Ok(Word { list, code, ja, en, place, may_join, active })
            }
            _ => Err(wrong),
        }
    }
}

/// Adds the word or changes it. `Conflict("code_taken")` where a new one has the code of another.
pub async fn save(tx: &mut Tx, word: &Word, new: bool) -> Result<()> {
    tx.query(
        SAVE,
        &[&new, &word.list.code(), &word.code, &word.ja, &word.en, &word.place, &word.may_join, &word.active],
    )
    .await
    .map(drop)
}
