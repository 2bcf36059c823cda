//! What an operator typed, parsed; and what people see.

use jiff::Timestamp;
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words::t;
use crate::{
    FieldError, Result,
    web::input::{self, Fields},
};

pub const TITLE: usize = 120;
pub const BODY: usize = 8000;

/// The fields of the form.
pub const FIELDS: &[&str] = &[
    "id",
    "seen",
    "title",
    "body",
    "importance",
    "audience",
    "regions",
    "kinds",
    "facilities",
    "from",
    "until",
];

/// For whom an announcement is. Data, so that a later release can add an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    All,
    /// Whoever acts for a facility that lies in one of them.
    Regions(Vec<Uuid>),
    Kinds(Vec<String>),
    Facilities(Vec<Uuid>),
}

impl Audience {
    pub fn code(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Regions(_) => "regions",
            Self::Kinds(_) => "kind",
            Self::Facilities(_) => "facilities",
        }
    }

    pub fn regions(&self) -> &[Uuid] {
        if let Self::Regions(ids) = self { ids } else { &[] }
    }

    pub fn kinds(&self) -> &[String] {
        if let Self::Kinds(kinds) = self { kinds } else { &[] }
    }

    pub fn facilities(&self) -> &[Uuid] {
        if let Self::Facilities(ids) = self { ids } else { &[] }
    }

    fn read(row: &Row) -> Self {
        match row.get("audience") {
            "regions" => Self::Regions(row.get("regions")),
            "kind" => Self::Kinds(row.get("kinds")),
            "facilities" => Self::Facilities(row.get("facilities")),
            _ => Self::All,
        }
    }
}

/// An announcement ready to be written.
#[derive(Debug, Clone)]
pub struct Draft {
    pub title: String,
    pub body: String,
    pub important: bool,
    pub audience: Audience,
    pub from: Timestamp,
    pub until: Option<Timestamp>,
}

impl Draft {
    /// Every problem at once, in the order of the page. An empty beginning is now.
    pub fn parse(fields: &Fields, now: Timestamp) -> Result<Self, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let mut keep = |result: Result<String, FieldError>| {
            result.unwrap_or_else(|e| {
                wrong.push(e);
                String::new()
            })
        };
        let title = keep(input::line("title", fields.one("title"), TITLE));
        let body = keep(input::text("body", fields.one("body"), BODY));
        let audience = audience(fields).unwrap_or_else(|e| {
            wrong.push(e);
            Audience::All
        });
        let mut time = |field| {
            input::moment(field, fields.one(field)).unwrap_or_else(|e| {
                wrong.push(e);
                None
            })
        };
        let (from, until) = (time("from").unwrap_or(now), time("until"));
        if until.is_some_and(|until| until <= from) {
            wrong.push(FieldError::new("until", "order", t("終わりは、始まりよりあとにしてください。")));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Self { title, body, important: fields.one("importance") == "important", audience, from, until })
    }
}

fn audience(fields: &Fields) -> Result<Audience, FieldError> {
    let none = |field: &'static str, what: &'static str| FieldError::new(field, "empty", what);
    match fields.one("audience") {
        "kind" => {
            let kinds: Vec<String> = fields.all("kinds").into_iter().map(str::to_owned).collect();
            let fine = !kinds.is_empty()
                && kinds.iter().all(|k| k.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            if fine {
                Ok(Audience::Kinds(kinds))
            } else {
                Err(none("kinds", t("施設の種類を選んでください。")))
            }
        }
        "regions" => match fields.ids("regions") {
            Ok(ids) if !ids.is_empty() => Ok(Audience::Regions(ids)),
            _ => Err(none("regions", t("地域を選んでください。"))),
        },
        "facilities" => match fields.ids("facilities") {
            Ok(ids) if !ids.is_empty() => Ok(Audience::Facilities(ids)),
            _ => Err(none("facilities", t("施設を選んでください。"))),
        },
        "all" => Ok(Audience::All),
        _ => Err(none("audience", t("だれに知らせるかを選んでください。"))),
    }
}

/// One version, as the console shows it.
#[derive(Debug, Clone)]
pub struct Version {
    pub id: Uuid,
    pub version: i32,
    pub title: String,
    pub body: String,
    pub important: bool,
    pub audience: Audience,
    pub from: Timestamp,
    pub until: Option<Timestamp>,
    pub withdrawn: bool,
    pub at: Timestamp,
    pub operator: String,
}

impl Version {
    pub fn read(row: &Row) -> Self {
        Self {
            id: row.get("id"),
            version: row.get("version"),
            title: row.get("title"),
            body: row.get("body"),
            important: row.get::<_, &str>("importance") == "important",
            audience: Audience::read(row),
            from: row.get("from_at"),
            until: row.get("until_at"),
            withdrawn: row.get("withdrawn"),
            at: row.get("at"),
            operator: row.get("operator"),
        }
    }
}

impl Draft {
    /// Whether a version says this. An empty beginning was the moment of sending, so it is like any other.
    pub fn is_told_by(&self, v: &Version, begins_when_sent: bool) -> bool {
        (&self.title, &self.body, self.important) == (&v.title, &v.body, v.important)
            && (&self.audience, self.until) == (&v.audience, v.until)
            && (begins_when_sent || self.from == v.from)
    }
}

/// As it stands: a withdrawal keeps everything that was said.
impl From<&Version> for Draft {
    fn from(v: &Version) -> Self {
        Self {
            title: v.title.clone(),
            body: v.body.clone(),
            important: v.important,
            audience: v.audience.clone(),
            from: v.from,
            until: v.until,
        }
    }
}

/// An announcement as the people whom it is for see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Announcement {
    pub id: Uuid,
    /// Grows with each correction; a corrected announcement is unread again.
    pub version: i32,
    pub title: String,
    pub body: String,
    /// `normal` or `important`.
    pub importance: String,
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    pub read: bool,
}

impl Announcement {
    pub fn read(row: &Row) -> Self {
        Self {
            id: row.get(0),
            version: row.get(1),
            title: row.get(2),
            body: row.get(3),
            importance: row.get(4),
            from: row.get(5),
            until: row.get(6),
            read: row.get(7),
        }
    }

    /// Whether it still asks to be read.
    pub fn is_new(&self, now: Timestamp) -> bool {
        !self.read && self.until.is_none_or(|until| until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Draft, Vec<FieldError>> {
        let pairs = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Draft::parse(&Fields::only(pairs, FIELDS).expect("the form's own fields"), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let wrong =
            parse(&[("audience", "kind"), ("from", "2026-11-02T00:00"), ("until", "2026-11-01T00:00")]);
        let fields: Vec<_> = wrong.unwrap_err().into_iter().map(|e| e.field.into_owned()).collect();
        assert_eq!(fields, ["title", "body", "kinds", "until"]);
    }

    #[test]
    fn without_a_beginning_it_begins_now() {
        let draft = parse(&[("title", "点検"), ("body", "あす行います。"), ("audience", "all")]).unwrap();
        assert_eq!((draft.from, draft.until, draft.important), (Timestamp::UNIX_EPOCH, None, false));
        assert_eq!(draft.audience, Audience::All);
    }
}
