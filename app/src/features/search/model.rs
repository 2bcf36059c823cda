//! What is looked for, parsed, and what is found. Both hold a patient's words: they print as `…`.

use data_encoding::BASE64URL_NOPAD;
use folding::{Piece, Query};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{
    FieldError,
    features::{
        labels,
        posts::model::{Author, Timeline},
    },
    japan, opaque_debug,
    web::{
        input,
        ui::{Profession, time::end_of_day},
    },
};

/// Characters of what is looked for, and words.
pub const MAX_QUERY: usize = 200;
const MAX_WORDS: usize = 10;
/// Hits on a page.
pub const PAGE: usize = 20;

/// Body of `POST /search`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchBody {
    /// Words that must all occur; a phrase in quotation marks is one word. Width, kana and case do not matter.
    pub q: String,
    /// In this group alone.
    pub group: Option<Uuid>,
    /// From this day in Japan (`2026-11-17`) or instant on.
    pub from: Option<String>,
    /// To the end of this day, or to this instant.
    pub to: Option<String>,
    /// Written by this person.
    pub author: Option<Uuid>,
    /// Written by somebody of this profession, for instance `nurse`.
    pub profession: Option<String>,
    /// Written for this facility.
    pub facility: Option<Uuid>,
    /// In these alone; all when left out.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// In posts with files alone.
    #[serde(default)]
    pub has_files: bool,
    /// In posts with this label alone, for instance `medication`.
    pub label: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// Where words are looked for, and found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Posts; withdrawn ones by their reason alone.
    Post,
    Correction,
    /// Names of files.
    File,
    /// Face sheets, as they are now; a patient's name stands there.
    FaceSheet,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Post, Self::Correction, Self::File, Self::FaceSheet];

    pub fn code(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Correction => "correction",
            Self::File => "file",
            Self::FaceSheet => "face_sheet",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Post => t("投稿"),
            Self::Correction => t("訂正"),
            Self::File => t("ファイル名"),
            Self::FaceSheet => t("基礎情報・お名前"),
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// The same as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    pub posts: bool,
    pub corrections: bool,
    pub files: bool,
    pub face_sheets: bool,
}

impl Kinds {
    /// None named is all of them.
    pub fn of(kinds: &[Kind]) -> Self {
        let has = |kind| kinds.is_empty() || kinds.contains(&kind);
        Self {
            posts: has(Kind::Post),
            corrections: has(Kind::Correction),
            files: has(Kind::File),
            face_sheets: has(Kind::FaceSheet),
        }
    }
}

/// A place among all records, newest last. Times of one stream are all different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Microseconds since 1970.
    pub at: i64,
    pub stream: Uuid,
}

impl Place {
    /// Before the newest record.
    pub const TOP: Self = Self { at: i64::MAX, stream: Uuid::max() };

    pub fn cursor(self) -> String {
        BASE64URL_NOPAD.encode(&[&self.at.to_be_bytes()[..], self.stream.as_bytes()].concat())
    }

    pub fn time(self) -> Option<Timestamp> {
        Timestamp::from_microsecond(self.at).ok()
    }

    pub fn parse(cursor: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?;
        let (at, stream) = bytes.split_at_checked(8)?;
        let place =
            Self { at: i64::from_be_bytes(at.try_into().ok()?), stream: Uuid::from_slice(stream).ok()? };
        Some(place).filter(|place| *place == Self::TOP || (place.at >= 0 && place.time().is_some()))
    }
}

/// What is looked for, and where.
#[derive(Clone)]
pub struct Wanted {
    pub query: Query,
    pub group: Option<Uuid>,
    pub author: Option<Uuid>,
    pub profession: Option<Profession>,
    pub facility: Option<Uuid>,
    pub kinds: Kinds,
    pub has_files: bool,
    pub label: Option<&'static str>,
    /// Microseconds since 1970: from this one on, and before that one.
    pub from: Option<i64>,
    pub until: Option<i64>,
    /// Older than this place.
    pub before: Place,
}

