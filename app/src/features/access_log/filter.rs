//! Which part of the log: whose, about whom, and when. Days are the deployment's (Asia/Tokyo).

use data_encoding::BASE64URL_NOPAD;
use jiff::{Timestamp, ToSpan, civil::Date};
use serde::Deserialize;
use uuid::Uuid;

use super::kinds::Wanted;
use crate::words::t;
use crate::{FieldError, japan};

/// The query as typed, of the page, the CSV and the API alike.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Typed {
    pub patient: String,
    pub account: String,
    /// A kind of act (`view`, `search`, `export`, `print`, `sign_in`, `change`), or `refused`.
    pub kind: String,
    pub device: String,
    /// A day, or a time in RFC 3339.
    pub from: String,
    /// A day, which belongs to the period, or a time, which ends it.
    pub to: String,
    pub cursor: String,
}

/// The query understood. The period is half open.
#[derive(Debug, Clone)]
pub struct Filter {
    pub patient: Option<Uuid>,
    pub account: Option<Uuid>,
    /// The codes that are wanted; `None`: all.
    pub acts: Option<Vec<&'static str>>,
    /// Only what was not let through.
    pub refused: bool,
    pub device: Option<Uuid>,
    pub from: Timestamp,
    pub to: Timestamp,
    pub cursor: Option<Cursor>,
}

/// A place between two events, and in which direction the page goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub at: Timestamp,
    pub id: Uuid,
    /// Towards the newer events.
    pub newer: bool,
}

impl Typed {
    /// Every problem at once; an empty field asks for everything.
    pub fn read(&self, now: Timestamp) -> Result<Filter, Vec<FieldError>> {
        let mut problems = Vec::new();
        let patient = kept(&mut problems, id("patient", &self.patient));
        let account = kept(&mut problems, id("account", &self.account));
        let device = kept(&mut problems, id("device", &self.device));
        let wanted = kept(&mut problems, kind(&self.kind));
        let from = kept(&mut problems, time("from", &self.from, false));
        let to = kept(&mut problems, time("to", &self.to, true));
        let cursor = Cursor::parse(&self.cursor);
        if !self.cursor.is_empty() && cursor.is_none() {
            problems.push(FieldError::new("cursor", "unreadable", t("一覧の続きを開けません。")));
        }
        let tomorrow = now + 24.hours();
        let filter = Filter {
            patient,
            account,
            acts: match wanted {
                Some(Wanted::Kind(kind)) => Some(kind.acts()),
                Some(Wanted::Refused) | None => None,
            },
            refused: wanted == Some(Wanted::Refused),
            device,
            from: from.unwrap_or(Timestamp::UNIX_EPOCH),
            to: to.unwrap_or(tomorrow).min(tomorrow),
            cursor,
        };
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            problems.push(FieldError::new("to", "before_from", t("はじめの日より後にしてください。")));
        }
        if problems.is_empty() { Ok(filter) } else { Err(problems) }
    }

    /// The filter without its cursor as a query string with `?`. Ids and days only, never a name.
    pub fn query(&self) -> String {
        self.query_with(&[])
    }

    /// The same with other values for some fields; an empty value leaves a field out.
    pub fn query_with(&self, other: &[(&str, &str)]) -> String {
        let own = [
            ("patient", self.patient.as_str()),
            ("account", &self.account),
            ("kind", &self.kind),
            ("device", &self.device),
            ("from", &self.from),
            ("to", &self.to),
            ("cursor", ""),
        ];
        let value = |name: &str, own| other.iter().find(|o| o.0 == name).map_or(own, |o| o.1);
        let pairs: Vec<String> = own
            .into_iter()
            .map(|(name, own)| (name, value(name, own)))
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", crate::web::urls::encode(value)))
            .collect();
        format!("?{}", pairs.join("&"))
    }
}

/// What was understood; a problem goes to the others.
fn kept<T>(problems: &mut Vec<FieldError>, read: Result<Option<T>, FieldError>) -> Option<T> {
    read.unwrap_or_else(|problem| {
        problems.push(problem);
        None
    })
}

