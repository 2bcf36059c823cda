//! From slots to figures. What is counted are requests: each slot of each node is one to read and one to write.
//!
//! A slot in which no node set out counts as one request, too. It is judged by what a person would have met who set out
//! then: their client goes on trying for a minute, so it succeeded if somebody who set out within that minute was answered
//! at once, and never counts as answered at once itself. Requests during announced work are counted apart.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::slots::{Minute, PACE, PATIENCE, SLOTS, Slot};

/// Work that was announced before it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    pub id: uuid::Uuid,
    pub from: Timestamp,
    pub to: Timestamp,
    pub what: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    pub asked: u64,
    /// Within three seconds.
    pub at_once: u64,
    /// Within a minute, with automatic retries.
    pub within: u64,
    pub lost: u64,
    /// During announced work, and those of them that succeeded within a minute.
    pub planned: u64,
    pub planned_within: u64,
    /// The longest time in a row, outside announced work, in which nobody was answered at once.
    pub longest_seconds: u64,
}

impl Figures {
    /// Both together; the longest time is the longer one.
    pub fn and(self, other: Self) -> Self {
        Self {
            asked: self.asked + other.asked,
            at_once: self.at_once + other.at_once,
            within: self.within + other.within,
            lost: self.lost + other.lost,
            planned: self.planned + other.planned,
            planned_within: self.planned_within + other.planned_within,
            longest_seconds: self.longest_seconds.max(other.longest_seconds),
        }
    }

    /// Millionths of the requests that succeeded, rounded down: 999,998 is 99.9998 %. `None` where nobody asked.
    pub fn per_million(self) -> Option<u64> {
        (self.asked > 0).then(|| self.within * 1_000_000 / self.asked)
    }

    pub fn at_once_per_million(self) -> Option<u64> {
        (self.asked > 0).then(|| self.at_once * 1_000_000 / self.asked)
    }
}

/// The minutes of one kind (reading or writing) that nodes told, in the order of time; a minute may stand there for
/// several nodes. Counted are the slots from `from` to `to`; minutes after `to` only tell how a missing slot ended.
pub fn figures(told: &[(Timestamp, Minute)], from: Timestamp, to: Timestamp, works: &[Work]) -> Figures {
    let slots = Slots { told, next: 0 };
    let mut sum = Figures::default();
    let mut row = 0;
    for (at, reports) in slots.between(from.as_second(), to.as_second() + PATIENCE.as_secs().cast_signed()) {
        if at >= to.as_second() {
            break;
        }
        let planned = works.iter().any(|w| w.from.as_second() <= at && at < w.to.as_second());
        let (asked, within, at_once) = if reports.here.is_empty() {
            (1, u64::from(reports.soon), 0)
        } else {
            let count = |test: fn(&Slot) -> bool| reports.here.iter().filter(|s| test(s)).count() as u64;
            (reports.here.len() as u64, count(|s| s.is_within()), count(|s| s.is_at_once()))
        };
        // Nothing acknowledged may be lost, announced or not.
        sum.lost += reports.here.iter().filter(|s| **s == Slot::Lost).count() as u64;
        if planned {
            sum.planned += asked;
            sum.planned_within += within;
            continue;
        }
        sum.asked += asked;
        sum.within += within;
        sum.at_once += at_once;
        row = if at_once == 0 { row + PACE.cast_unsigned() } else { 0 };
        sum.longest_seconds = sum.longest_seconds.max(row);
    }
    sum
}

/// What was told of one slot.
struct Reports {
    here: Vec<Slot>,
    /// Whether somebody who set out within the next minute was answered at once.
    soon: bool,
}

struct Slots<'a> {
    told: &'a [(Timestamp, Minute)],
    next: usize,
}

