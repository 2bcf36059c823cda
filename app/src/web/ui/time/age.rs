//! Ages from birth dates that are not always known to the day.

use jiff::civil::Date;

use crate::words::{fill, t};

/// The age in completed years on `today`, from `1934-03-03`, `1934-03` or `1934` (FHIR's date precision).
///
/// The second part is false when the birthday is not known well enough to be sure: the age is then the one reached
/// in this year or month at the latest. `None` for anything else, and for the future.
pub fn age(birth_date: &str, today: Date) -> Option<(i16, bool)> {
    let (year, rest) = birth_date.split_at_checked(4)?;
    let year: i16 = digits(year)?;
    let years = today.year() - year;
    let (years, sure) = match rest.len() {
        0 => (years, false),
        3 => {
            let month: i8 = digits(rest.strip_prefix('-')?).filter(|month| (1..=12).contains(month))?;
            (years - i16::from(today.month() < month), today.month() != month)
        }
        6 => {
            let day: Date = birth_date.parse().ok()?;
            (years - i16::from((today.month(), today.day()) < (day.month(), day.day())), true)
        }
        _ => return None,
    };
    (years >= 0).then_some((years, sure))
}

/// 92歳, or 約92歳 when the birthday is not known well enough; empty when there is no age.
pub fn age_words(birth_date: &str, today: Date) -> String {
    match age(birth_date, today) {
        Some((years, true)) => fill(t("{years}歳"), &[("years", &years)]),
        Some((years, false)) => fill(t("約{years}歳"), &[("years", &years)]),
        None => String::new(),
    }
}

fn digits<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn ages_from_whole_and_partial_dates() {
        let today = date(2026, 11, 17);
        let table = [
            ("1934-03-03", "92歳"),
            ("1934-11-17", "92歳"),
            ("1934-11-18", "91歳"),
            ("2024-02-29", "2歳"),
            ("1934-05", "92歳"),
            ("1934-12", "91歳"),
            ("1934-11", "約92歳"),
            ("1934", "約92歳"),
            ("2026-11-17", "0歳"),
            ("2027", ""),
            ("2026-12-01", ""),
            ("1934-13", ""),
            ("1934-02-30", ""),
            ("193", ""),
            ("昭和9年", ""),
            ("+934", ""),
        ];
        for (birth, words) in table {
            assert_eq!(age_words(birth, today), words, "{birth}");
        }
    }
}