fn id(field: &'static str, text: &str) -> Result<Option<Uuid>, FieldError> {
    if text.is_empty() {
        return Ok(None);
    }
    let unknown = || FieldError::new(field, "unreadable", t("一覧から選んでください。"));
    text.parse().map(Some).map_err(|_| unknown())
}

fn kind(text: &str) -> Result<Option<Wanted>, FieldError> {
    if text.is_empty() {
        return Ok(None);
    }
    let unknown = || FieldError::new("kind", "choice", t("一覧から選んでください。"));
    Wanted::from_code(text).map(Some).ok_or_else(unknown)
}

fn time(field: &'static str, text: &str, end: bool) -> Result<Option<Timestamp>, FieldError> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Some(at));
    }
    let day = text.parse::<Date>().ok().filter(|day| (1970..=9000).contains(&day.year()));
    let first = day.map(|day| if end { day.saturating_add(1.day()) } else { day });
    let at = first.and_then(|day| day.to_zoned(japan::zone()).ok()).map(|zoned| zoned.timestamp());
    at.map(Some).ok_or_else(|| FieldError::new(field, "unreadable", t("日付を選んでください。")))
}

/// The day of now, and the day that begins the usual period: a month back.
pub fn usual_period(now: Timestamp) -> (String, String) {
    let today = now.to_zoned(japan::zone()).date();
    (today.saturating_sub(1.month()).to_string(), today.to_string())
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = [&self.at.as_microsecond().to_be_bytes()[..], self.id.as_bytes()].concat();
        write!(f, "{}{}", if self.newer { 'n' } else { 'o' }, BASE64URL_NOPAD.encode(&place))
    }
}

impl Cursor {
    /// Reads what `to_string` gave.
    pub fn parse(text: &str) -> Option<Self> {
        let (direction, rest) = text.split_at_checked(1)?;
        let bytes = BASE64URL_NOPAD.decode(rest.as_bytes()).ok()?;
        let (at, id) = bytes.split_at_checked(8)?;
        let at = Timestamp::from_microsecond(i64::from_be_bytes(at.try_into().ok()?)).ok()?;
        let newer = match direction {
            "n" => true,
            "o" => false,
            _ => return None,
        };
        Some(Self { at, id: Uuid::from_slice(id).ok()?, newer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_tokyo_and_the_last_one_belongs_to_the_period() {
        let now = "2026-11-17T05:32:00Z".parse().unwrap();
        let typed = Typed { from: "2026-11-01".into(), to: "2026-11-16".into(), ..Typed::default() };
        let filter = typed.read(now).unwrap();
        assert_eq!(filter.from.to_string(), "2026-10-31T15:00:00Z");
        assert_eq!(filter.to.to_string(), "2026-11-16T15:00:00Z");
        assert_eq!(typed.query_with(&[("account", "7")]), "?account=7&from=2026-11-01&to=2026-11-16");
        assert_eq!(usual_period(now), ("2026-10-17".into(), "2026-11-17".into()));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let typed =
            Typed { patient: "x".into(), from: "2026-13-01".into(), cursor: "?".into(), ..Typed::default() };
        let fields: Vec<_> = typed.read(Timestamp::now()).unwrap_err().into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["patient", "from", "cursor"]);
        let odd = Typed { kind: "everything".into(), device: "x".into(), ..Typed::default() };
        let fields: Vec<_> = odd.read(Timestamp::now()).unwrap_err().into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["device", "kind"]);
        let turned = Typed { from: "2026-11-02".into(), to: "2026-11-01".into(), ..Typed::default() };
        assert_eq!(turned.read(Timestamp::now()).unwrap_err()[0].code, "before_from");
    }

    #[test]
    fn a_cursor_survives_its_way_through_an_address() {
        let cursor =
            Cursor { at: "2026-11-17T05:32:00.123456Z".parse().unwrap(), id: Uuid::now_v7(), newer: true };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        assert_eq!(Cursor::parse("n"), None);
        assert_eq!(Cursor::parse("日"), None);
    }
}
