//! The form of a visit record, as it was typed.

use jiff::Timestamp;
use uuid::Uuid;

use super::model::{Record, RecordBody};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    features::visits::model::Kind,
    japan, opaque_debug,
    web::forms::Errors,
    web::input::{self, Fields},
};

const NAMES: [&str; 11] = [
    "client_id",
    "kind",
    "date",
    "time",
    "did",
    "condition",
    "plan_changed",
    "plan",
    "cautions",
    "next_date",
    "next_time",
];

#[derive(Clone)]
pub struct Typed {
    pub client_id: Uuid,
    pub kind: String,
    pub date: String,
    pub time: String,
    pub did: String,
    pub condition: String,
    /// `yes`, `no`, or nothing: it has to be said.
    pub plan_changed: String,
    pub plan: String,
    pub cautions: String,
    pub next_date: String,
    pub next_time: String,
    pub errors: Errors,
}

opaque_debug!(Typed);

impl Typed {
    /// Just now, of what people of this profession come for.
    pub fn new(now: Timestamp, profession: &str) -> Self {
        let local = now.to_zoned(japan::zone());
        let none = String::new;
        Self {
            client_id: Uuid::now_v7(),
            kind: Kind::of_profession(profession).code().to_owned(),
            date: local.date().to_string(),
            time: input::clock_value(local.time()),
            did: none(),
            condition: none(),
            plan_changed: none(),
            plan: none(),
            cautions: none(),
            next_date: none(),
            next_time: none(),
            errors: Errors::none(),
        }
    }

    pub fn sent(pairs: Vec<(String, String)>) -> Result<Self> {
        let fields = Fields::only(pairs, &NAMES)?;
        let one = |name| fields.one(name).to_owned();
        Ok(Self {
            client_id: one("client_id").parse().map_err(|_| Error::BadRequest("unreadable_form".into()))?,
            kind: one("kind"),
            date: one("date"),
            time: one("time"),
            did: one("did"),
            condition: one("condition"),
            plan_changed: one("plan_changed"),
            plan: one("plan"),
            cautions: one("cautions"),
            next_date: one("next_date"),
            next_time: one("next_time"),
            errors: Errors::none(),
        })
    }

    pub fn record(&self) -> Result<Record, Vec<FieldError>> {
        let text = |s: &String| Some(s.clone());
        let mut problems = Vec::new();
        let kind = Kind::from_code(&self.kind);
        if kind.is_none() {
            problems.push(FieldError::new("kind", "empty", t("何の訪問かを選んでください。")));
        }
        if !matches!(self.plan_changed.as_str(), "yes" | "no") {
            let why = t("計画の変更が「あり」か「なし」かを選んでください。");
            problems.push(FieldError::new("plan_changed", "empty", why));
        }
        let body = RecordBody {
            client_id: self.client_id,
            kind: kind.unwrap_or(Kind::Other),
            date: self.date.clone(),
            time: text(&self.time),
            did: self.did.clone(),
            condition: self.condition.clone(),
            // Where neither is chosen, that alone is said.
            plan_changed: self.plan_changed == "yes"
                || (self.plan_changed.is_empty() && !self.plan.trim().is_empty()),
            plan: self.plan.clone(),
            cautions: self.cautions.clone(),
            next_date: text(&self.next_date),
            next_time: text(&self.next_time),
        };
        match Record::try_from(&body) {
            Ok(record) if problems.is_empty() => Ok(record),
            Ok(_) => Err(problems),
            Err(more) => Err(problems.into_iter().chain(more).collect()),
        }
    }
}
