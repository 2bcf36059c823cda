//! A birth date of which only the year, or year and month, may be known (FHIR `date`).

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::web::ui::time::era_year;
use crate::words::{self, is_english};

/// `1934`, `1934-03` or `1934-03-03`; always a date that exists, not before 1868.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BirthDate {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
}

/// The text is not a date, or not one that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a birth date: expected YYYY, YYYY-MM or YYYY-MM-DD from 1868 on")]
pub struct NotABirthDate;

impl FromStr for BirthDate {
    type Err = NotABirthDate;

    fn from_str(text: &str) -> Result<Self, NotABirthDate> {
        let mut parts = text.split('-');
        let year =
            digits(parts.next(), 4)?.filter(|year| (1868..=2999).contains(year)).ok_or(NotABirthDate)?;
        let month = digits(parts.next(), 2)?.map(|m| m as i8);
        let day = digits(parts.next(), 2)?.map(|d| d as i8);
        if parts.next().is_some() {
            return Err(NotABirthDate);
        }
        Date::new(year, month.unwrap_or(1), day.unwrap_or(1)).map_err(|_| NotABirthDate)?;
        Ok(Self { year, month, day })
    }
}

/// A part of exactly `len` ASCII digits, or no part at all.
fn digits(part: Option<&str>, len: usize) -> Result<Option<i16>, NotABirthDate> {
    match part {
        None => Ok(None),
        Some(part) if part.len() == len && part.bytes().all(|b| b.is_ascii_digit()) => {
            part.parse().map(Some).map_err(|_| NotABirthDate)
        }
        Some(_) => Err(NotABirthDate),
    }
}

impl BirthDate {
    /// As people read it, with the Japanese era: `1934年(昭和9年)3月3日`. Where the day is not known, the era is
    /// the one of the first day that it may be.
    pub fn shown(self) -> String {
        let first = Date::new(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1)).ok();
        if is_english() {
            return self.in_english();
        }
        let mut text = format!("{}年", self.year);
        if let Some(era) = first.and_then(era_year) {
            text.push_str(&format!("({era})"));
        }
        if let Some(month) = self.month {
            text.push_str(&format!("{month}月"));
        }
        if let Some(day) = self.day {
            text.push_str(&format!("{day}日"));
        }
        text
    }

    fn in_english(self) -> String {
        let first = Date::new(self.year, self.month.unwrap_or(1), 1).ok();
        match (first, self.month, self.day) {
            (Some(first), Some(_), Some(day)) => format!("{day} {}", words::month_of_year(first)),
            (Some(first), Some(_), None) => words::month_of_year(first),
            _ => self.year.to_string(),
        }
    }
}

impl fmt::Display for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn born(text: &str) -> BirthDate {
        text.parse().expect("a birth date")
    }

    #[test]
    fn keeps_what_is_known_and_no_more() {
        for text in ["1934", "1934-03", "1934-03-03", "2024-02-29"] {
            assert_eq!(born(text).to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "",
            "34",
            "1934-3",
            "1934-13",
            "1934-02-30",
            "2023-02-29",
            "1934-03-03-01",
            "1800",
            "-1934",
            "１９３４",
        ] {
            assert_eq!(text.parse::<BirthDate>(), Err(NotABirthDate), "{text}");
        }
    }

    #[test]
    fn shows_the_era() {
        assert_eq!(born("1934-03-03").shown(), "1934年(昭和9年)3月3日");
        assert_eq!(born("1934-03").shown(), "1934年(昭和9年)3月");
        assert_eq!(born("1926-12-24").shown(), "1926年(大正15年)12月24日");
        assert_eq!(born("1926-12-25").shown(), "1926年(昭和元年)12月25日");
        assert_eq!(born("1989-01-08").shown(), "1989年(平成元年)1月8日");
        assert_eq!(born("2019-05").shown(), "2019年(令和元年)5月");
        assert_eq!(born("1934").shown(), "1934年(昭和9年)");
    }
}