opaque_debug!(SearchBody, Wanted, Hit, Found);

impl Wanted {
    /// Only what is older than this place is wanted.
    pub fn older_than(&self) -> Place {
        self.until.map_or(self.before, |until| self.before.min(Place { at: until, stream: Uuid::nil() }))
    }
}

impl TryFrom<&SearchBody> for Wanted {
    type Error = Vec<FieldError>;

    fn try_from(body: &SearchBody) -> Result<Self, Vec<FieldError>> {
        let mut problems = Vec::new();
        let mut keep = |problem: FieldError| problems.push(problem);
        let query = query(&body.q).map_err(&mut keep).ok();
        let from = day(body.from.as_deref(), "from", start_of_day).map_err(&mut keep).ok().flatten();
        let until = day(body.to.as_deref(), "to", end_of_day).map_err(&mut keep).ok().flatten();
        if let (Some(from), Some(until)) = (from, until)
            && from >= until
        {
            keep(FieldError::new("to", "before_from", t("終わりの日は、始まりの日より後にしてください。")));
        }
        let profession = match body.profession.as_deref().filter(|code| !code.is_empty()) {
            None => None,
            Some(code) => Profession::from_code(code).or_else(|| {
                keep(FieldError::new("profession", "unknown", t("職種を一覧から選んでください。")));
                None
            }),
        };
        let label = match body.label.as_deref().filter(|code| !code.is_empty()) {
            None => None,
            Some(code) => labels::model::known(code).or_else(|| {
                keep(FieldError::new("label", "unknown", t("ラベルを一覧から選んでください。")));
                None
            }),
        };
        let cursor = body.cursor.as_deref().filter(|cursor| !cursor.is_empty());
        let before = cursor.map_or(Some(Place::TOP), Place::parse).or_else(|| {
            keep(FieldError::new("cursor", "unknown", t("続きの場所が読めません。もう一度探してください。")));
            None
        });
        match (query, before) {
            (Some(query), Some(before)) if problems.is_empty() => Ok(Self {
                query,
                group: body.group,
                author: body.author,
                profession,
                facility: body.facility,
                kinds: Kinds::of(&body.kinds),
                has_files: body.has_files,
                label,
                from,
                until,
                before,
            }),
            _ => Err(problems),
        }
    }
}

fn query(typed: &str) -> Result<Query, FieldError> {
    let empty = || FieldError::new("q", "empty", t("探すことばを入れてください。"));
    if typed.trim().is_empty() {
        return Err(empty());
    }
    let query = Query::parse(&input::line("q", typed, MAX_QUERY)?);
    match query.words() {
        0 => Err(empty()),
        n if n > MAX_WORDS => Err(FieldError::new(
            "q",
            "too_many",
            fill(t("ことばは{MAX_WORDS}個までにしてください。"), &[("MAX_WORDS", &MAX_WORDS)]),
        )),
        _ => Ok(query),
    }
}

/// A day in Japan, or an instant.
fn day(
    raw: Option<&str>,
    field: &'static str,
    of_day: fn(Date) -> Option<Timestamp>,
) -> Result<Option<i64>, FieldError> {
    let Some(raw) = raw.map(str::trim).filter(|raw| !raw.is_empty()) else { return Ok(None) };
    let at = match raw.parse::<Date>() {
        Ok(date) if !raw.contains(['T', 't', ' ']) => of_day(date),
        _ => raw.parse::<Timestamp>().ok(),
    };
    let at =
        at.ok_or_else(|| FieldError::new(field, "date", t("日付を 2026-11-17 の形で入れてください。")))?;
    // Nothing here is older than this clock.
    Ok(Some(at.as_microsecond().max(0)))
}

fn start_of_day(day: Date) -> Option<Timestamp> {
    Some(day.to_zoned(japan::zone()).ok()?.timestamp())
}

