//! When something is due. Pure: the leader brings the clock and the last run.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::{
    SignedDuration, Timestamp, Zoned,
    civil::Time,
    tz::{Offset, TimeZone},
};

use crate::{Result, app::Shared};

/// Something that happens again and again, on one node at a time.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    pub name: &'static str,
    pub when: When,
    /// An error is an outcome too: it is logged, kept as `failed`, and does not stop the next run.
    pub run: fn(Shared) -> BoxFuture<'static, Result<Outcome>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// `HH:MM` in Japan. A run that was cut off is begun again, twice at most.
    Daily(&'static str),
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
    pub finished: bool,
    pub tries: i32,
}

/// Begun this often without an end, a daily run waits for its next day.
const TRIES: i32 = 3;

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
                    Some(started) if started >= due_at => !last.finished && last.tries < TRIES,
                    Some(_) => true,
                    None => last.known_at < due_at,
                }
            }
        }
    }
}

/// The newest `HH:MM` in Japan that is not in the future. Japan has one offset and no summer time.
fn latest(time: &str, now: Timestamp) -> Option<Timestamp> {
    let time: Time = time.parse().ok()?;
    let zone = TimeZone::fixed(Offset::constant(9));
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
        Last { known_at: at(known), started_at: started.map(at), finished, tries }
    }

    #[test]
    fn daily_runs_are_due_once_after_their_time_in_japan() {
        let daily = When::Daily("03:30");
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
        let daily = When::Daily("03:30");
        let cut = |tries| last("2026-11-10T09:00:00+09:00", Some("2026-11-11T03:31:00+09:00"), false, tries);
        assert!(daily.is_due(cut(1), at("2026-11-11T04:00:00+09:00")));
        assert!(!daily.is_due(cut(3), at("2026-11-11T04:00:00+09:00")));
        assert!(daily.is_due(cut(3), at("2026-11-12T04:00:00+09:00")), "the next day counts anew");
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