impl Slots<'_> {
    /// Every slot of the span with its reports.
    fn between(mut self, from: i64, to: i64) -> impl Iterator<Item = (i64, Reports)> {
        let begin = from - from.rem_euclid(PACE);
        let count = usize::try_from((to - begin) / PACE).unwrap_or_default();
        let mut all: Vec<Vec<Slot>> = Vec::with_capacity(count);
        for n in 0..count {
            all.push(self.at(begin + PACE * n as i64));
        }
        let reach = usize::try_from(PATIENCE.as_secs().cast_signed() / PACE).unwrap_or_default();
        // From the end backwards: how many slots away the next immediate answer is.
        let mut away = vec![usize::MAX; count];
        let mut last = None;
        for n in (0..count).rev() {
            away[n] = last.map_or(usize::MAX, |l: usize| l - n);
            if all[n].iter().any(|s| s.is_at_once()) {
                last = Some(n);
            }
        }
        all.into_iter().zip(away).enumerate().map(move |(n, (here, away))| {
            // One slot less: the answer has to be there within the minute, not begun.
            (begin + PACE * n as i64, Reports { here, soon: away < reach })
        })
    }

    /// The reports of a slot; asked for in the order of time.
    fn at(&mut self, at: i64) -> Vec<Slot> {
        let minute = at - at.rem_euclid(60);
        let place = usize::try_from(at.rem_euclid(60) / PACE).unwrap_or_default().min(SLOTS - 1);
        while self.told.get(self.next).is_some_and(|(told, _)| told.as_second() < minute) {
            self.next += 1;
        }
        let of_minute = self.told[self.next..].iter().take_while(|(told, _)| told.as_second() == minute);
        of_minute.map(|(_, slots)| slots[place]).filter(|slot| *slot != Slot::Nobody).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::status::slots::from_text;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_867_200 + seconds).expect("a time")
    }

    /// Minutes from the start on, each with the reports of as many nodes as there are texts.
    fn told(minutes: &[&[&str]]) -> Vec<(Timestamp, Minute)> {
        let minute = |(n, texts): (usize, &&[&str])| {
            texts.iter().map(move |text| (at(60 * n as i64), from_text(text))).collect::<Vec<_>>()
        };
        minutes.iter().enumerate().flat_map(minute).collect()
    }

    const FULL: &str = "111111111111";

    #[test]
    fn every_request_of_every_node_counts() {
        let all = told(&[&[FULL, "1111rrx11e11"], &[FULL, FULL]]);
        let sum = figures(&all, at(0), at(120), &[]);
        assert_eq!((sum.asked, sum.within, sum.at_once), (48, 47, 45));
        assert_eq!(sum.longest_seconds, 0, "the other node answered");
        assert_eq!(sum.per_million(), Some(979_166));
    }

    #[test]
    fn a_missing_slot_succeeds_when_a_client_that_set_out_then_would_have() {
        // Gone for 25 seconds: whoever set out waited, and was answered within a minute.
        let all = told(&[&["1111.....111"], &[FULL]]);
        let sum = figures(&all, at(0), at(120), &[]);
        assert_eq!((sum.asked, sum.within, sum.at_once, sum.longest_seconds), (24, 24, 19, 25));
        // Gone for two minutes: the first of them waited in vain, those of the last minute did not.
        let gone = "............";
        let all = told(&[&[FULL], &[gone], &[gone], &[FULL]]);
        let sum = figures(&all, at(0), at(240), &[]);
        assert_eq!((sum.asked, sum.within, sum.at_once, sum.longest_seconds), (48, 24 + 11, 24, 120));
        // Nothing afterwards: none of them succeeded.
        let sum = figures(&told(&[&[FULL]]), at(0), at(120), &[]);
        assert_eq!((sum.asked, sum.within), (24, 12));
    }

    #[test]
    fn what_was_told_after_the_span_says_how_its_end_went() {
        let all = told(&[&["111111111..."], &[FULL]]);
        let sum = figures(&all, at(0), at(60), &[]);
        assert_eq!((sum.asked, sum.within, sum.at_once), (12, 12, 9));
    }

    #[test]
    fn announced_work_stands_apart_but_what_is_lost_is_counted_everywhere() {
        let all = told(&[&["111xxlxxxl11"]]);
        let work = Work { id: uuid::Uuid::nil(), from: at(20), to: at(40), what: "更新".into() };
        let sum = figures(&all, at(0), at(60), &[work]);
        assert_eq!((sum.asked, sum.within, sum.lost), (8, 5, 2));
        assert_eq!((sum.planned, sum.planned_within), (4, 0));
        assert_eq!(sum.longest_seconds, 15, "a short work does not cut an outage in two");
        let without = figures(&all, at(0), at(60), &[]);
        assert_eq!((without.asked, without.within, without.longest_seconds), (12, 5, 35));
    }

    #[test]
    fn the_share_is_never_rounded_up() {
        let almost = Figures { asked: 6_307_200, within: 6_307_199, ..Figures::default() };
        assert_eq!(almost.per_million(), Some(999_999));
        assert_eq!(Figures::default().per_million(), None);
    }
}
