//! Orders as they are asked for and as they are read.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use crate::words::t;
use crate::{FieldError, opaque_debug, web::input};

/// The longest time box.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(4);
/// A report that the facility has not answered by then is overdue.
pub const ANSWER_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The form of a new order; `id` is the page's.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderForm {
    pub id: Uuid,
    #[serde(default)]
    pub facility: String,
    #[serde(default)]
    pub purpose: String,
    #[serde(default)]
    pub planned: String,
    #[serde(default)]
    pub reason: String,
    pub rescan: Option<String>,
    #[serde(default)]
    pub from: String,
    #[serde(default)]
    pub until: String,
}

/// What an operator asks for.
#[derive(Debug, Clone)]
pub struct NewOrder {
    pub id: Uuid,
    pub facility: Uuid,
    pub purpose: String,
    pub planned: String,
    pub reason: String,
    pub rescan: bool,
    pub from: Timestamp,
    pub until: Timestamp,
}

impl OrderForm {
    /// Every problem at once.
    pub fn checked(&self, now: Timestamp) -> Result<NewOrder, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let facility = self.facility.parse().ok();
        if facility.is_none() {
            wrong.push(FieldError::new("facility", "empty", t("施設を選んでください。")));
        }
        let mut take = |read: Result<String, FieldError>| read.map_err(|e| wrong.push(e)).unwrap_or_default();
        let purpose = take(input::line("purpose", &self.purpose, 120));
        let planned = take(input::text("planned", &self.planned, 2000));
        let reason = take(input::text("reason", &self.reason, 1000));
        let mut time = |field: &'static str, raw: &str| match input::moment(field, raw) {
            Ok(Some(at)) => Some(at),
            Ok(None) => {
                wrong.push(FieldError::new(field, "empty", t("日時を入れてください。")));
                None
            }
            Err(problem) => {
                wrong.push(problem);
                None
            }
        };
        let (from, until) = (time("from", &self.from), time("until", &self.until));
        if let (Some(from), Some(until)) = (from, until) {
            if until <= from || until.duration_since(from) > LONGEST {
                wrong.push(FieldError::new(
                    "until",
                    "order",
                    t("終わりは、始まりのあと4時間以内にしてください。"),
                ));
            } else if until <= now {
                wrong.push(FieldError::new("until", "past", t("終わりは、いまより先にしてください。")));
            }
        }
        match (facility, from, until) {
            (Some(facility), Some(from), Some(until)) if wrong.is_empty() => {
                let rescan = self.rescan.is_some();
                Ok(NewOrder { id: self.id, facility, purpose, planned, reason, rescan, from, until })
            }
            _ => Err(wrong),
        }
    }
}

/// Where an order is. The database derives it from the steps and its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// For a second operator.
    Waiting,
    /// For the facility.
    Asked,
    /// The time is still to come.
    Approved,
    Open,
    /// The time is over, the report comes.
    Over,
    Reported,
    Confirmed,
    Objected,
    Refused,
    Withdrawn,
    /// Nobody said yes in time.
    Lapsed,
}

impl State {
    pub const ALL: [(&'static str, Self); 11] = [
        ("waiting", Self::Waiting),
        ("asked", Self::Asked),
        ("approved", Self::Approved),
        ("open", Self::Open),
        ("over", Self::Over),
        ("reported", Self::Reported),
        ("confirmed", Self::Confirmed),
        ("objected", Self::Objected),
        ("refused", Self::Refused),
        ("withdrawn", Self::Withdrawn),
        ("lapsed", Self::Lapsed),
    ];

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == code).map(|(_, state)| state)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Waiting => t("2人目の承認待ち"),
            Self::Asked => t("施設の同意待ち"),
            Self::Approved => t("承認済み・開始前"),
            Self::Open => t("作業中"),
            Self::Over => t("終了・報告を作成中"),
            Self::Reported => t("施設の確認待ち"),
            Self::Confirmed => t("確認済み"),
            Self::Objected => t("施設から異議"),
            Self::Refused => t("認められなかった"),
            Self::Withdrawn => t("取り下げた"),
            Self::Lapsed => t("承認のないまま期限切れ"),
        }
    }
}

/// One order as operators and the facility read it.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: Uuid,
    /// The facility's name, for operators; empty for the facility itself.
    pub facility: String,
    pub operator: String,
    /// Asked for by the viewer, an operator.
    pub mine: bool,
    pub purpose: String,
    pub planned: String,
    pub reason: String,
    pub rescan: bool,
    pub from: Timestamp,
    pub until: Timestamp,
    pub must_agree: bool,
    pub state: State,
    pub approved_by: Option<String>,
    pub reported_at: Option<Timestamp>,
    /// Who of the facility signed off or objected.
    pub answered_by: Option<String>,
    pub objection: Option<Objection>,
}

/// The words of an objection.
#[derive(Clone)]
pub struct Objection(pub String);

opaque_debug!(Objection);

impl Order {
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.state == State::Reported
            && self.reported_at.is_some_and(|at| now.duration_since(at) > ANSWER_WITHIN)
    }
}

/// One use of the grant.
#[derive(Debug, Clone)]
pub struct Act {
    pub n: i32,
    pub operator: String,
    pub act: String,
    pub subject: Option<Uuid>,
    pub seen: i32,
    pub at: Timestamp,
}

impl Act {
    pub fn in_words(&self) -> &'static str {
        match self.act.as_str() {
            "listed_streams" => t("記録の並び（番号・件数・大きさ）の一覧を見た"),
            "listed_files" => t("ファイルの状態の一覧を見た"),
            "rescanned_file" => t("ファイルの検査をやり直した"),
            _ => t("作業をした"),
        }
    }
}

/// An order that a facility's admin is told of.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    pub id: Uuid,
    pub state: State,
    pub at: Timestamp,
    pub from: Timestamp,
    pub until: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_says_what_why_and_when_for_four_hours_at_most() {
        let now: Timestamp = "2026-11-27T10:00:00+09:00".parse().expect("a time");
        let form = |from: &str, until: &str| OrderForm {
            id: Uuid::nil(),
            facility: Uuid::nil().to_string(),
            purpose: "検査の停滞".into(),
            planned: "一覧を見る".into(),
            reason: "施設からの連絡".into(),
            rescan: None,
            from: from.into(),
            until: until.into(),
        };
        assert!(form("2026-11-27T10:00", "2026-11-27T14:00").checked(now).is_ok());
        let fields = |form: OrderForm| -> Vec<String> {
            let wrong = form.checked(now).expect_err("refused");
            wrong.into_iter().map(|e| e.field.into_owned()).collect()
        };
        assert_eq!(fields(form("2026-11-27T10:00", "2026-11-27T14:01")), ["until"]);
        assert_eq!(fields(form("2026-11-27T10:00", "2026-11-27T10:00")), ["until"]);
        assert_eq!(fields(form("2026-11-27T08:00", "2026-11-27T09:00")), ["until"]);
        let nothing = fields(OrderForm::default());
        assert_eq!(nothing, ["facility", "purpose", "planned", "reason", "from", "until"]);
    }
}
