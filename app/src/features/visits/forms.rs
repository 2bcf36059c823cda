//! What stands in the forms of a visit, as it was typed.

use jiff::{ToSpan, civil::Date};
use uuid::Uuid;

use super::{
    model::{Change, ChangeKind, Kind, NewVisit, RepeatBody, Visit, VisitBody, VisitChangeBody},
    rules::{Occurrence, Repeat},
};
use crate::words::t;
use crate::{
    Error, FieldError, Result, opaque_debug,
    web::forms::Errors,
    web::input::{self, Fields},
};

/// The names of all of them. Those of the small forms of a visit's page carry the change before them: ids are unique on a page.
const NAMES: [&str; 21] = [
    "client_id",
    "change",
    "kind",
    "party",
    "date",
    "start",
    "end",
    "note",
    "repeat",
    "every",
    "weekdays",
    "nth",
    "until",
    "version",
    "day",
    "move-date",
    "move-start",
    "move-end",
    "move-reason",
    "cancel-reason",
    "end-reason",
];

#[derive(Clone)]
pub struct Typed {
    pub client_id: Uuid,
    /// Which of the forms of a visit's page was sent: `plan`, `move`, `cancel`, `restore`, `end`.
    pub change: String,
    pub kind: String,
    /// `facility` or `facility.account`.
    pub party: String,
    pub date: String,
    pub start: String,
    pub end: String,
    pub note: String,
    /// `once`, `weekly`, `monthly`.
    pub repeat: String,
    pub every: String,
    pub weekdays: Vec<String>,
    pub nth: Vec<String>,
    pub until: String,
    pub version: String,
    /// Somebody saved first: the version on which this began.
    pub began: String,
    /// The occurrence that the page is about.
    pub day: String,
    pub reason: String,
    pub errors: Errors,
}

opaque_debug!(Typed);

impl Default for Typed {
    fn default() -> Self {
        let none = String::new;
        Self {
            client_id: Uuid::now_v7(),
            change: none(),
            kind: none(),
            party: none(),
            date: none(),
            start: none(),
            end: none(),
            note: none(),
            repeat: "once".into(),
            every: "1".into(),
            weekdays: Vec::new(),
            nth: Vec::new(),
            until: none(),
            version: none(),
            began: none(),
            day: none(),
            reason: none(),
            errors: Errors::none(),
        }
    }
}

fn unreadable() -> Error {
    Error::BadRequest("unreadable_form".into())
}

impl Typed {
    pub fn sent(pairs: Vec<(String, String)>) -> Result<Self> {
        let f = Fields::only(pairs, &NAMES)?;
        let change = f.one("change").to_owned();
        let of = |name: &str| match change.as_str() {
            "move" => f.one(&format!("move-{name}")).to_owned(),
            _ => f.one(name).to_owned(),
        };
        let all = |name| f.all(name).into_iter().map(str::to_owned).collect();
        Ok(Self {
            client_id: f.one("client_id").parse().map_err(|_| unreadable())?,
            kind: of("kind"),
            party: f.one("party").to_owned(),
            date: of("date"),
            start: of("start"),
            end: of("end"),
            note: f.one("note").to_owned(),
            repeat: f.one("repeat").to_owned(),
            every: f.one("every").to_owned(),
            weekdays: all("weekdays"),
            nth: all("nth"),
            until: f.one("until").to_owned(),
            version: f.one("version").to_owned(),
            began: String::new(),
            day: f.one("day").to_owned(),
            reason: f.one(&format!("{change}-reason")).to_owned(),
            errors: Errors::none(),
            change,
        })
    }

    /// A visit as it stands, for the form that changes everything.
    pub fn of(visit: &Visit) -> Self {
        let series = &visit.plan.series;
        let texts = |numbers: &[i8]| numbers.iter().map(i8::to_string).collect::<Vec<_>>();
        let (repeat, every, weekdays, nth) = match &series.repeat {
            Repeat::Once => ("once", 1, Vec::new(), Vec::new()),
            Repeat::Weekly { every, on } => ("weekly", *every, texts(on), Vec::new()),
            Repeat::Monthly { nth, .. } => ("monthly", 1, Vec::new(), texts(nth)),
        };
        Self {
            kind: visit.plan.kind.code().into(),
            party: party_value(visit.party.facility, visit.party.account),
            date: series.first.to_string(),
            start: input::clock_value(series.at),
            end: input::clock_value(series.at.wrapping_add(i64::from(series.minutes).minutes())),
            note: visit.plan.note.clone(),
            repeat: repeat.into(),
            every: every.to_string(),
            weekdays,
            nth,
            until: series.until.map(|d| d.to_string()).unwrap_or_default(),
            version: visit.version.to_string(),
            ..Self::default()
        }
    }

