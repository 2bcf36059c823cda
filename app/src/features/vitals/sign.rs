//! What is measured: names, codes (LOINC), units (UCUM), and how a number of it is written.

use std::{fmt, str::FromStr};

use crate::words::t;

/// A vital sign or a measure of a wound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sign {
    BloodPressure,
    Pulse,
    Temperature,
    Spo2,
    Respiration,
    Weight,
    Glucose,
    /// Length and width of a wound.
    WoundSize,
    /// The sum of the DESIGN-R scale for pressure ulcers.
    DesignR,
}

/// One number of a sign: blood pressure and the size of a wound have two, the others one.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// LOINC, but for what it has no code.
    pub code: &'static str,
    /// What the code is called there.
    pub display: &'static str,
    /// Its name on the screens where the sign has two parts, else that of the sign.
    pub name: &'static str,
    /// UCUM.
    pub unit: &'static str,
    /// Digits after the point that are taken at most.
    pub places: u8,
    /// Beyond these nothing that lives is measured: refused.
    pub possible: (i32, i32),
    /// Within these nobody asks. In hundredths, like `possible`.
    pub usual: (i32, i32),
}

/// What has no LOINC code is named in this system.
pub const OWN_SYSTEM: &str = "urn:renkei:observation";

const fn part(
    code: &'static str,
    display: &'static str,
    name: &'static str,
    unit: &'static str,
    places: u8,
    possible: (i32, i32),
    usual: (i32, i32),
) -> Part {
    Part {
        code,
        display,
        name,
        unit,
        places,
        possible: (possible.0 * 100, possible.1 * 100),
        usual: (usual.0 * 100, usual.1 * 100),
    }
}

static BLOOD_PRESSURE: [Part; 2] = [
    part("8480-6", "Systolic blood pressure", "最高血圧", "mm[Hg]", 0, (20, 350), (70, 220)),
    part("8462-4", "Diastolic blood pressure", "最低血圧", "mm[Hg]", 0, (10, 250), (30, 130)),
];
static PULSE: [Part; 1] = [part("8867-4", "Heart rate", "脈拍", "/min", 0, (10, 350), (35, 170))];
static TEMPERATURE: [Part; 1] = [part("8310-5", "Body temperature", "体温", "Cel", 2, (20, 45), (34, 42))];
static SPO2: [Part; 1] = [part(
    "59408-5",
    "Oxygen saturation in Arterial blood by Pulse oximetry",
    "SpO₂",
    "%",
    0,
    (10, 100),
    (75, 100),
)];
static RESPIRATION: [Part; 1] = [part("9279-1", "Respiratory rate", "呼吸数", "/min", 0, (0, 120), (6, 50))];
static WEIGHT: [Part; 1] = [part("29463-7", "Body weight", "体重", "kg", 2, (0, 500), (20, 150))];
static GLUCOSE: [Part; 1] =
    [part("2339-0", "Glucose [Mass/volume] in Blood", "血糖", "mg/dL", 0, (5, 2000), (40, 500))];
static WOUND_SIZE: [Part; 2] = [
    part("39126-8", "Length of Wound", "長さ", "mm", 0, (0, 1000), (0, 400)),
    part("39125-0", "Width of Wound", "幅", "mm", 0, (0, 1000), (0, 400)),
];
static DESIGN_R: [Part; 1] =
    [part("design-r-total", "DESIGN-R total score", "DESIGN-R", "{score}", 0, (0, 66), (0, 66))];

impl Sign {
    /// The vital signs, in the order of forms and tables.
    pub const VITAL: [Self; 7] = [
        Self::Temperature,
        Self::BloodPressure,
        Self::Pulse,
        Self::Spo2,
        Self::Respiration,
        Self::Weight,
        Self::Glucose,
    ];
    pub const ALL: [Self; 9] = [
        Self::Temperature,
        Self::BloodPressure,
        Self::Pulse,
        Self::Spo2,
        Self::Respiration,
        Self::Weight,
        Self::Glucose,
        Self::WoundSize,
        Self::DesignR,
    ];

