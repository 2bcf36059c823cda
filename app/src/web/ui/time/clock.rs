//! Instants, near or far from now.

use jiff::{
    Timestamp, ToSpan, Zoned,
    civil::{Date, Time, Weekday},
};

use crate::{
    japan,
    words::{self, fill, is_english, t},
};

fn tokyo(at: Timestamp) -> Zoned {
    at.to_zoned(japan::zone())
}

/// The day of an instant, as people count it.
pub fn day_of(at: Timestamp) -> Date {
    tokyo(at).date()
}

/// 2026年12月1日: a day that is kept, not one that is near.
pub fn day_long(at: Timestamp) -> String {
    date_in_words(day_of(at))
}

/// 2026年12月1日.
pub fn date_in_words(date: Date) -> String {
    if is_english() {
        return words::day(date, true);
    }
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// The end of a day in Japan: the first instant of the next.
pub fn end_of_day(day: Date) -> Option<Timestamp> {
    let next = day.tomorrow().ok()?;
    Some(next.to_zoned(japan::zone()).ok()?.timestamp())
}

/// `14:32`, `8:05`: a time of day as people read it.
pub fn of_day(at: Time) -> String {
    format!("{}:{:02}", at.hour(), at.minute())
}

/// `14:32`.
pub fn clock(at: Timestamp) -> String {
    of_day(tokyo(at).time())
}

/// 今日 14:32 · 昨日 14:32 · 明日 12:00 · 11月13日(金) 9:10 · 2025年11月13日(木) 9:10.
pub fn when(at: Timestamp, now: Timestamp) -> String {
    format!("{} {}", day(at, now), clock(at))
}

/// Under the heading of its day: 今日 14:32, 昨日 14:32, and `9:10` for days that the heading names.
pub fn in_day(at: Timestamp, now: Timestamp) -> String {
    let near = day(at, now);
    if !is_near(at, now) { clock(at) } else { format!("{near} {}", clock(at)) }
}

/// For narrow lists: `14:32` today, 昨日, `15日` in this month, 10月15日, 2025年10月.
pub fn short(at: Timestamp, now: Timestamp) -> String {
    let (date, today) = (tokyo(at).date(), tokyo(now).date());
    if date == today {
        clock(at)
    } else if Some(date) == today.checked_sub(1.day()).ok() {
        t("昨日").to_owned()
    } else if is_english() {
        short_in_english(date, today)
    } else if date.year() != today.year() {
        format!("{}年{}月", date.year(), date.month())
    } else if date.month() != today.month() {
        format!("{}月{}日", date.month(), date.day())
    } else {
        format!("{}日", date.day())
    }
}

fn short_in_english(date: Date, today: Date) -> String {
    if date.year() == today.year() { words::day(date, false) } else { words::month_of_year(date) }
}

/// The line between two days of a timeline: 今日 11月17日(火), 昨日 11月16日(月), 11月13日(金), with the year when it is another one.
pub fn day_heading(at: Timestamp, now: Timestamp) -> String {
    let near = day(at, now);
    let full = far_day(tokyo(at).date(), tokyo(now).date());
    if near == full { full } else { format!("{near} {full}") }
}

/// 11月17日(火) 14:32: now, as the home page says it.
pub fn today(now: Timestamp) -> String {
    format!("{} {}", month_day(tokyo(now).date()), clock(now))
}

/// 2026年11月17日(火) 14:32: the absolute time, for tooltips and records.
pub fn date_long(at: Timestamp) -> String {
    let date = tokyo(at).date();
    format!("{} {}", with_year(date), clock(at))
}

/// 2026年11月17日(火) 14:32:05: for logs.
pub fn to_the_second(at: Timestamp) -> String {
    format!("{}:{:02}", date_long(at), tokyo(at).second())
}

/// RFC 3339 with offset, for the `datetime` attribute.
pub fn machine(at: Timestamp) -> String {
    at.display_with_offset(japan::OFFSET).to_string()
}

/// How much is left until a deadline: あと 2時間28分, あと 3日, 1時間5分 過ぎました.
pub fn left_until(deadline: Timestamp, now: Timestamp) -> String {
    let minutes = deadline.duration_since(now).as_secs() / 60;
    let amount = match minutes.abs() {
        0 => t("1分未満").to_owned(),
        m @ 1..60 => minutes_in_words(m),
        m @ 60..720 if m % 60 != 0 && is_english() => {
            format!("{} {}", words::plural(m / 60, "hour"), minutes_in_words(m % 60))
        }
        m @ 60..720 if m % 60 != 0 => format!("{}時間{}分", m / 60, m % 60),
        m @ 60..2880 if is_english() => words::plural(m / 60, "hour"),
        m @ 60..2880 => format!("{}時間", m / 60),
        m if is_english() => words::plural(m / 1440, "day"),
        m => format!("{}日", m / 1440),
    };
    let pattern = if minutes < 0 { t("{amount} 過ぎました") } else { t("あと {amount}") };
    fill(pattern, &[("amount", &amount)])
}

fn minutes_in_words(minutes: i64) -> String {
    if is_english() { words::plural(minutes, "minute") } else { format!("{minutes}分") }
}

/// The timestamp as a day: 今日, 昨日, 明日 or its date.
fn day(at: Timestamp, now: Timestamp) -> String {
    let (date, today) = (tokyo(at).date(), tokyo(now).date());
    let away = today.until(date).map(|span| span.get_days());
    match away {
        Ok(0) => t("今日").to_owned(),
        Ok(-1) => t("昨日").to_owned(),
        Ok(1) => t("明日").to_owned(),
        _ => far_day(date, today),
    }
}

/// Whether the day has a word of its own.
fn is_near(at: Timestamp, now: Timestamp) -> bool {
    let away = tokyo(now).date().until(tokyo(at).date()).map(|span| span.get_days());
    matches!(away, Ok(-1..=1))
}

fn far_day(date: Date, today: Date) -> String {
    if date.year() == today.year() { month_day(date) } else { with_year(date) }
}

/// 2026年11月17日(火).
pub fn with_year(date: Date) -> String {
    if is_english() {
        return format!("{} {}", weekday(date.weekday()), words::day(date, true));
    }
    format!("{}年{}", date.year(), month_day(date))
}

/// 11月17日(火).
pub fn month_day(date: Date) -> String {
    if is_english() {
        return format!("{} {}", weekday(date.weekday()), words::day(date, false));
    }
    format!("{}月{}日({})", date.month(), date.day(), weekday(date.weekday()))
}

/// 火, `Tue`.
pub fn weekday(day: Weekday) -> &'static str {
    if is_english() {
        return words::weekday(day);
    }
    match day {
        Weekday::Monday => "月",
        Weekday::Tuesday => "火",
        Weekday::Wednesday => "水",
        Weekday::Thursday => "木",
        Weekday::Friday => "金",
        Weekday::Saturday => "土",
        Weekday::Sunday => "日",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("{text}+09").parse().expect("a time of the table")
    }

    #[test]
    fn times_as_people_read_them() {
        let now = at("2026-11-17T14:32:00");
        let table = [
            ("2026-11-17T14:32:00", "今日 14:32", "14:32", "今日 11月17日(火)"),
            ("2026-11-17T00:00:00", "今日 0:00", "0:00", "今日 11月17日(火)"),
            ("2026-11-16T23:59:59", "昨日 23:59", "昨日", "昨日 11月16日(月)"),
            ("2026-11-18T12:00:00", "明日 12:00", "18日", "明日 11月18日(水)"),
            ("2026-11-13T09:10:00", "11月13日(金) 9:10", "13日", "11月13日(金)"),
            ("2026-01-01T09:10:00", "1月1日(木) 9:10", "1月1日", "1月1日(木)"),
            ("2025-11-13T09:05:00", "2025年11月13日(木) 9:05", "2025年11月", "2025年11月13日(木)"),
        ];
        for (time, long, brief, heading) in table {
            assert_eq!(when(at(time), now), long);
            assert_eq!(short(at(time), now), brief);
            assert_eq!(day_heading(at(time), now), heading);
        }
        assert_eq!(date_long(now), "2026年11月17日(火) 14:32");
        assert_eq!(machine(now), "2026-11-17T14:32:00+09:00");
    }

    #[test]
    fn new_year_is_yesterday_too() {
        let now = at("2027-01-01T08:00:00");
        assert_eq!(when(at("2026-12-31T20:00:00"), now), "昨日 20:00");
        assert_eq!(short(at("2026-12-31T20:00:00"), now), "昨日");
        assert_eq!(day_heading(at("2026-12-31T20:00:00"), now), "昨日 2026年12月31日(木)");
    }

    #[test]
    fn what_is_left() {
        let now = at("2026-11-17T14:32:00");
        let table = [
            ("2026-11-17T17:00:00", "あと 2時間28分"),
            ("2026-11-17T15:32:00", "あと 1時間"),
            ("2026-11-17T14:32:30", "あと 1分未満"),
            ("2026-11-18T12:00:00", "あと 21時間"),
            ("2026-11-21T12:00:00", "あと 3日"),
            ("2026-11-17T13:27:00", "1時間5分 過ぎました"),
        ];
        for (deadline, words) in table {
            assert_eq!(left_until(at(deadline), now), words);
        }
    }
}
