//! Japanese eras (和暦), from the day Japan took over the Gregorian calendar.

use jiff::civil::{Date, date};

use super::clock::date_in_words;
use crate::words::is_english;

/// First day and name, newest first. Meiji is counted from 1868, as the family registers do; days before
/// 1873-01-01 were lunisolar, so for them only the year is right.
const ERAS: [(Date, &str); 5] = [
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1868, 1, 25), "明治"),
];

/// 令和8年, 昭和元年; `None` before Meiji.
pub fn era_year(day: Date) -> Option<String> {
    if is_english() {
        return Some(day.year().to_string());
    }
    let (first, name) = ERAS.iter().find(|(first, _)| *first <= day)?;
    Some(match day.year() - first.year() + 1 {
        1 => format!("{name}元年"),
        year => format!("{name}{year}年"),
    })
}

/// 昭和9年3月3日; before Meiji the Gregorian date.
pub fn era_date(day: Date) -> String {
    if is_english() {
        return date_in_words(day);
    }
    let year = era_year(day).unwrap_or_else(|| format!("{}年", day.year()));
    format!("{year}{}月{}日", day.month(), day.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_borders_of_the_eras() {
        let table = [
            ("2026-11-17", "令和8年11月17日"),
            ("2020-01-01", "令和2年1月1日"),
            ("2019-05-01", "令和元年5月1日"),
            ("2019-04-30", "平成31年4月30日"),
            ("1989-01-08", "平成元年1月8日"),
            ("1989-01-07", "昭和64年1月7日"),
            ("1934-03-03", "昭和9年3月3日"),
            ("1926-12-25", "昭和元年12月25日"),
            ("1926-12-24", "大正15年12月24日"),
            ("1912-07-30", "大正元年7月30日"),
            ("1912-07-29", "明治45年7月29日"),
            ("1868-01-25", "明治元年1月25日"),
            ("1868-01-24", "1868年1月24日"),
        ];
        for (day, words) in table {
            assert_eq!(era_date(day.parse().expect("a day of the table")), words);
        }
    }
}
