//! `[support]`: who answers inquiries, and when.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Time, Weekday},
};
use serde::Deserialize;

use crate::{Error, Result, holidays, japan};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Support {
    /// What the desk is called on the screens.
    pub name: String,
    /// Its telephone number; empty: none is shown.
    pub phone: String,
    /// Days on which somebody is there: `mon` … `sun`.
    pub weekdays: Vec<String>,
    /// From, `HH:MM` in Japan.
    pub opens: String,
    /// To.
    pub closes: String,
    /// Whether somebody is there on Japanese holidays that fall on one of the weekdays.
    pub on_holidays: bool,
    /// More days on which nobody is there, `2026-12-29`.
    pub closed_on: Vec<String>,
}

impl Default for Support {
    fn default() -> Self {
        Self {
            name: "運営の窓口".into(),
            phone: String::new(),
            weekdays: ["mon", "tue", "wed", "thu", "fri"].map(str::to_owned).to_vec(),
            opens: "09:00".into(),
            closes: "17:00".into(),
            on_holidays: false,
            closed_on: Vec::new(),
        }
    }
}

const DAYS: [(&str, Weekday, &str); 7] = [
    ("mon", Weekday::Monday, "月"),
    ("tue", Weekday::Tuesday, "火"),
    ("wed", Weekday::Wednesday, "水"),
    ("thu", Weekday::Thursday, "木"),
    ("fri", Weekday::Friday, "金"),
    ("sat", Weekday::Saturday, "土"),
    ("sun", Weekday::Sunday, "日"),
];

/// What the desk's day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    Working,
    /// Nobody is there all day; the holiday's name where it is one.
    Off(Option<&'static str>),
}

/// What the desk's page says of this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desk {
    Open,
    /// Before or after the hours of a working day, or on a day off.
    Closed(Day),
}

/// How far ahead the next working day is looked for.
const AHEAD: usize = 400;

fn in_japan(at: Timestamp) -> DateTime {
    at.to_zoned(japan::zone()).datetime()
}

impl Support {
    /// `月・火・水・木・金 09:00から17:00まで（祝日は休み）`.
    pub fn hours(&self) -> String {
        let days: Vec<_> =
            DAYS.iter().filter(|d| self.weekdays.iter().any(|w| w == d.0)).map(|d| d.2).collect();
        let holidays = if self.on_holidays { "" } else { "（祝日は休み）" };
        format!("{} {}から{}まで{holidays}", days.join("・"), self.opens, self.closes)
    }

    fn day(&self, day: Date) -> Day {
        let holiday = holidays::name(day).filter(|_| !self.on_holidays);
        let weekday = DAYS.iter().any(|d| d.1 == day.weekday() && self.weekdays.iter().any(|w| w == d.0));
        let closed = self.closed_on.iter().any(|d| d.parse::<Date>().is_ok_and(|d| d == day));
        if weekday && !closed && holiday.is_none() { Day::Working } else { Day::Off(holiday) }
    }

    /// From and to, on a working day. Both were checked.
    fn opening_times(&self) -> Option<(Time, Time)> {
        Some((self.opens.parse().ok()?, self.closes.parse().ok()?))
    }

    /// Whether somebody is there now, and if not, what kind of day it is.
    pub fn now(&self, at: Timestamp) -> Desk {
        let here = in_japan(at);
        let day = self.day(here.date());
        let open = self.opening_times().is_some_and(|(from, to)| (from..to).contains(&here.time()));
        if day == Day::Working && open { Desk::Open } else { Desk::Closed(day) }
    }

    /// When somebody is there again, after a moment at which nobody is. `None`: not within a year.
    pub fn next_opening(&self, at: Timestamp) -> Option<DateTime> {
        let here = in_japan(at);
        let (from, _) = self.opening_times()?;
        let days = here.date().series(1.day()).take(AHEAD);
        days.filter(|day| self.day(*day) == Day::Working).map(|day| day.to_datetime(from)).find(|t| *t > here)
    }