    /// LOINC; the panel's code where the sign has parts.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BloodPressure => "85354-9",
            Self::WoundSize => "39126-8x39125-0",
            Self::Pulse => "8867-4",
            Self::Temperature => "8310-5",
            Self::Spo2 => "59408-5",
            Self::Respiration => "9279-1",
            Self::Weight => "29463-7",
            Self::Glucose => "2339-0",
            Self::DesignR => "design-r-total",
        }
    }

    /// By its own code, or by that of one of its parts.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|sign| sign.code() == code || sign.parts().iter().any(|part| part.code == code))
    }

    /// Whose codes it has.
    pub const fn system(self) -> &'static str {
        match self {
            Self::WoundSize | Self::DesignR => OWN_SYSTEM,
            _ => "http://loinc.org",
        }
    }

    pub const fn display(self) -> &'static str {
        match self {
            Self::BloodPressure => "Blood pressure panel with all children optional",
            Self::WoundSize => "Size of wound",
            _ => self.parts()[0].display,
        }
    }

    pub const fn parts(self) -> &'static [Part] {
        match self {
            Self::BloodPressure => &BLOOD_PRESSURE,
            Self::Pulse => &PULSE,
            Self::Temperature => &TEMPERATURE,
            Self::Spo2 => &SPO2,
            Self::Respiration => &RESPIRATION,
            Self::Weight => &WEIGHT,
            Self::Glucose => &GLUCOSE,
            Self::WoundSize => &WOUND_SIZE,
            Self::DesignR => &DESIGN_R,
        }
    }

    /// As the screens call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BloodPressure => t("血圧"),
            Self::WoundSize => t("大きさ"),
            _ => t(self.parts()[0].name),
        }
    }

    /// As people write the unit.
    pub fn unit(self) -> &'static str {
        match self {
            Self::BloodPressure => "mmHg",
            Self::Pulse | Self::Respiration => t("回/分"),
            Self::Temperature => "℃",
            Self::Spo2 => "%",
            Self::Weight => "kg",
            Self::Glucose => "mg/dL",
            Self::WoundSize => "mm",
            Self::DesignR => t("点"),
        }
    }

    /// For names of form fields and addresses.
    pub const fn key(self) -> &'static str {
        match self {
            Self::BloodPressure => "blood_pressure",
            Self::Pulse => "pulse",
            Self::Temperature => "temperature",
            Self::Spo2 => "spo2",
            Self::Respiration => "respiration",
            Self::Weight => "weight",
            Self::Glucose => "glucose",
            Self::WoundSize => "wound_size",
            Self::DesignR => "design_r",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sign| sign.key() == key)
    }

    /// Whether it stands on the page of vital signs.
    pub fn is_vital(self) -> bool {
        Self::VITAL.contains(&self)
    }

    /// `130/80`, `37.2`, `24×18`.
    pub fn written(self, values: &[Amount]) -> String {
        let between = if self == Self::WoundSize { "×" } else { "/" };
        values.iter().map(Amount::to_string).collect::<Vec<_>>().join(between)
    }
}

/// A measured number, exact to a hundredth, never below zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount(i32);

/// Not a number as people write one: digits, perhaps a point and up to two more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnAmount;

impl Amount {
    pub const fn hundredths(hundredths: i32) -> Self {
        Self(hundredths)
    }

    pub const fn whole(n: i32) -> Self {
        Self(n * 100)
    }

    pub const fn as_hundredths(self) -> i32 {
        self.0
    }

    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// How many digits stand after the point.
    pub const fn places(self) -> u8 {
        if self.0 % 100 == 0 {
            0
        } else if self.0 % 10 == 0 {
            1
        } else {
            2
        }
    }
}

impl FromStr for Amount {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str, most| {
            let fine = !part.is_empty() && part.len() <= most && part.bytes().all(|b| b.is_ascii_digit());
            if fine { part.parse::<i32>().map_err(|_| NotAnAmount) } else { Err(NotAnAmount) }
        };
        let (whole, hundredths) = (digits(whole, 5)?, digits(fraction, 2)?);
        Ok(Self(whole * 100 + if fraction.len() == 1 { hundredths * 10 } else { hundredths }))
    }
}

/// The only spelling: no zeros behind the point.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        match self.places() {
            0 => write!(f, "{whole}"),
            1 => write!(f, "{whole}.{}", rest / 10),
            _ => write!(f, "{whole}.{rest:02}"),
        }
    }
}

/// A value is the patient's: it does not print in logs.
impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Amount(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_one_spelling() {
        for (typed, written) in [
            ("37.2", "37.2"),
            ("37.20", "37.2"),
            ("37", "37"),
            ("37.0", "37"),
            ("52.35", "52.35"),
            ("0.05", "0.05"),
        ] {
            assert_eq!(typed.parse::<Amount>().unwrap().to_string(), written);
        }
        for bad in ["", ".", "37.", ".5", "-1", "+1", "37.123", "1e3", "３７", "1 0", "123456"] {
            assert!(bad.parse::<Amount>().is_err(), "{bad}");
        }
    }

    #[test]
    fn every_sign_is_found_by_its_codes() {
        for sign in Sign::ALL {
            assert_eq!(Sign::from_code(sign.code()), Some(sign));
            assert_eq!(Sign::from_key(sign.key()), Some(sign));
            for part in sign.parts() {
                assert_eq!(Sign::from_code(part.code), Some(sign));
                assert!(part.possible.0 <= part.usual.0 && part.usual.1 <= part.possible.1, "{}", part.name);
            }
        }
        assert_eq!(Sign::from_code("0"), None);
    }
}
