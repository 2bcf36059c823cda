//! Relative times and dates, so that the sample always ends "just now".

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde::Deserialize;

/// How far back [`When::Recent`] may reach.
///
/// The sample's "today" is the local date this long ago: a demo started shortly after midnight then still has its
/// recent posts after those of the day before.
pub(crate) const RECENT: SignedDuration = SignedDuration::from_hours(6);

/// A moment in the past, seen from the start of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum When {
    /// A local time on a day before today; `days_ago` is at least 1.
    Day { days_ago: u16, at: Time },
    /// Less than [`RECENT`] ago.
    Recent { minutes_ago: u16 },
}

/// Turns the sample's relative times into real ones.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    now: Timestamp,
    zone: TimeZone,
    today: Date,
}

impl Calendar {
    /// A calendar for a demo that starts `now` in the deployment's `zone`.
    pub(crate) fn new(now: Timestamp, zone: TimeZone) -> Self {
        let today = (now - RECENT).to_zoned(zone.clone()).date();
        Self { now, zone, today }
    }

    /// The real time of a relative one; never after the start of the demo.
    pub(crate) fn instant(&self, when: When) -> Timestamp {
        match when {
            When::Day { days_ago, at } => self.local(self.day(-i32::from(days_ago)), at),
            When::Recent { minutes_ago } => self.now - SignedDuration::from_mins(i64::from(minutes_ago)),
        }
    }

    /// `minutes` from the start of the demo, before it when negative.
    pub(crate) fn in_minutes(&self, minutes: i32) -> Timestamp {
        self.now + SignedDuration::from_mins(i64::from(minutes))
    }

    /// The last minute of the day that is `days` from today.
    pub(crate) fn end_of_day(&self, days: u16) -> Timestamp {
        self.local(self.day(i32::from(days)), Time::constant(23, 59, 0, 0))
    }

    /// Writes out the dates in a text; `n` is in days from today.
    ///
    /// `{{n}}` becomes 11月17日(火), `{{long:n}}` 2026年11月17日, `{{iso:n}}` 2026-11-17. Anything else between
    /// double braces stays as it is.
    pub(crate) fn dated(&self, text: &str) -> String {
        let mut parts = text.split("{{");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            match part.split_once("}}").and_then(|(token, rest)| Some((self.date(token)?, rest))) {
                Some((date, rest)) => out.extend([date.as_str(), rest]),
                None => out.extend(["{{", part]),
            }
        }
        out
    }

    fn date(&self, token: &str) -> Option<String> {
        let (form, days) = token.split_once(':').unwrap_or(("short", token));
        let day = self.day(days.parse().ok()?);
        let (year, month, date) = (day.year(), day.month(), day.day());
        match form {
            "short" => Some(format!("{month}月{date}日({})", weekday(day))),
            "long" => Some(format!("{year}年{month}月{date}日")),
            "iso" => Some(day.to_string()),
            _ => None,
        }
    }

    /// The day that is so many days from today.
    pub(crate) fn day(&self, offset: i32) -> Date {
        self.today.saturating_add(Span::new().days(offset))
    }

    fn local(&self, day: Date, at: Time) -> Timestamp {
        let zoned = day.to_datetime(at).to_zoned(self.zone.clone());
        zoned.map_or(self.now, |zoned| zoned.timestamp())
    }
}

fn weekday(day: Date) -> char {
    ['月', '火', '水', '木', '金', '土', '日']
        [usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(now: &str) -> Calendar {
        Calendar::new(now.parse().expect("a timestamp"), jiff::tz::offset(9).to_time_zone())
    }

    #[test]
    fn dates_are_written_out_from_today() {
        let calendar = calendar("2026-11-17T14:32:00+09:00");
        assert_eq!(calendar.dated("{{0}}と{{1}}"), "11月17日(火)と11月18日(水)");
        assert_eq!(calendar.dated("期限 {{long:45}}"), "期限 2027年1月1日");
        assert_eq!(calendar.dated("記録_{{iso:-16}}.pdf"), "記録_2026-11-01.pdf");
        assert_eq!(calendar.dated("{{明日}} {{ {{-1"), "{{明日}} {{ {{-1");
    }

    #[test]
    fn a_start_after_midnight_keeps_yesterday_before_the_recent_posts() {
        let calendar = calendar("2026-11-17T00:10:00+09:00");
        let day = calendar.instant(When::Day { days_ago: 1, at: Time::constant(23, 59, 0, 0) });
        let recent = calendar.instant(When::Recent { minutes_ago: 359 });
        assert!(day < recent, "{day} stands before {recent}");
        assert_eq!(day.to_string(), "2026-11-15T14:59:00Z");
    }

    #[test]
    fn times_are_read_in_both_forms_and_no_other() {
        let read = |text: &str| serde_json::from_str::<When>(text).ok();
        let day = When::Day { days_ago: 2, at: Time::constant(9, 5, 0, 0) };
        assert_eq!(read(r#"{"days_ago":2,"at":"09:05"}"#), Some(day));
        assert_eq!(read(r#"{"minutes_ago":7}"#), Some(When::Recent { minutes_ago: 7 }));
        assert_eq!(read(r#"{"minutes_ago":7,"at":"09:05"}"#), None);
    }
}
