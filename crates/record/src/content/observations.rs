use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::prints_nothing;
use crate::moment;

/// Something was measured on the patient.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// The id of this record.
    pub id: Uuid,
    /// What was measured: a LOINC code, or one of the product's own where there is none.
    pub code: String,
    /// The numbers: one, or those of a panel (systolic and diastolic).
    pub values: Vec<Measured>,
    /// When, as the person says; never later than the record.
    #[serde(with = "moment")]
    pub measured_at: Timestamp,
    /// With what, in the person's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// On which part of the body: the key of a wound's site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The team post in whose text it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<Uuid>,
    /// Whatever else belongs to it, in the person's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether the person was asked about an unusual value and kept it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
}

/// One number. Written as text, so that none can be rounded or spelled in two ways: digits, and a point with digits
/// behind it only where they are not zero.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// LOINC, or one of the product's own.
    pub code: String,
    /// As above.
    pub value: String,
    /// UCUM.
    pub unit: String,
}

/// Between which values a measurement of this patient should lie from here on. Without either end: no range any more.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceRange {
    /// The id of this record.
    pub id: Uuid,
    /// The code of the number.
    pub code: String,
    /// UCUM.
    pub unit: String,
    /// The lowest value within the range, written like a measured one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<String>,
    /// The highest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<String>,
    /// Why, in the author's words.
    pub reason: String,
}

/// A posted picture shows a wound at a place of the body.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WoundPicture {
    /// The id of this record.
    pub id: Uuid,
    /// The picture.
    pub file: Uuid,
    /// The post that carries it.
    pub post: Uuid,
    /// The key of the site.
    pub site: String,
}

prints_nothing!(Observation, Measured, ReferenceRange, WoundPicture);