    pub(super) fn check(&self) -> Result<()> {
        let day = |d: &String| DAYS.iter().any(|known| known.0 == d);
        let wrong = |what: &str| Err(Error::Internal(format!("support.{what}")));
        if !self.weekdays.iter().all(day) {
            return wrong("weekdays: use mon, tue, wed, thu, fri, sat, sun");
        }
        if self.opens.parse::<Time>().is_err() || self.closes.parse::<Time>().is_err() {
            return wrong("opens and support.closes: use HH:MM");
        }
        if self.closed_on.iter().any(|d| d.parse::<Date>().is_err()) {
            return wrong("closed_on: use dates like 2026-12-29");
        }
        Ok(())
    }
}

pub(super) const EXAMPLE: &str = r#"
# The support desk: what the inquiry page says. Inquiries are answered in the operator's console.
[support]
name = "運営の窓口"
phone = ""
weekdays = ["mon", "tue", "wed", "thu", "fri"]
opens = "09:00"
closes = "17:00"
# Whether somebody answers on Japanese holidays too. The program knows them.
on_holidays = false
# More days on which nobody answers: ["2026-12-29", "2026-12-30"]
closed_on = []
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn the_desk_is_there_in_its_hours_and_not_on_holidays_and_closed_days() {
        let desk = Support { closed_on: vec!["2026-11-25".into()], ..Support::default() };
        let now = |text: &str| desk.now(at(text));
        assert_eq!([now("2026-11-24T09:00:00+09:00"), now("2026-11-24T16:59:59+09:00")], [Desk::Open; 2]);
        let out_of_hours = Desk::Closed(Day::Working);
        assert_eq!([now("2026-11-24T08:59:59+09:00"), now("2026-11-24T17:00:00+09:00")], [out_of_hours; 2]);
        assert_eq!(
            now("2026-11-23T10:00:00+09:00"),
            Desk::Closed(Day::Off(Some("勤労感謝の日"))),
            "a Monday"
        );
        assert_eq!(now("2026-11-22T10:00:00+09:00"), Desk::Closed(Day::Off(None)), "a Sunday");
        assert_eq!(now("2026-11-25T10:00:00+09:00"), Desk::Closed(Day::Off(None)), "closed");
        assert_eq!(desk.hours(), "月・火・水・木・金 09:00から17:00まで（祝日は休み）");
        let every = Support { on_holidays: true, ..Support::default() };
        assert_eq!(every.now(at("2026-11-23T10:00:00+09:00")), Desk::Open);
        assert_eq!(every.hours(), "月・火・水・木・金 09:00から17:00まで");
    }

    #[test]
    fn the_next_opening_lies_behind_holidays_week_ends_and_closed_days() {
        let desk = Support { closed_on: vec!["2026-05-07".into()], ..Support::default() };
        let next = |text: &str| desk.next_opening(at(text)).expect("within a year").to_string();
        assert_eq!(next("2026-11-24T08:00:00+09:00"), "2026-11-24T09:00:00");
        assert_eq!(next("2026-11-24T18:00:00+09:00"), "2026-11-25T09:00:00");
        assert_eq!(next("2026-11-20T17:00:00+09:00"), "2026-11-24T09:00:00", "a week end and a holiday");
        assert_eq!(
            next("2026-05-01T17:00:00+09:00"),
            "2026-05-08T09:00:00",
            "the golden week and a closed day"
        );
        assert_eq!(next("2026-11-23T23:30:00Z"), "2026-11-24T09:00:00", "half past eight in Japan");
        let never = Support { weekdays: Vec::new(), ..Support::default() };
        assert_eq!(never.next_opening(at("2026-11-24T08:00:00+09:00")), None);
    }

    #[test]
    fn what_is_no_hour_and_no_day_is_refused() {
        assert!(Support::default().check().is_ok());
        assert!(Support { opens: "nine".into(), ..Support::default() }.check().is_err());
        assert!(Support { weekdays: vec!["月".into()], ..Support::default() }.check().is_err());
        assert!(Support { closed_on: vec!["soon".into()], ..Support::default() }.check().is_err());
    }
}
