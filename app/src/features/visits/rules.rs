//! When visits fall, and which of them meet. Pure: days and times of Japan, which has no summer time.

use jiff::{
    ToSpan,
    civil::{Date, DateTime, Time},
};
use serde::{Deserialize, Serialize};

/// Visits with less than this between them are hinted at: nobody gets out of a house faster.
pub const BETWEEN_MINUTES: i32 = 15;

/// How a visit comes again. Weekdays are 1 (Monday) to 7.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    Once,
    /// Every so many weeks, counted from the week of the first day.
    Weekly {
        every: u8,
        on: Vec<i8>,
    },
    /// In every month on the first, second … weekday; -1 is the last.
    Monthly {
        nth: Vec<i8>,
        weekday: i8,
    },
}

/// One occurrence that is not as the series says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The day on which the series has it.
    pub day: Date,
    /// Where it went; none: it is called off.
    pub to: Option<Moved>,
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub day: Date,
    pub at: Time,
    pub minutes: u16,
}

/// When a visit falls.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    pub first: Date,
    pub at: Time,
    pub minutes: u16,
    pub repeat: Repeat,
    /// The last day, if there is one.
    pub until: Option<Date>,
    pub exceptions: Vec<Exception>,
}

/// One visit of a series.
#[derive(Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The day on which the series has it: its name.
    pub day: Date,
    pub start: DateTime,
    pub end: DateTime,
    pub moved: bool,
    pub cancelled: bool,
    pub reason: String,
}

crate::opaque_debug!(Exception, Series, Occurrence);

impl Series {
    /// Whether the series has a visit on this day, exceptions aside.
    pub fn falls_on(&self, day: Date) -> bool {
        if day < self.first || self.until.is_some_and(|last| day > last) {
            return false;
        }
        let weekday = day.weekday().to_monday_one_offset();
        match &self.repeat {
            Repeat::Once => day == self.first,
            Repeat::Weekly { every, on } => {
                on.contains(&weekday) && weeks_between(self.first, day) % i64::from((*every).max(1)) == 0
            }
            Repeat::Monthly { nth, weekday: on } => {
                weekday == *on
                    && (nth.contains(&((day.day() - 1) / 7 + 1)) || (nth.contains(&-1) && is_last(day)))
            }
        }
    }

    /// The visits that fall between two days, both included, by their time; those that are called off are among them, on the
    /// day on which they would have been.
    pub fn between(&self, from: Date, to: Date) -> Vec<Occurrence> {
        let mut found: Vec<Occurrence> = from
            .series(1.day())
            .take_while(|day| *day <= to)
            .filter(|day| self.falls_on(*day))
            .map(|day| self.on(day))
            // Moved away from the days that are asked for, or within them.
            .filter(|o| !o.moved)
            .collect();
        let moved = self.exceptions.iter().filter(|e| e.to.is_some() && self.falls_on(e.day));
        found.extend(moved.map(|e| self.on(e.day)).filter(|o| (from..=to).contains(&o.start.date())));
        found.sort_by_key(|o| (o.start, o.day));
        found
    }

    /// The visit that the series has on this day.
    pub fn on(&self, day: Date) -> Occurrence {
        let exception = self.exceptions.iter().find(|e| e.day == day);
        let to = exception.and_then(|e| e.to).unwrap_or(Moved { day, at: self.at, minutes: self.minutes });
        let start = to.day.to_datetime(to.at);
        Occurrence {
            day,
            start,
            end: start.checked_add(i64::from(to.minutes).minutes()).unwrap_or(start),
            moved: exception.is_some_and(|e| e.to.is_some()),
            cancelled: exception.is_some_and(|e| e.to.is_none()),
            reason: exception.map(|e| e.reason.clone()).unwrap_or_default(),
        }
    }

    /// Whether nothing of it falls on this day or later.
    pub fn is_over(&self, day: Date) -> bool {
        let last = match self.repeat {
            Repeat::Once => Some(self.until.map_or(self.first, |until| until.min(self.first))),
            _ => self.until,
        };
        last.is_some_and(|last| last < day)
            && !self.exceptions.iter().any(|e| e.to.is_some_and(|to| to.day >= day))
    }

    /// The same with one visit moved or called off; an earlier exception of that visit goes.
    #[must_use]
    pub fn except(mut self, exception: Exception) -> Self {
        self.exceptions.retain(|e| e.day != exception.day);
        self.exceptions.push(exception);
        self.exceptions.sort_by_key(|e| e.day);
        self
    }

    /// The same with that visit as the series has it.
    #[must_use]
    pub fn restored(mut self, day: Date) -> Self {
        self.exceptions.retain(|e| e.day != day);
        self
    }

    /// The same with nothing from this day on. What was moved beyond it goes too.
    #[must_use]
    pub fn ended_before(mut self, day: Date) -> Self {
        let last = day.yesterday().unwrap_or(day);
        self.until = Some(self.until.map_or(last, |until| until.min(last)));
        self.exceptions.retain(|e| e.day < day);
        self
    }
}

fn monday(day: Date) -> Date {
    let back = i64::from(day.weekday().to_monday_zero_offset());
    day.checked_sub(back.days()).unwrap_or(day)
}

fn weeks_between(first: Date, day: Date) -> i64 {
    let days = monday(first).until(monday(day)).map(|span| span.get_days()).unwrap_or_default();
    i64::from(days) / 7
}

/// Whether it is the last of its weekday in the month.
fn is_last(day: Date) -> bool {
    day.day() + 7 > day.days_in_month()
}

/// Which of the visits meet another one: they overlap, or have less than a quarter of an hour between them. The keys of a pair
/// differ; those that are called off are not to be given. `found` gets the positions of each pair in `slots`.
pub fn conflicts<K: PartialEq>(slots: &[(K, DateTime, DateTime)], mut found: impl FnMut(usize, usize)) {
    let mut order: Vec<usize> = (0..slots.len()).collect();
    order.sort_by_key(|n| slots[*n].1);
    for (place, a) in order.iter().enumerate() {
        let free_at = slots[*a].2.checked_add(BETWEEN_MINUTES.minutes()).unwrap_or(slots[*a].2);
        for b in &order[place + 1..] {
            if slots[*b].1 >= free_at {
                break;
            }
            if slots[*a].0 != slots[*b].0 {
                found(*a, *b);
            }
        }
    }
}
