//! `[support]`: who answers inquiries, and when.

use jiff::{
    Timestamp,
    civil::{Date, Time, Weekday},
    tz::{Offset, TimeZone},
};
use serde::Deserialize;

use crate::{Error, Result};

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
    /// Days on which nobody is there, `2026-12-29`: the holidays too, which the program does not know by itself.
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

impl Support {
    /// `月・火・水・木・金 09:00から17:00まで`.
    pub fn hours(&self) -> String {
        let days: Vec<_> =
            DAYS.iter().filter(|d| self.weekdays.iter().any(|w| w == d.0)).map(|d| d.2).collect();
        format!("{} {}から{}まで", days.join("・"), self.opens, self.closes)
    }

    /// Whether somebody is there now.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let here = now.to_zoned(TimeZone::fixed(Offset::constant(9)));
        let day = DAYS.iter().any(|d| d.1 == here.weekday() && self.weekdays.iter().any(|w| w == d.0));
        let closed = self.closed_on.iter().any(|d| d.parse::<Date>().is_ok_and(|d| d == here.date()));
        let from_to = (self.opens.parse::<Time>(), self.closes.parse::<Time>());
        day && !closed && matches!(from_to, (Ok(from), Ok(to)) if (from..to).contains(&here.time()))
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
# Days on which nobody answers, holidays included: ["2026-12-29", "2026-12-30"]
closed_on = []
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desk_is_there_in_its_hours_and_not_on_closed_days() {
        let desk = Support { closed_on: vec!["2026-11-23".into()], ..Support::default() };
        let open = |at: &str| desk.is_open(at.parse().expect("a time"));
        assert!(open("2026-11-24T09:00:00+09:00") && open("2026-11-24T16:59:59+09:00"));
        assert!(!open("2026-11-24T08:59:59+09:00") && !open("2026-11-24T17:00:00+09:00"));
        assert!(!open("2026-11-23T10:00:00+09:00"), "a closed Monday");
        assert!(!open("2026-11-22T10:00:00+09:00"), "a Sunday");
        assert_eq!(desk.hours(), "月・火・水・木・金 09:00から17:00まで");
    }

    #[test]
    fn what_is_no_hour_and_no_day_is_refused() {
        assert!(Support::default().check().is_ok());
        assert!(Support { opens: "nine".into(), ..Support::default() }.check().is_err());
        assert!(Support { weekdays: vec!["月".into()], ..Support::default() }.check().is_err());
        assert!(Support { closed_on: vec!["soon".into()], ..Support::default() }.check().is_err());
    }
}