    /// The rule in the words of the API. Where no day is ticked, that of the first day counts.
    fn repeat(&self) -> Result<Option<RepeatBody>, Vec<FieldError>> {
        let numbers = |texts: &[String]| texts.iter().filter_map(|t| t.parse().ok()).collect::<Vec<i8>>();
        let first: Option<Date> = self.date.trim().parse().ok();
        let weekday = first.map_or(1, |d| d.weekday().to_monday_one_offset());
        let or = |list: Vec<i8>, one: i8| if list.is_empty() { vec![one] } else { list };
        let until = Some(self.until.clone());
        Ok(match self.repeat.as_str() {
            "weekly" => Some(RepeatBody {
                every_weeks: Some(self.every.parse().unwrap_or(1)),
                weekdays: or(numbers(&self.weekdays), weekday),
                nth: Vec::new(),
                until,
            }),
            "monthly" => Some(RepeatBody {
                every_weeks: None,
                weekdays: vec![weekday],
                nth: or(numbers(&self.nth), first.map_or(1, |d| (d.day() - 1) / 7 + 1)),
                until,
            }),
            _ => None,
        })
    }

    fn party(&self) -> Result<(Uuid, Option<Uuid>), Vec<FieldError>> {
        let parsed = match self.party.split_once('.') {
            Some((facility, account)) => facility.parse().ok().zip(account.parse().ok().map(Some)),
            None => self.party.parse().ok().map(|facility| (facility, None)),
        };
        parsed.ok_or_else(|| vec![FieldError::new("party", "empty", t("だれが訪問するかを選んでください。"))])
    }

    fn kind(&self) -> Result<Kind, Vec<FieldError>> {
        Kind::from_code(&self.kind)
            .ok_or_else(|| vec![FieldError::new("kind", "empty", t("何の訪問かを選んでください。"))])
    }

    pub fn new_visit(&self) -> Result<NewVisit, Vec<FieldError>> {
        let (facility, account) = self.party()?;
        let body = VisitBody {
            client_id: self.client_id,
            facility_id: Some(facility),
            account_id: account,
            kind: self.kind()?,
            date: self.date.clone(),
            start: self.start.clone(),
            end: self.end.clone(),
            note: self.note.clone(),
            repeat: self.repeat()?,
        };
        NewVisit::parse(&body, facility)
    }

    pub fn change(&self, now: &Visit) -> Result<Change, Vec<FieldError>> {
        let text = |s: &String| Some(s.clone());
        let mut body = VisitChangeBody {
            client_id: self.client_id,
            change: ChangeKind::Plan,
            day: text(&self.day),
            reason: self.reason.clone(),
            version: None,
            date: text(&self.date),
            start: text(&self.start),
            end: text(&self.end),
            facility_id: None,
            account_id: None,
            kind: None,
            note: text(&self.note),
            repeat: None,
        };
        body.change = match self.change.as_str() {
            "move" => ChangeKind::Move,
            "cancel" => ChangeKind::Cancel,
            "restore" => ChangeKind::Restore,
            "end" => ChangeKind::End,
            _ => {
                let (facility, account) = self.party()?;
                (body.facility_id, body.account_id) = (Some(facility), account);
                body.kind = Some(self.kind()?);
                body.repeat = self.repeat()?;
                body.version = Some(self.version.parse().unwrap_or_default());
                ChangeKind::Plan
            }
        };
        Change::parse(&body, now)
    }

    /// The times of one occurrence, for the form that moves it.
    pub fn moving(mut self, at: &Occurrence) -> Self {
        self.date = at.start.date().to_string();
        self.start = input::clock_value(at.start.time());
        self.end = input::clock_value(at.end.time());
        self
    }
}

pub fn party_value(facility: Uuid, account: Option<Uuid>) -> String {
    account.map_or_else(|| facility.to_string(), |account| format!("{facility}.{account}"))
}

/// The problems of a visit's page, at the entries of the form that was sent.
pub fn on_the_page(problems: Vec<FieldError>, change: &str) -> Errors {
    let name = |field: &str| match (change, field) {
        ("move", "date" | "start" | "end") | (_, "reason") => format!("{change}-{field}"),
        _ => field.to_owned(),
    };
    problems.into_iter().map(|p| (name(&p.field), p.message.into_owned())).collect()
}
