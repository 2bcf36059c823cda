//! Which days a page of the calendar shows, and what its neighbours are. Pure.

use jiff::{ToSpan, civil::Date};

use crate::words::{self, is_english};

/// A month in whole weeks, or one week; both begin on Monday, as care plans do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Its first day.
    Month(Date),
    /// Its Monday.
    Week(Date),
}

fn monday(day: Date) -> Date {
    let back = i64::from(day.weekday().to_monday_zero_offset());
    day.checked_sub(back.days()).unwrap_or(day)
}

impl Span {
    /// From the address: `?month=2026-12` or `?week=2026-11-23`; the month of today without either. `None`: no such time.
    pub fn parse(month: Option<&str>, week: Option<&str>, today: Date) -> Option<Self> {
        let near = |day: Date| (2000..2100).contains(&day.year()).then_some(day);
        match (month, week) {
            (None, None) => Some(Self::Month(today.first_of_month())),
            (Some(month), None) => near(format!("{month}-01").parse().ok()?).map(Self::Month),
            (None, Some(week)) => near(week.parse().ok()?).map(|day| Self::Week(monday(day))),
            _ => None,
        }
    }

    /// First and last day shown.
    pub fn days(self) -> (Date, Date) {
        let sunday = |day: Date| monday(day).checked_add(6.days()).unwrap_or(day);
        match self {
            Self::Month(first) => (monday(first), sunday(first.last_of_month())),
            Self::Week(first) => (first, sunday(first)),
        }
    }

    /// Whether a day is of the month, and not only of its first or last week.
    pub fn holds(self, day: Date) -> bool {
        match self {
            Self::Month(first) => (day.year(), day.month()) == (first.year(), first.month()),
            Self::Week(_) => true,
        }
    }

    pub fn before(self) -> Self {
        match self {
            Self::Month(first) => Self::Month(first.checked_sub(1.month()).unwrap_or(first)),
            Self::Week(first) => Self::Week(first.checked_sub(7.days()).unwrap_or(first)),
        }
    }

    pub fn after(self) -> Self {
        match self {
            Self::Month(first) => Self::Month(first.checked_add(1.month()).unwrap_or(first)),
            Self::Week(first) => Self::Week(first.checked_add(7.days()).unwrap_or(first)),
        }
    }

    /// The other way of looking, at the same time: today's week where it shows today.
    pub fn other(self, today: Date) -> Self {
        let (from, to) = self.days();
        let at = if (from..=to).contains(&today) { today } else { from };
        match self {
            Self::Month(first) => Self::Week(monday(if self.holds(today) { today } else { first })),
            Self::Week(_) => Self::Month(at.first_of_month()),
        }
    }

    /// What stands behind `?` in its address.
    pub fn query(self) -> String {
        match self {
            Self::Month(first) => format!("month={}", first.strftime("%Y-%m")),
            Self::Week(first) => format!("week={first}"),
        }
    }

    /// `2026年12月`, `11月30日〜12月6日`.
    pub fn label(self) -> String {
        match self {
            Self::Month(first) if is_english() => words::month_of_year(first),
            Self::Month(first) => format!("{}年{}月", first.year(), first.month()),
            Self::Week(first) => {
                let (_, last) = self.days();
                if is_english() {
                    return format!("{} – {}", words::day(first, false), words::day(last, false));
                }
                format!("{}月{}日〜{}月{}日", first.month(), first.day(), last.month(), last.day())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn months_come_in_whole_weeks_and_lead_over_the_year() {
        let today = date(2026, 12, 31);
        let month = Span::parse(None, None, today).unwrap();
        assert_eq!(month.days(), (date(2026, 11, 30), date(2027, 1, 3)));
        assert_eq!((month.label(), month.after().query()), ("2026年12月".into(), "month=2027-01".into()));
        assert!(month.holds(date(2026, 12, 1)) && !month.holds(date(2027, 1, 1)));
        assert_eq!(month.other(today), Span::Week(date(2026, 12, 28)));
        let leap = Span::parse(Some("2028-02"), None, today).unwrap();
        assert_eq!(leap.days(), (date(2028, 1, 31), date(2028, 3, 5)));
        let week = Span::parse(None, Some("2026-12-31"), today).unwrap();
        assert_eq!(week.days(), (date(2026, 12, 28), date(2027, 1, 3)));
        assert_eq!(
            (week.label(), week.before().query()),
            ("12月28日〜1月3日".into(), "week=2026-12-21".into())
        );
        for bad in ["2026-13", "x", "2026", "9999-12"] {
            assert_eq!(Span::parse(Some(bad), None, today), None, "{bad}");
        }
    }
}
