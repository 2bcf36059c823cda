//! A plan: what somebody comes for, and the series with its earlier parts. Pure.

use jiff::{
    ToSpan,
    civil::{Date, DateTime},
};
use serde::{Deserialize, Serialize};

use super::{
    model::Kind,
    rules::{Occurrence, Repeat, Series},
};

/// What is sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub kind: Kind,
    pub note: String,
    pub series: Series,
    /// What held before the series was changed from some day on: each ends before the next begins.
    #[serde(default)]
    pub earlier: Vec<Series>,
}

impl Plan {
    pub(super) fn parts(&self) -> impl Iterator<Item = &Series> {
        self.earlier.iter().chain(std::iter::once(&self.series))
    }

    /// Whether there is a visit on this day, exceptions aside.
    pub fn falls_on(&self, day: Date) -> bool {
        self.parts().any(|part| part.falls_on(day))
    }

    /// The visit of this day.
    pub fn on(&self, day: Date) -> Occurrence {
        self.parts().find(|part| part.falls_on(day)).unwrap_or(&self.series).on(day)
    }

    /// The visits that fall between two days, by their time.
    pub fn between(&self, from: Date, to: Date) -> Vec<Occurrence> {
        let mut all: Vec<Occurrence> = self.parts().flat_map(|part| part.between(from, to)).collect();
        all.sort_by_key(|o| (o.start, o.day));
        all
    }

    /// Whether nothing of it falls on this day or later.
    pub fn is_over(&self, day: Date) -> bool {
        self.parts().all(|part| part.is_over(day))
    }

    /// The next visit that is not called off, within a year.
    pub fn next_after(&self, now: DateTime) -> Option<Occurrence> {
        let until = now.date().checked_add(366.days()).ok()?;
        self.between(now.date(), until).into_iter().find(|o| !o.cancelled && o.start >= now)
    }

    /// The same with the part that has a visit on this day changed.
    #[must_use]
    pub fn changed_on(mut self, day: Date, change: impl Fn(Series) -> Series) -> Self {
        match self.earlier.iter_mut().find(|part| part.falls_on(day)) {
            Some(part) => *part = change(part.clone()),
            None => self.series = change(self.series),
        }
        self
    }

    /// The same with nothing from this day on.
    #[must_use]
    pub fn ended_before(mut self, day: Date) -> Self {
        self.earlier.retain(|part| part.first < day);
        self.earlier = self.earlier.into_iter().map(|part| part.ended_before(day)).collect();
        self.series = self.series.ended_before(day);
        self
    }

    /// What holds before a new series begins. A single visit is replaced.
    pub(super) fn before(&self, new: &Series) -> Vec<Series> {
        let ended = self.clone().ended_before(new.first);
        let all = ended.earlier.into_iter().chain(std::iter::once(ended.series));
        all.filter(|part| part.first < new.first && part.repeat != Repeat::Once).collect()
    }
}

crate::opaque_debug!(Plan);

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;
    use crate::features::visits::rules::Exception;

    fn weekly(first: Date, on: i8) -> Plan {
        let series = Series {
            first,
            at: time(10, 0, 0, 0),
            minutes: 30,
            repeat: Repeat::Weekly { every: 1, on: vec![on] },
            until: None,
            exceptions: Vec::new(),
        };
        Plan { kind: Kind::Nursing, note: String::new(), series, earlier: Vec::new() }
    }

    #[test]
    fn a_series_that_changes_from_a_day_on_stays_what_it_was_before() {
        let old = weekly(date(2026, 11, 2), 1);
        let mut new = weekly(date(2026, 12, 8), 2);
        new.earlier = old.before(&new.series);
        let days = |plan: &Plan| -> Vec<String> {
            plan.between(date(2026, 11, 20), date(2026, 12, 20)).iter().map(|o| o.day.to_string()).collect()
        };
        assert_eq!(days(&new), ["2026-11-23", "2026-11-30", "2026-12-07", "2026-12-08", "2026-12-15"]);
        let mut third = weekly(date(2026, 12, 1), 5);
        third.earlier = new.before(&third.series);
        assert_eq!(days(&third), ["2026-11-23", "2026-11-30", "2026-12-04", "2026-12-11", "2026-12-18"]);
        let cancelled = new.clone().changed_on(date(2026, 11, 30), |s| {
            s.except(Exception { day: date(2026, 11, 30), to: None, reason: "入院".into() })
        });
        assert!(cancelled.on(date(2026, 11, 30)).cancelled && !cancelled.on(date(2026, 12, 8)).cancelled);
        assert_eq!(new.ended_before(date(2026, 11, 25)).between(date(2026, 1, 1), date(2027, 6, 1)).len(), 4);
    }
}
