//! Series against a second way of finding their days; month ends, leap days, the New Year.

use jiff::{
    ToSpan,
    civil::{Date, date, time},
};
use proptest::prelude::*;

use super::rules::*;

fn series(first: Date, repeat: Repeat) -> Series {
    Series { first, at: time(10, 0, 0, 0), minutes: 45, repeat, until: None, exceptions: Vec::new() }
}

fn days(s: &Series, from: Date, to: Date) -> Vec<String> {
    s.between(from, to).iter().map(|o| o.start.date().to_string()).collect()
}

#[test]
fn the_first_and_third_wednesday_and_the_last_friday_over_the_ends_of_months_and_years() {
    let s = series(date(2027, 11, 1), Repeat::Monthly { nth: vec![1, 3], weekday: 3 });
    let expected = [
        "2027-11-03",
        "2027-11-17",
        "2027-12-01",
        "2027-12-15",
        "2028-01-05",
        "2028-01-19",
        "2028-02-02",
        "2028-02-16",
    ];
    assert_eq!(days(&s, date(2027, 11, 1), date(2028, 2, 29)), expected);
    let s = series(date(2028, 1, 1), Repeat::Monthly { nth: vec![-1], weekday: 2 });
    assert_eq!(days(&s, date(2028, 1, 1), date(2028, 3, 31)), ["2028-01-25", "2028-02-29", "2028-03-28"]);
    let s = series(date(2028, 1, 1), Repeat::Monthly { nth: vec![5], weekday: 2 });
    assert_eq!(
        days(&s, date(2028, 1, 1), date(2028, 5, 31)),
        ["2028-02-29", "2028-05-30"],
        "only where there is a fifth"
    );
}

#[test]
fn every_other_week_goes_on_over_new_year_counted_from_the_first_week() {
    let s = series(date(2026, 12, 22), Repeat::Weekly { every: 2, on: vec![2, 5] });
    assert_eq!(
        days(&s, date(2026, 12, 1), date(2027, 1, 31)),
        ["2026-12-22", "2026-12-25", "2027-01-05", "2027-01-08", "2027-01-19", "2027-01-22"]
    );
    // A first day late in its week: the earlier weekday of that week is past.
    let s = series(date(2026, 12, 25), Repeat::Weekly { every: 2, on: vec![2, 5] });
    assert_eq!(days(&s, date(2026, 12, 1), date(2027, 1, 9)), ["2026-12-25", "2027-01-05", "2027-01-08"]);
}

#[test]
fn one_visit_is_moved_or_called_off_and_the_others_stay() {
    let s = series(date(2026, 12, 7), Repeat::Weekly { every: 1, on: vec![1] });
    let to = Moved { day: date(2027, 1, 5), at: time(14, 0, 0, 0), minutes: 30 };
    let s = s
        .except(Exception { day: date(2026, 12, 28), to: Some(to), reason: "年末のため".into() })
        .except(Exception { day: date(2026, 12, 14), to: None, reason: "入院".into() });
    let all = s.between(date(2026, 12, 1), date(2026, 12, 31));
    assert_eq!(
        all.iter().map(|o| (o.day.day(), o.cancelled)).collect::<Vec<_>>(),
        [(7, false), (14, true), (21, false)]
    );
    let january = s.between(date(2027, 1, 1), date(2027, 1, 10));
    assert_eq!(
        (january[0].day, january[0].start.date(), january[0].day),
        (date(2027, 1, 4), date(2027, 1, 4), january[0].day)
    );
    assert_eq!((january[1].day, january[1].start.hour(), january[1].moved), (date(2026, 12, 28), 14, true));
    assert_eq!(
        s.clone().restored(date(2026, 12, 28)).between(date(2026, 12, 28), date(2026, 12, 28)).len(),
        1
    );
    let ended = s.ended_before(date(2026, 12, 20));
    assert_eq!(days(&ended, date(2026, 12, 1), date(2027, 3, 1)), ["2026-12-07", "2026-12-14"]);
}

#[test]
fn a_visit_past_midnight_ends_on_the_next_day() {
    let mut s = series(date(2028, 2, 28), Repeat::Once);
    (s.at, s.minutes) = (time(23, 30, 0, 0), 60);
    assert_eq!(s.between(date(2028, 2, 28), date(2028, 2, 28))[0].end, date(2028, 2, 29).at(0, 30, 0, 0));
}

fn repeats() -> impl Strategy<Value = Repeat> {
    prop_oneof![
        Just(Repeat::Once),
        (1u8..6, prop::collection::vec(1i8..8, 1..5)).prop_map(|(every, on)| Repeat::Weekly { every, on }),
        (prop::collection::vec(prop_oneof![1i8..6, Just(-1i8)], 1..4), 1i8..8)
            .prop_map(|(nth, weekday)| Repeat::Monthly { nth, weekday }),
    ]
}