/// One place where all words stand.
#[derive(Clone)]
pub struct Hit {
    pub place: Place,
    pub kind: Kind,
    /// `None`: a face sheet.
    pub post: Option<Uuid>,
    pub group: Option<Uuid>,
    /// Of a face sheet.
    pub patient: Option<Uuid>,
    pub timeline: Option<Timeline>,
    pub at: Timestamp,
    pub author: Author,
    /// The words of a post, or of the reason of a withdrawn one, around what was found; empty when only names of files hold it.
    pub excerpt: Vec<Piece>,
    /// Names of files in which something was found.
    pub files: Vec<Vec<Piece>>,
    /// Fields of a face sheet in which something was found: label and text.
    pub fields: Vec<(&'static str, Vec<Piece>)>,
    pub withdrawn: bool,
    /// The post was corrected afterwards, and the newer text is not among the hits.
    pub corrected_since: bool,
}

/// What a search has found.
#[derive(Clone)]
pub struct Found {
    pub hits: Vec<Hit>,
    /// From where on there may be more.
    pub next: Option<Place>,
    /// Whether the time was up before the page was full: `next` leads on.
    pub unfinished: bool,
    /// Everything newer was looked through, of an unfinished search.
    pub searched_back_to: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(q: &str) -> SearchBody {
        SearchBody {
            q: q.into(),
            group: None,
            from: None,
            to: None,
            author: None,
            profession: None,
            facility: None,
            kinds: Vec::new(),
            has_files: false,
            label: None,
            cursor: None,
        }
    }

    fn problem(body: SearchBody) -> (String, &'static str) {
        let problems = Wanted::try_from(&body).expect_err("a problem");
        assert_eq!(problems.len(), 1);
        (problems[0].field.to_string(), problems[0].code)
    }

    #[test]
    fn days_are_those_of_japan_and_whole() {
        let body =
            SearchBody { from: Some("2026-11-17".into()), to: Some("2026-11-17".into()), ..body("咳") };
        let wanted = Wanted::try_from(&body).unwrap();
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap().as_microsecond());
        assert_eq!((wanted.from, wanted.until), (at("2026-11-16T15:00:00Z"), at("2026-11-17T15:00:00Z")));
        assert_eq!(wanted.before, Place::TOP);
    }

    #[test]
    fn what_cannot_be_looked_for_is_told() {
        assert!(Wanted::try_from(&body("痰")).is_ok(), "one character");
        assert_eq!(problem(body(" 　")), ("q".into(), "empty"));
        assert_eq!(problem(body("・")), ("q".into(), "empty"));
        assert_eq!(problem(body("あ い う え お か き く け こ さ")), ("q".into(), "too_many"));
        assert_eq!(problem(body(&"あ".repeat(201))), ("q".into(), "too_long"));
        assert_eq!(problem(body("a\0b")), ("q".into(), "characters"));
        assert_eq!(problem(SearchBody { from: Some("昨日".into()), ..body("咳") }), ("from".into(), "date"));
        let turned =
            SearchBody { from: Some("2026-11-18".into()), to: Some("2026-11-17".into()), ..body("咳") };
        assert_eq!(problem(turned), ("to".into(), "before_from"));
        assert_eq!(
            problem(SearchBody { cursor: Some("x".into()), ..body("咳") }),
            ("cursor".into(), "unknown")
        );
        assert_eq!(problem(SearchBody { profession: Some("king".into()), ..body("咳") }).0, "profession");
    }

    #[test]
    fn a_cursor_is_read_back() {
        let place = Place { at: 1_794_893_520_123_456, stream: Uuid::now_v7() };
        assert_eq!(Place::parse(&place.cursor()), Some(place));
        assert_eq!(Place::parse(&Place::TOP.cursor()), Some(Place::TOP));
        assert!(Place::parse("AAAA").is_none() && place < Place::TOP);
        for at in [-1, i64::MIN, i64::MAX - 1] {
            assert!(Place::parse(&Place { at, ..place }.cursor()).is_none(), "{at}");
        }
    }
}
