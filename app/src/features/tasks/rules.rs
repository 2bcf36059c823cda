//! When something is due, and in which part of a list it stands. Pure.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Time},
};
use serde::{Deserialize, Serialize};

use crate::japan;
use crate::words::t;

/// A day, perhaps with a time of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Due {
    pub day: Date,
    pub time: Option<Time>,
}

/// A part of a list of open tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Overdue,
    Today,
    /// Within the next seven days.
    Soon,
    Later,
}

impl Part {
    pub fn label(self) -> &'static str {
        match self {
            Self::Overdue => t("期限を過ぎています"),
            Self::Today => t("今日"),
            Self::Soon => t("7日以内"),
            Self::Later => t("それより先"),
        }
    }
}

impl Due {
    /// The instant from which it is overdue: the time of its day, or the end of the day.
    pub fn end(self) -> Timestamp {
        let last = match self.time {
            Some(time) => Some(self.day.to_datetime(time)),
            None => self.day.tomorrow().ok().map(|next| next.at(0, 0, 0, 0)),
        };
        last.and_then(|t| t.to_zoned(japan::zone()).ok()).map_or(Timestamp::MAX, |z| z.timestamp())
    }

    pub fn part(self, now: Timestamp) -> Part {
        let today = now.to_zoned(japan::zone()).date();
        if self.end() <= now {
            Part::Overdue
        } else if self.day <= today {
            Part::Today
        } else if today.checked_add(7.days()).is_ok_and(|week| self.day <= week) {
            Part::Soon
        } else {
            Part::Later
        }
    }

    /// In the order of lists: on one day those with a time first.
    pub fn order(self) -> (Date, Time) {
        (self.day, self.time.unwrap_or(Time::MAX))
    }
}

/// What a task from a post is called at first: its first line that says something, cut at a limit.
pub fn first_line(body: &str, max: usize) -> String {
    let line = body.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().take(max).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("{text}+09").parse().expect("a time")
    }

    #[test]
    fn a_day_is_due_until_its_end_and_a_time_until_then() {
        let (day, timed) = (date(2026, 12, 31), Some(time(17, 0, 0, 0)));
        let table = [
            (None, "2026-12-31T23:59:59", Part::Today),
            (None, "2027-01-01T00:00:00", Part::Overdue),
            (timed, "2026-12-31T16:59:59", Part::Today),
            (timed, "2026-12-31T17:00:00", Part::Overdue),
            (None, "2026-12-30T23:59:59", Part::Soon),
            (None, "2026-12-24T09:00:00", Part::Soon),
            (None, "2026-12-23T23:59:59", Part::Later),
        ];
        for (time, now, part) in table {
            assert_eq!(Due { day, time }.part(at(now)), part, "{time:?} at {now}");
        }
        assert_eq!(Due { day: date(2028, 2, 29), time: None }.end(), at("2028-03-01T00:00:00"));
    }

    #[test]
    fn the_first_line_that_says_something_names_the_task() {
        assert_eq!(first_line("\n  \n残薬の確認をお願いします。\n2行目", 200), "残薬の確認をお願いします。");
        assert_eq!(first_line("あいうえお", 3), "あいう");
        assert_eq!(first_line(" ", 3), "");
    }

    proptest! {
        #[test]
        fn as_time_goes_by_a_task_never_becomes_less_urgent(days in -400i32..400, hour in proptest::option::of(0i8..24), a in 0i64..80_000_000, b in 0i64..80_000_000) {
            let day = date(2026, 11, 29).checked_add(jiff::Span::new().days(days)).unwrap();
            let due = Due { day, time: hour.map(|h| time(h, 0, 0, 0)) };
            let base = at("2025-06-01T00:00:00").as_second();
            let instant = |s: i64| Timestamp::from_second(base + s).unwrap();
            prop_assert!(due.part(instant(a.max(b))) <= due.part(instant(a.min(b))));
        }
    }
}
