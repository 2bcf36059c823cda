//! When a review begins, when it is due, and what an answer means. Pure.

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::words::{fill, t};
use crate::{
    config::{Desk, Support},
    japan,
};

/// From the notice at the start to the suspension of what nobody confirmed.
pub const TIME_TO_ANSWER: SignedDuration = SignedDuration::from_hours(21 * 24);
/// The second notice comes this long before the end.
pub const REMINDER: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Accounts and devices that nobody has used this long are to be looked at.
pub const UNUSED_DAYS: i32 = 90;
/// Hosts are told this long before a guest's date.
pub const GUEST_NOTICE: SignedDuration = SignedDuration::from_hours(3 * 24);

/// A quarter of the calendar year, in Japan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarter {
    year: i16,
    /// 1 to 4.
    number: i8,
}

impl Quarter {
    pub fn of(now: Timestamp) -> Self {
        let day = now.to_zoned(japan::zone()).date();
        Self { year: day.year(), number: (day.month() - 1) / 3 + 1 }
    }

    /// `2026-Q4`.
    pub fn code(self) -> String {
        format!("{}-Q{}", self.year, self.number)
    }

    /// Its first instant.
    pub fn begins(self) -> Option<Timestamp> {
        let first = Date::new(self.year, self.number * 3 - 2, 1).ok()?;
        Some(first.to_datetime(Time::midnight()).to_zoned(japan::zone()).ok()?.timestamp())
    }
}

/// `2026年10〜12月` for `2026-Q4`; a code that is none stands for itself.
pub fn quarter_in_words(code: &str) -> String {
    let parts = code.split_once("-Q").and_then(|(year, n)| Some((year, n.parse::<u8>().ok()?)));
    match parts {
        Some((year, n @ 1..=4)) => {
            fill(t("{year}年{0}〜{1}月"), &[("year", &year), ("0", &(n * 3 - 2)), ("1", &(n * 3))])
        }
        _ => code.to_owned(),
    }
}

/// When what nobody confirmed is suspended: the first opening of the desk after the time to answer, so that somebody is there to
/// let in again whom it should not have hit.
pub fn due(opened: Timestamp, desk: &Support) -> Timestamp {
    let earliest = opened + TIME_TO_ANSWER;
    desk.next_opening(earliest)
        .and_then(|at| at.to_zoned(japan::zone()).ok())
        .map_or(earliest, |at| at.timestamp())
}

/// Reviews begin and end while the desk is open. One that never opens holds nothing up.
pub fn is_time(now: Timestamp, desk: &Support) -> bool {
    desk.now(now) == Desk::Open || desk.next_opening(now).is_none()
}

/// What a person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Keep,
    Remove,
}

impl Answer {
    pub fn code(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Remove => "remove",
        }
    }
}

/// What became of an item, in words. `account`: of a person's account, not of a membership.
pub fn outcome_in_words(code: &str, account: bool) -> &'static str {
    match (code, account) {
        ("keep", _) => t("続ける"),
        ("remove", true) => t("利用を止めた"),
        ("remove", false) => t("グループから外した"),
        ("gone", true) => t("すでに退職・異動"),
        ("gone", false) => t("すでにメンバーでない"),
        ("suspended", _) => t("返事がなく、利用を止めた"),
        ("spared", _) => t("返事がないが、管理者がいなくなるため止めていない"),
        _ => t("返事がない（外していない）"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn quarters_begin_at_midnight_in_japan() {
        let q = Quarter::of(at("2026-09-30T15:00:00Z"));
        assert_eq!((q.code().as_str(), q.begins()), ("2026-Q4", Some(at("2026-10-01T00:00:00+09:00"))));
        assert_eq!(Quarter::of(at("2026-09-30T14:59:59Z")).code(), "2026-Q3");
        assert_eq!(quarter_in_words("2027-Q1"), "2027年1〜3月");
        assert_eq!(quarter_in_words("2027-Q5"), "2027-Q5");
    }

    #[test]
    fn a_review_ends_at_the_opening_of_a_desk_day() {
        let desk = Support::default();
        // Three weeks later to the minute is a Thursday's opening; the next one comes after it.
        assert_eq!(due(at("2026-10-01T09:00:00+09:00"), &desk), at("2026-10-23T09:00:00+09:00"));
        // From the eighth of April 2026 they end on the 29th, a holiday; the next day is a Thursday.
        assert_eq!(due(at("2026-04-08T08:00:00+09:00"), &desk), at("2026-04-30T09:00:00+09:00"));
        assert!(is_time(at("2026-10-01T09:00:00+09:00"), &desk));
        assert!(!is_time(at("2026-10-03T12:00:00+09:00"), &desk), "a Saturday");
        assert!(!is_time(at("2026-10-01T08:59:00+09:00"), &desk));
    }
}
