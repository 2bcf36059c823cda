//! Figures of all requests together, for the minute samples behind the operator's charts.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Upper ends of the classes of durations, in milliseconds; the last class is open.
const ENDS: [u64; 13] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

#[derive(Debug, Default)]
pub struct Totals {
    requests: AtomicU64,
    errors: AtomicU64,
    refusals: AtomicU64,
    durations: [AtomicU64; 14],
}

/// What happened since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minute {
    pub requests: u64,
    /// Answers 5xx.
    pub errors: u64,
    /// Answers 429.
    pub refusals: u64,
    /// The duration that 19 of 20 requests kept within, rounded up to the end of its class.
    pub p95_ms: u64,
}

impl Totals {
    pub fn count(&self, status: u16, took: Duration) {
        self.requests.fetch_add(1, Relaxed);
        match status {
            500.. => self.errors.fetch_add(1, Relaxed),
            429 => self.refusals.fetch_add(1, Relaxed),
            _ => 0,
        };
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.durations[ENDS.partition_point(|end| *end < ms)].fetch_add(1, Relaxed);
    }

    /// The figures, which begin again at nothing.
    pub fn take(&self) -> Minute {
        let durations: Vec<u64> = self.durations.iter().map(|class| class.swap(0, Relaxed)).collect();
        Minute {
            requests: self.requests.swap(0, Relaxed),
            errors: self.errors.swap(0, Relaxed),
            refusals: self.refusals.swap(0, Relaxed),
            p95_ms: p95(&durations),
        }
    }
}

fn p95(durations: &[u64]) -> u64 {
    let (all, mut seen): (u64, u64) = (durations.iter().sum(), 0);
    for (n, class) in durations.iter().enumerate() {
        seen += class;
        if all > 0 && seen * 20 >= all * 19 {
            return ENDS.get(n).copied().unwrap_or(60_000);
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_counts_and_begins_anew() {
        let totals = Totals::default();
        for n in 0..100 {
            totals.count(if n < 3 { 500 } else { 200 }, Duration::from_millis(if n < 95 { 4 } else { 700 }));
        }
        totals.count(429, Duration::from_millis(1));
        assert_eq!(totals.take(), Minute { requests: 101, errors: 3, refusals: 1, p95_ms: 5 });
        assert_eq!(totals.take(), Minute { requests: 0, errors: 0, refusals: 0, p95_ms: 0 });
    }
}
