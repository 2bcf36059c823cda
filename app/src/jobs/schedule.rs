//! When something is due. Pure: the leader brings the clock and the last run.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp, Zoned, civil::Time};

use crate::{Result, app::Shared, japan};

/// Something that happens again and again, on one node at a time. `C` is what its runs work with.
#[derive(Debug, Clone, Copy)]
pub struct Schedule<C = Shared> {
    pub name: &'static str,
    pub when: When,
    /// An error is an outcome too: it is logged, kept as `failed`, and does not stop the next run.
    pub run: fn(C) -> BoxFuture<'static, Result<Outcome>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At this time in Japan. A run that was cut off is begun again, twice at most.
    Daily(Time),
    /// Daily, and never given up: a failure is tried again after a while, a day that was missed is made up. `first_at_once`:
    /// where none ever went well, it does not wait for the time.
    UntilWell { at: Time, first_at_once: bool },
    /// This long after the last start.
    Every(Duration),
}

/// What came of a run, as a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub code: &'static str,
    pub well: bool,
}

impl Outcome {
    pub const DONE: Self = Self::well("done");

    pub const fn well(code: &'static str) -> Self {
        Self { code, well: true }
    }

    pub const fn badly(code: &'static str) -> Self {
        Self { code, well: false }
    }
}

/// What is known of the last run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Last {
    pub known_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub tries: i32,
    /// When the last run that went well was begun.
    pub well_from: Option<Timestamp>,
}

/// Begun this often without an end, a daily run waits for its next day.
const TRIES: i32 = 3;
/// A run that must not be missed is tried again this long after it failed.
const AGAIN: SignedDuration = SignedDuration::from_mins(15);

impl Last {
    /// Since when the next try has to wait: after a failure, or where it is cut off again and again.
    fn in_vain_since(&self) -> Option<Timestamp> {
        match self.finished_at {
            Some(_) if self.well_from.is_some() && self.well_from == self.started_at => None,
            Some(finished) => Some(finished),
            None => self.started_at.filter(|_| self.tries >= TRIES),
        }
    }
}

impl When {
    /// Whether a run is due. `last` says nothing of a run that this leader has under way: it asks only for idle ones.
    pub(super) fn is_due(self, last: Last, now: Timestamp) -> bool {
        match (self, last.started_at) {
            (Self::Every(_), None) => true,
            (Self::Every(pause), Some(started)) => {
                let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
                // A clock that was set back does not hold everything up until it has caught up.
                now.duration_since(started) >= pause || started > now + pause
            }
            (Self::Daily(time), started) => {
                let Some(due_at) = latest(time, now) else { return false };
                match started {
                    // Begun while the clock was ahead: it says nothing of today.
                    Some(started) if started > now => true,
                    Some(started) if started >= due_at => last.finished_at.is_none() && last.tries < TRIES,
                    Some(_) => true,
                    None => last.known_at < due_at,
                }
            }
            (Self::UntilWell { at, first_at_once }, _) => {
                let Some(due_at) = latest(at, now) else { return false };
                let wanted = match last.well_from {
                    Some(begun) => begun < due_at || begun > now,
                    None => first_at_once || last.known_at < due_at,
                };
                let waited = |since| now.duration_since(since) >= AGAIN || since > now;
                wanted && last.in_vain_since().is_none_or(waited)
            }
        }
    }
}

