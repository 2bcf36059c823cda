//! When a place is to get a copy. Pure.

use jiff::{SignedDuration, Timestamp};

/// What fails is tried again after this long.
const AGAIN: SignedDuration = SignedDuration::from_mins(15);

/// What is known of a place.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// Which log, how many leaves, and when it was copied last.
    pub last: Option<(i32, i64, Timestamp)>,
    /// When it failed last, if it was not copied since.
    pub failed_at: Option<Timestamp>,
}

/// Once after each time of day (`since`: the newest one), where something new was signed; and at once where there is none yet.
pub fn is_due(known: Known, newest: (i32, i64), since: Timestamp, now: Timestamp) -> bool {
    let wanted = match known.last {
        None => true,
        // A copy from a time that has not come says nothing of today.
        Some((epoch, size, at)) => (epoch, size) != newest && (at < since || at > now),
    };
    // A stamp that came late follows its copy, and may fail to.
    let wanted = wanted || known.failed_at.is_some();
    let waits = known.failed_at.is_some_and(|at| at <= now && now.duration_since(at) < AGAIN);
    wanted && !waits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_place_gets_one_copy_a_day_where_something_is_new() {
        let (since, now) = (at("2026-11-30T05:00:00+09:00"), at("2026-11-30T05:00:30+09:00"));
        let last = |size, when| Known { last: Some((0, size, at(when))), failed_at: None };
        assert!(is_due(Known::default(), (0, 9), since, now), "the first at once");
        assert!(is_due(last(8, "2026-11-29T05:00:10+09:00"), (0, 9), since, now));
        assert!(!is_due(last(9, "2026-11-29T05:00:10+09:00"), (0, 9), since, now), "nothing new");
        assert!(!is_due(last(8, "2026-11-30T05:00:10+09:00"), (0, 9), since, now), "today's is there");
        assert!(is_due(last(9, "2026-11-29T05:00:10+09:00"), (1, 9), since, now), "another log");
        assert!(is_due(last(8, "2026-12-20T05:00:10+09:00"), (0, 9), since, now), "a clock was ahead");
    }

    #[test]
    fn what_failed_waits_a_little() {
        let (since, now) = (at("2026-11-30T05:00:00+09:00"), at("2026-11-30T05:20:00+09:00"));
        let failed = |when| Known { last: None, failed_at: Some(at(when)) };
        assert!(!is_due(failed("2026-11-30T05:06:00+09:00"), (0, 9), since, now));
        assert!(is_due(failed("2026-11-30T05:05:00+09:00"), (0, 9), since, now));
        assert!(is_due(failed("2026-12-20T05:05:00+09:00"), (0, 9), since, now), "a clock was ahead");
        let last = Some((0, 9, at("2026-11-30T05:00:10+09:00")));
        let later = |when| Known { last, failed_at: Some(at(when)) };
        assert!(is_due(later("2026-11-30T05:05:00+09:00"), (0, 9), since, now), "beside today's copy");
        assert!(!is_due(later("2026-11-30T05:06:00+09:00"), (0, 9), since, now));
    }
}
