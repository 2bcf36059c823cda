//! Japanese holidays by the law of today (国民の祝日に関する法律, as it stands since 2022): the days of its article 2 and the
//! days off of article 3. Pure, for 1980 to 2099; one-off days of earlier or later special laws are not in it.

use jiff::civil::{Date, Weekday};

use crate::words::t;

/// The same day every year.
const FIXED: [(i8, i8, &str); 10] = [
    (1, 1, "元日"),
    (2, 11, "建国記念の日"),
    (2, 23, "天皇誕生日"),
    (4, 29, "昭和の日"),
    (5, 3, "憲法記念日"),
    (5, 4, "みどりの日"),
    (5, 5, "こどもの日"),
    (8, 11, "山の日"),
    (11, 3, "文化の日"),
    (11, 23, "勤労感謝の日"),
];

/// The n-th Monday of a month.
const MONDAYS: [(i8, i8, &str); 4] =
    [(1, 2, "成人の日"), (7, 3, "海の日"), (9, 3, "敬老の日"), (10, 2, "スポーツの日")];

/// The holiday's name; `None` on an ordinary day.
pub fn name(day: Date) -> Option<&'static str> {
    own(day)
        .or_else(|| substitute(day).then(|| t("振替休日")))
        .or_else(|| between(day).then(|| t("国民の休日")))
}

/// A holiday in its own right.
fn own(day: Date) -> Option<&'static str> {
    let fixed = FIXED.iter().find(|(month, d, _)| (day.month(), day.day()) == (*month, *d));
    if let Some((_, _, name)) = fixed {
        return Some(t(name));
    }
    let week = (day.day() - 1) / 7 + 1;
    let monday = MONDAYS
        .iter()
        .find(|(month, n, _)| day.weekday() == Weekday::Monday && (day.month(), week) == (*month, *n));
    if let Some((_, _, name)) = monday {
        return Some(t(name));
    }
    match day.month() {
        3 if i64::from(day.day()) == equinox(day, 20_843_100) => Some(t("春分の日")),
        9 if i64::from(day.day()) == equinox(day, 23_248_800) => Some(t("秋分の日")),
        _ => None,
    }
}

/// The day of the month in Japan, by the usual approximation: `first` is that of 1980 in millionths of a day, each year adds
/// 0.242194 and each leap year takes one. The government announces the days one year ahead; they have never differed.
fn equinox(day: Date, first: i64) -> i64 {
    let years = i64::from(day.year()) - 1980;
    (first + 242_194 * years) / 1_000_000 - years / 4
}

/// Article 3, 2: a holiday on a Sunday moves on to the next day that is none.
fn substitute(day: Date) -> bool {
    let before = std::iter::successors(day.yesterday().ok(), |d| d.yesterday().ok());
    before.take_while(|d| own(*d).is_some()).any(|d| d.weekday() == Weekday::Sunday)
}

/// Article 3, 3: a day between two holidays.
fn between(day: Date) -> bool {
    [day.yesterday(), day.tomorrow()].into_iter().all(|d| d.is_ok_and(|d| own(d).is_some()))
}

#[cfg(test)]
mod tests {
    use jiff::{ToSpan, civil::date};

    use super::*;

    /// As published by the Cabinet Office, and, for the years that it has not published yet, from the almanac; by hand.
    const KNOWN: [(i16, &str); 7] = [
        (
            2024,
            "1/1 1/8 2/11 2/12 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/22 9/23 10/14 11/3 11/4 11/23",
        ),
        (
            2025,
            "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/21 8/11 9/15 9/23 10/13 11/3 11/23 11/24",
        ),
        (2026, "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 11/3 11/23"),
        (2027, "1/1 1/11 2/11 2/23 3/21 3/22 4/29 5/3 5/4 5/5 7/19 8/11 9/20 9/23 10/11 11/3 11/23"),
        (2028, "1/1 1/10 2/11 2/23 3/20 4/29 5/3 5/4 5/5 7/17 8/11 9/18 9/22 10/9 11/3 11/23"),
        (2029, "1/1 1/8 2/11 2/12 2/23 3/20 4/29 4/30 5/3 5/4 5/5 7/16 8/11 9/17 9/23 9/24 10/8 11/3 11/23"),
        (2030, "1/1 1/14 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/23 10/14 11/3 11/4 11/23"),
    ];

    #[test]
    fn the_years_that_are_known_have_these_holidays_and_no_others() {
        for (year, known) in KNOWN {
            let days = date(year, 1, 1).series(1.day()).take_while(|d| d.year() == year);
            let found: Vec<String> =
                days.filter(|d| name(*d).is_some()).map(|d| format!("{}/{}", d.month(), d.day())).collect();
            assert_eq!(found.join(" "), known, "{year}");
        }
    }

    #[test]
    fn each_kind_has_its_name() {
        let named = [
            ((2026, 1, 12), "成人の日"),
            ((2026, 3, 20), "春分の日"),
            ((2027, 3, 22), "振替休日"),
            ((2026, 5, 6), "振替休日"),
            ((2026, 7, 20), "海の日"),
            ((2026, 9, 21), "敬老の日"),
            ((2026, 9, 22), "国民の休日"),
            ((2026, 9, 23), "秋分の日"),
            ((2026, 10, 12), "スポーツの日"),
            ((2026, 11, 23), "勤労感謝の日"),
        ];
        for ((y, m, d), expected) in named {
            assert_eq!(name(date(y, m, d)), Some(expected), "{y}-{m}-{d}");
        }
        for (y, m, d) in [(2026, 5, 7), (2026, 9, 24), (2026, 12, 29), (2027, 1, 4), (2026, 5, 2)] {
            assert_eq!(name(date(y, m, d)), None, "{y}-{m}-{d}");
        }
    }

    /// Equinoxes that are not on the commonest day, from the almanac.
    #[test]
    fn the_equinoxes_move() {
        for (y, m, d) in [
            (1980, 3, 20),
            (1980, 9, 23),
            (1982, 3, 21),
            (2012, 9, 22),
            (2092, 3, 19),
            (2044, 9, 22),
            (2099, 3, 20),
        ] {
            assert!(matches!(own(date(y, m, d)), Some("春分の日" | "秋分の日")), "{y}-{m}-{d}");
        }
    }
}
