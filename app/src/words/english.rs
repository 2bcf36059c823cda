//! Dates and numbers as English writes them. All dates of the screens go through here.

use jiff::civil::{Date, Weekday};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

pub fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Mon",
        Weekday::Tuesday => "Tue",
        Weekday::Wednesday => "Wed",
        Weekday::Thursday => "Thu",
        Weekday::Friday => "Fri",
        Weekday::Saturday => "Sat",
        Weekday::Sunday => "Sun",
    }
}

/// `Nov`.
pub fn month(date: Date) -> &'static str {
    MONTHS[usize::try_from(date.month() - 1).unwrap_or_default() % 12]
}

/// `29 Nov`, with ` 2026` where the year is wanted.
pub fn day(date: Date, with_year: bool) -> String {
    let near = format!("{} {}", date.day(), month(date));
    if with_year { format!("{near} {}", date.year()) } else { near }
}

/// `Nov 2026`.
pub fn month_of_year(date: Date) -> String {
    format!("{} {}", month(date), date.year())
}

/// `1 minute`, `3 minutes`.
pub fn plural(n: i64, one: &str) -> String {
    if n == 1 { format!("{n} {one}") } else { format!("{n} {one}s") }
}
