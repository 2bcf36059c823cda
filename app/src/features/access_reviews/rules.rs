//! Which month, and until when. Pure.

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Time},
};

use crate::{
    config::{Desk, Support},
    japan, words,
};

/// From the notice to the day on which a review is overdue.
pub const TIME_TO_LOOK: SignedDuration = SignedDuration::from_hours(14 * 24);
/// An overdue one is reminded of this often.
pub const REMINDER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A month of the calendar, in Japan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month(Date);

impl Month {
    /// The last one that is over.
    pub fn before(now: Timestamp) -> Self {
        let today = now.to_zoned(japan::zone()).date();
        Self(today.first_of_month().saturating_sub(1.month()))
    }

    /// The month that begins on this day, as the database keeps it.
    pub fn of(first: Date) -> Self {
        Self(first.first_of_month())
    }

    /// `2026-10`.
    pub fn parse(code: &str) -> Option<Self> {
        let (year, month) = code.split_once('-').filter(|(y, m)| y.len() == 4 && m.len() == 2)?;
        let year = year.parse().ok().filter(|y| (2000..=9000).contains(y))?;
        Date::new(year, month.parse().ok()?, 1).ok().map(Self)
    }

    pub fn code(self) -> String {
        format!("{:04}-{:02}", self.0.year(), self.0.month())
    }

    pub fn first(self) -> Date {
        self.0
    }

    pub fn last(self) -> Date {
        self.0.last_of_month()
    }

    /// `2026年10月`.
    pub fn in_words(self) -> String {
        if words::is_english() {
            return words::month_of_year(self.0);
        }
        format!("{}年{}月", self.0.year(), self.0.month())
    }
}

/// When it is overdue: at the end of a day.
pub fn due(opened: Timestamp) -> Timestamp {
    let day = (opened + TIME_TO_LOOK).to_zoned(japan::zone()).date();
    let end = day.saturating_add(1.day()).to_datetime(Time::midnight()).to_zoned(japan::zone());
    end.map_or(opened + TIME_TO_LOOK, |end| end.timestamp())
}

/// Nobody is asked in the night: it begins while the desk is open. One that never opens holds nothing up.
pub fn is_time(now: Timestamp, desk: &Support) -> bool {
    desk.now(now) == Desk::Open || desk.next_opening(now).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_before_is_that_of_japan() {
        let month = |now: &str| Month::before(now.parse().unwrap()).code();
        assert_eq!(month("2026-11-01T00:00:00+09:00"), "2026-10");
        assert_eq!(month("2026-10-31T23:59:59+09:00"), "2026-09");
        assert_eq!(month("2027-01-15T12:00:00+09:00"), "2026-12");
    }

    #[test]
    fn a_code_is_read_back_and_nothing_else_is_one() {
        let month = Month::parse("2026-02").unwrap();
        assert_eq!((month.code(), month.in_words()), ("2026-02".into(), "2026年2月".into()));
        assert_eq!(month.last().to_string(), "2026-02-28");
        for odd in ["2026-13", "2026-2", "26-02", "2026-02-01", "x", ""] {
            assert_eq!(Month::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn it_is_due_at_the_end_of_a_day() {
        let due = due("2026-11-02T09:10:00+09:00".parse().unwrap());
        assert_eq!(due.to_string(), "2026-11-16T15:00:00Z");
    }
}