fn any_series() -> impl Strategy<Value = Series> {
    let exception = (0i32..200, prop::option::of((-40i32..40, 0i8..24)));
    (0i32..1500, repeats(), prop::option::of(0i32..300), prop::collection::vec(exception, 0..4)).prop_map(
        |(from, repeat, until, exceptions)| {
            let first = date(2026, 1, 1).checked_add(from.days()).unwrap();
            let mut s = series(first, repeat);
            s.until = until.map(|n| first.checked_add(n.days()).unwrap());
            for (n, to) in exceptions {
                let day = first.checked_add(n.days()).unwrap();
                let to = to.map(|(away, hour)| Moved {
                    day: day.checked_add(away.days()).unwrap(),
                    at: time(hour, 0, 0, 0),
                    minutes: 30,
                });
                s = s.except(Exception { day, to, reason: String::new() });
            }
            s
        },
    )
}

/// The same rule the other way round: walking from the first day in steps, instead of asking each day.
fn walked(s: &Series, last: Date) -> Vec<Date> {
    let mut found = Vec::new();
    match &s.repeat {
        Repeat::Once => found.push(s.first),
        Repeat::Weekly { every, on } => {
            let mut week = s.first;
            while week.weekday() != jiff::civil::Weekday::Monday {
                week = week.yesterday().unwrap();
            }
            while week <= last {
                found.extend(on.iter().map(|n| week.checked_add(i32::from(*n - 1).days()).unwrap()));
                week = week.checked_add((7 * i32::from(*every)).days()).unwrap();
            }
        }
        Repeat::Monthly { nth, weekday } => {
            let mut month = s.first.first_of_month();
            while month <= last {
                let weekday = jiff::civil::Weekday::from_monday_one_offset(*weekday).unwrap();
                found.extend(nth.iter().filter_map(|n| month.nth_weekday_of_month(*n, weekday).ok()));
                month = month.checked_add(1.month()).unwrap();
            }
        }
    }
    found.retain(|d| *d >= s.first && *d <= last && s.until.is_none_or(|u| *d <= u));
    found.sort();
    found.dedup();
    found
}

proptest! {
    #[test]
    fn asking_each_day_finds_what_walking_finds(s in any_series(), span in 0i32..500) {
        let mut plain = s.clone();
        plain.exceptions.clear();
        let last = s.first.checked_add(span.days()).unwrap();
        let asked: Vec<Date> = plain.between(s.first, last).iter().map(|o| o.day).collect();
        prop_assert_eq!(asked, walked(&plain, last));
    }

    #[test]
    fn two_parts_of_a_time_hold_what_the_whole_holds(s in any_series(), a in 0i32..200, b in 1i32..200) {
        let from = s.first.checked_sub(20.days()).unwrap();
        let cut = from.checked_add(a.days()).unwrap();
        let to = cut.checked_add(b.days()).unwrap();
        let mut parts = s.between(from, cut);
        parts.extend(s.between(cut.tomorrow().unwrap(), to));
        prop_assert!(parts == s.between(from, to));
    }

    #[test]
    fn nothing_falls_outside_and_nobody_is_visited_twice_for_one_day(s in any_series(), a in 0i32..300, b in 0i32..120) {
        let from = s.first.checked_add(a.days()).unwrap();
        let to = from.checked_add(b.days()).unwrap();
        let found = s.between(from, to);
        let mut names: Vec<Date> = found.iter().map(|o| o.day).collect();
        names.sort();
        names.dedup();
        prop_assert_eq!(names.len(), found.len());
        prop_assert!(found.iter().all(|o| (from..=to).contains(&o.start.date()) && o.end > o.start && s.falls_on(o.day)));
    }

    #[test]
    fn an_end_ends_and_changes_nothing_before(s in any_series(), n in 0i32..200) {
        let day = s.first.checked_add(n.days()).unwrap();
        let far = s.first.checked_add(400.days()).unwrap();
        let ended = s.clone().ended_before(day);
        // A visit of before that was moved behind the end still comes.
        let moved = ended.exceptions.iter().any(|e| e.day < day && e.to.is_some_and(|to| to.day >= day));
        prop_assert!(ended.is_over(day) != moved && !(s.is_over(day) && s.falls_on(day)));
        let kept: Vec<_> = s.between(s.first.checked_sub(50.days()).unwrap(), far).into_iter().filter(|o| o.day < day).collect();
        prop_assert!(ended.between(s.first.checked_sub(50.days()).unwrap(), far) == kept);
    }

    #[test]
    fn conflicts_are_what_a_look_at_every_pair_finds(slots in prop::collection::vec((0u8..4, 0i64..600, 0i64..120), 0..14)) {
        let base = date(2026, 12, 31).at(20, 0, 0, 0);
        let slots: Vec<_> = slots.iter().map(|(k, from, long)| {
            let start = base.checked_add((*from).minutes()).unwrap();
            (*k, start, start.checked_add((*long).minutes()).unwrap())
        }).collect();
        let mut found = Vec::new();
        conflicts(&slots, |a, b| found.push((a.min(b), a.max(b))));
        found.sort();
        let mut every = Vec::new();
        for a in 0..slots.len() {
            for b in a + 1..slots.len() {
                let gap = |x: usize, y: usize| slots[x].2.until(slots[y].1).unwrap().total(jiff::Unit::Minute).unwrap();
                let (first, second) = if slots[a].1 <= slots[b].1 { (a, b) } else { (b, a) };
                if slots[a].0 != slots[b].0 && gap(first, second) < f64::from(BETWEEN_MINUTES) {
                    every.push((a, b));
                }
            }
        }
        prop_assert_eq!(found, every);
    }
}
