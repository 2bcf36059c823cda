//! What a clinician would say of a value, and of who may say so.

use super::sign::{Amount, Part, Sign};

use crate::words::{fill, t};

/// How a value looks by itself, whoever the patient is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Usual,
    /// It happens. Whoever records it is asked once.
    Unusual,
    /// Nobody lives with it: a slip of the pen, which is not recorded.
    Impossible,
}

pub fn look(part: &Part, value: Amount) -> Look {
    let lies = |(low, high): (i32, i32)| (low..=high).contains(&value.as_hundredths());
    if !lies(part.possible) || value.places() > part.places {
        Look::Impossible
    } else if lies(part.usual) {
        Look::Usual
    } else {
        Look::Unusual
    }
}

/// The worst look of all numbers of one measurement.
pub fn look_of(sign: Sign, values: &[Amount]) -> Look {
    let looks: Vec<Look> = sign.parts().iter().zip(values).map(|(part, value)| look(part, *value)).collect();
    let turned = sign == Sign::BloodPressure && values.len() == 2 && values[0] <= values[1];
    if turned || looks.contains(&Look::Impossible) {
        Look::Impossible
    } else if looks.contains(&Look::Unusual) {
        Look::Unusual
    } else {
        Look::Usual
    }
}

/// Between which values a number of one patient should lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    pub low: Option<Amount>,
    pub high: Option<Amount>,
}

/// On which side a value lies beyond a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Low,
    High,
}

impl Side {
    /// As the screens say it; never by colour alone.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => t("範囲より低い"),
            Self::High => t("範囲より高い"),
        }
    }

    pub fn short(self) -> &'static str {
        match self {
            Self::Low => t("低"),
            Self::High => t("高"),
        }
    }
}

impl Range {
    pub fn is_empty(&self) -> bool {
        self.low.is_none() && self.high.is_none()
    }

    /// The ends themselves lie within.
    pub fn crossed(&self, value: Amount) -> Option<Side> {
        if self.low.is_some_and(|low| value < low) {
            Some(Side::Low)
        } else if self.high.is_some_and(|high| value > high) {
            Some(Side::High)
        } else {
            None
        }
    }

    /// `36〜37.5`, `37.5以下`, `90以上`.
    pub fn words(&self) -> String {
        match (self.low, self.high) {
            (Some(low), Some(high)) => fill(t("{low}〜{high}"), &[("low", &low), ("high", &high)]),
            (Some(low), None) => fill(t("{low}以上"), &[("low", &low)]),
            (None, Some(high)) => fill(t("{high}以下"), &[("high", &high)]),
            (None, None) => t("なし").to_owned(),
        }
    }
}

/// A range that makes sense: possible ends, the lower below the higher.
pub fn is_sensible(part: &Part, range: Range) -> bool {
    let possible = |end: Option<Amount>| end.is_none_or(|end| look(part, end) != Look::Impossible);
    let ordered = match (range.low, range.high) {
        (Some(low), Some(high)) => low < high,
        _ => true,
    };
    possible(range.low) && possible(range.high) && ordered
}

/// What is usual at an age: a hint beside the form of ranges, and nothing else. Years; `None` where the age is not known.
pub fn hint(part: &Part, age: Option<i32>) -> Option<Range> {
    let child = age.is_some_and(|age| age < 15);
    let range = |low: i32, high: i32| {
        Some(Range { low: Some(Amount::hundredths(low)), high: Some(Amount::hundredths(high)) })
    };
    match (part.code, child) {
        ("8310-5", _) => range(3550, 3740),
        ("8480-6", false) => range(9000, 14_900),
        ("8462-4", false) => range(5000, 8900),
        ("8867-4", false) => range(5000, 9900),
        ("9279-1", false) => range(1200, 2400),
        ("59408-5", _) => Some(Range { low: Some(Amount::whole(93)), high: None }),
        _ => None,
    }
}

/// A measurement lies in the past.
pub fn was_measured(at: jiff::Timestamp, now: jiff::Timestamp) -> bool {
    at <= now
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(texts: &[&str]) -> Vec<Amount> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn slips_of_the_pen_are_told_from_rare_values() {
        let look = |sign, texts: &[&str]| look_of(sign, &values(texts));
        assert_eq!(look(Sign::Temperature, &["37.2"]), Look::Usual);
        assert_eq!(look(Sign::Temperature, &["33.1"]), Look::Unusual);
        assert_eq!(look(Sign::Temperature, &["73.2"]), Look::Impossible);
        assert_eq!(look(Sign::BloodPressure, &["230", "110"]), Look::Unusual);
        assert_eq!(look(Sign::BloodPressure, &["80", "130"]), Look::Impossible);
        assert_eq!(look(Sign::Pulse, &["72.5"]), Look::Impossible, "a pulse has no point");
        assert_eq!(look(Sign::Spo2, &["101"]), Look::Impossible);
    }

    #[test]
    fn the_ends_of_a_range_lie_within() {
        let range = Range { low: Some("36".parse().unwrap()), high: Some("37.5".parse().unwrap()) };
        let crossed = |text: &str| range.crossed(text.parse().unwrap());
        assert_eq!((crossed("36"), crossed("37.5")), (None, None));
        assert_eq!((crossed("35.9"), crossed("37.6")), (Some(Side::Low), Some(Side::High)));
        assert_eq!(range.words(), "36〜37.5");
        let part = &Sign::Temperature.parts()[0];
        assert!(is_sensible(part, range));
        assert!(!is_sensible(part, Range { low: range.high, high: range.low }));
        assert!(!is_sensible(part, Range { low: None, high: Some("375".parse().unwrap()) }));
    }
}