/// The newest such time in Japan that is not in the future.
pub fn latest(time: Time, now: Timestamp) -> Option<Timestamp> {
    let zone = japan::zone();
    let today: Zoned = now.to_zoned(zone.clone());
    let at = today.date().to_datetime(time).to_zoned(zone.clone()).ok()?;
    let at =
        if at > today { today.date().yesterday().ok()?.to_datetime(time).to_zoned(zone).ok()? } else { at };
    Some(at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn last(known: &str, started: Option<&str>, finished: bool, tries: i32) -> Last {
        let started_at = started.map(at);
        let finished_at = started_at.filter(|_| finished);
        Last { known_at: at(known), started_at, finished_at, tries, well_from: finished_at }
    }

    #[test]
    fn daily_runs_are_due_once_after_their_time_in_japan() {
        let daily = When::Daily(Time::constant(3, 30, 0, 0));
        let new = last("2026-11-10T09:00:00+09:00", None, false, 0);
        assert!(!daily.is_due(new, at("2026-11-10T23:00:00+09:00")), "not on the day it was installed");
        assert!(daily.is_due(new, at("2026-11-11T03:30:00+09:00")));
        let ran = last("2026-11-10T09:00:00+09:00", Some("2026-11-11T03:30:04+09:00"), true, 0);
        assert!(!daily.is_due(ran, at("2026-11-11T23:59:00+09:00")));
        assert!(!daily.is_due(ran, at("2026-11-12T03:29:59+09:00")));
        assert!(daily.is_due(ran, at("2026-11-12T03:30:00+09:00")));
        assert!(daily.is_due(ran, at("2026-11-14T12:00:00+09:00")), "after days without a server, once");
    }

    #[test]
    fn a_run_that_was_cut_off_is_begun_again_but_not_for_ever() {
        let daily = When::Daily(Time::constant(3, 30, 0, 0));
        let cut = |tries| last("2026-11-10T09:00:00+09:00", Some("2026-11-11T03:31:00+09:00"), false, tries);
        assert!(daily.is_due(cut(1), at("2026-11-11T04:00:00+09:00")));
        assert!(!daily.is_due(cut(3), at("2026-11-11T04:00:00+09:00")));
        assert!(daily.is_due(cut(3), at("2026-11-12T04:00:00+09:00")), "the next day counts anew");
    }

    const TWO: Time = Time::constant(2, 0, 0, 0);
    const BACKUP: When = When::UntilWell { at: TWO, first_at_once: true };
    const DRILL: When = When::UntilWell { at: TWO, first_at_once: false };
    const LONG_KNOWN: &str = "2026-01-01T00:00:00+09:00";

    /// The last run that went well, and one after it that did not.
    fn failed(well: Option<&str>, ended: &str) -> Last {
        let ended = Some(at(ended));
        Last {
            started_at: ended,
            finished_at: ended,
            well_from: well.map(at),
            ..last(LONG_KNOWN, None, false, 0)
        }
    }

    #[test]
    fn a_backup_is_due_once_a_day_and_at_once_where_there_is_none() {
        let (before, after) = (at("2026-04-01T01:59:00+09:00"), at("2026-04-01T02:00:30+09:00"));
        let yesterday = last(LONG_KNOWN, Some("2026-03-31T02:00:10+09:00"), true, 0);
        assert!(!BACKUP.is_due(yesterday, before), "yesterday's was made");
        assert!(BACKUP.is_due(yesterday, after));
        assert!(!BACKUP.is_due(last(LONG_KNOWN, Some("2026-04-01T02:00:30+09:00"), true, 0), after));
        assert!(
            BACKUP.is_due(last("2026-04-01T01:58:59+09:00", None, false, 0), before),
            "the first at once"
        );
        assert!(
            BACKUP.is_due(yesterday, at("2026-04-05T12:00:00+09:00")),
            "a machine that was off makes it up"
        );
        let long = Last { finished_at: Some(at("2026-04-01T03:00:00+09:00")), ..yesterday };
        assert!(
            BACKUP.is_due(long, at("2026-04-01T03:00:01+09:00")),
            "one that took a day is not the next one"
        );
    }

    #[test]
    fn a_failure_is_tried_again_after_a_while_and_a_first_drill_waits_for_its_time() {
        let now = at("2026-04-01T02:10:00+09:00");
        let well = Some("2026-03-31T02:00:10+09:00");
        assert!(!BACKUP.is_due(failed(well, "2026-04-01T02:00:30+09:00"), now));
        assert!(BACKUP.is_due(failed(well, "2026-04-01T01:50:30+09:00"), now));
        assert!(BACKUP.is_due(failed(None, "2026-04-01T01:50:30+09:00"), now));
        assert!(DRILL.is_due(last(LONG_KNOWN, None, false, 0), now));
        let installed = last("2026-04-01T11:00:00+09:00", None, false, 0);
        assert!(!DRILL.is_due(installed, at("2026-04-01T12:00:00+09:00")));
        assert!(DRILL.is_due(installed, at("2026-04-02T02:00:00+09:00")));
    }

    #[test]
    fn a_backup_that_was_cut_off_is_begun_again_at_once_and_after_some_times_with_pauses() {
        let cut = |tries| Last {
            well_from: Some(at("2026-03-31T02:00:10+09:00")),
            ..last(LONG_KNOWN, Some("2026-04-01T02:00:10+09:00"), false, tries)
        };
        assert!(BACKUP.is_due(cut(1), at("2026-04-01T02:01:00+09:00")));
        assert!(!BACKUP.is_due(cut(3), at("2026-04-01T02:15:00+09:00")));
        assert!(BACKUP.is_due(cut(3), at("2026-04-01T02:15:10+09:00")));
    }

    #[test]
    fn what_was_begun_while_the_clock_was_ahead_holds_nothing_up() {
        let (now, ahead) = (at("2026-04-01T12:00:00+09:00"), Some("2026-04-21T02:00:10+09:00"));
        let today = last(LONG_KNOWN, Some("2026-04-01T02:00:10+09:00"), true, 0);
        for when in [When::Daily(TWO), BACKUP, DRILL] {
            assert!(!when.is_due(today, now), "today's was done: {when:?}");
            assert!(when.is_due(last(LONG_KNOWN, ahead, true, 0), now), "{when:?}");
            assert!(when.is_due(last(LONG_KNOWN, ahead, false, 3), now), "cut off then: {when:?}");
        }
    }

    #[test]
    fn pauses_are_counted_from_the_last_start_and_survive_a_clock_set_back() {
        let every = When::Every(Duration::from_secs(30));
        let begun = last("2026-11-10T09:00:00Z", Some("2026-11-10T10:00:00Z"), true, 0);
        assert!(!every.is_due(begun, at("2026-11-10T10:00:29Z")));
        assert!(every.is_due(begun, at("2026-11-10T10:00:30Z")));
        assert!(every.is_due(begun, at("2026-11-10T08:00:00Z")), "the clock went back two hours");
        assert!(every.is_due(last("2026-11-10T09:00:00Z", None, false, 0), at("2026-11-10T09:00:00Z")));
    }
}
