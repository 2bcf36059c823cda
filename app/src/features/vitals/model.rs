//! What is recorded, as it is parsed; what is read, as it is shown; and the shapes in JSON.

use std::borrow::Cow;

use jiff::Timestamp;
use record::Measured;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    rules::{self, Look, Range, Side},
    sign::{Amount, Part, Sign},
    sites,
};
use crate::words::{fill, t};
use crate::{FieldError, people::StaffBody, web::input};

pub const MAX_NOTE: usize = 200;
pub const MAX_DEVICE: usize = 60;
pub const MAX_REASON: usize = 300;

/// Where one patient's observations stand, for a member of the group.
#[derive(Debug, Clone)]
pub struct Place {
    pub group: Uuid,
    pub patient: Uuid,
    /// `None` until the first record.
    pub stream: Option<Uuid>,
    /// The stream's wrapped key, if there is a stream.
    pub(super) wrapped: Option<Vec<u8>>,
    pub(super) key_facility: Uuid,
    pub(super) key_version: i32,
    pub(super) key_facility_wrapped: Vec<u8>,
    pub archived: bool,
    pub host: bool,
    pub sets_ranges: bool,
}

/// A measurement to be recorded.
#[derive(Clone)]
pub struct NewObservation {
    pub client_id: Uuid,
    pub sign: Sign,
    pub values: Vec<Amount>,
    pub measured_at: Timestamp,
    /// The sender said when. Else it is when it came, and a second send comes at another time.
    pub timed: bool,
    pub device: Option<String>,
    /// The key of a wound's site.
    pub site: Option<String>,
    pub post: Option<Uuid>,
    pub note: Option<String>,
    /// The person was asked about an unusual value and kept it.
    pub confirmed: bool,
}

/// What became of the post from which a value came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Stands,
    Corrected,
    Withdrawn,
}

/// A recorded measurement.
#[derive(Clone)]
pub struct Observed {
    pub id: Uuid,
    pub seq: i64,
    pub sign: Sign,
    pub values: Vec<Amount>,
    pub measured_at: Timestamp,
    pub recorded_at: Timestamp,
    pub by: StaffBody,
    pub device: Option<String>,
    pub site: Option<String>,
    pub post: Option<Uuid>,
    pub note: Option<String>,
    pub confirmed: bool,
    pub source: Source,
    pub withdrawn: Option<Withdrawn>,
}

#[derive(Clone)]
pub struct Withdrawn {
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
}

/// One version of one range.
#[derive(Clone)]
pub struct RangeVersion {
    pub part: &'static Part,
    pub range: Range,
    pub reason: String,
    pub at: Timestamp,
    pub by: StaffBody,
}

/// A posted picture of a wound.
#[derive(Clone)]
pub struct WoundPicture {
    pub id: Uuid,
    pub file: Uuid,
    pub post: Uuid,
    pub site: String,
    pub at: Timestamp,
    pub by: StaffBody,
    pub withdrawn: bool,
}

/// What stands in the stream of one patient.
#[derive(Clone, Default)]
pub struct Chart {
    /// The newest measurement first.
    pub observed: Vec<Observed>,
    /// Every version, oldest first.
    pub ranges: Vec<RangeVersion>,
    pub pictures: Vec<WoundPicture>,
}

crate::opaque_debug!(NewObservation, Observed, Withdrawn, RangeVersion, WoundPicture, Chart);

impl Observed {
    /// Whether the value still counts: not withdrawn, and its post stands.
    pub fn counts(&self) -> bool {
        self.withdrawn.is_none() && self.source == Source::Stands
    }
}

impl Chart {
    /// The range of a number that holds now; empty where none was set.
    pub fn range(&self, part: &Part) -> Range {
        range_now(&self.ranges, part)
    }

    /// How each number of a measurement lies to the ranges of now.
    pub fn crossed(&self, sign: Sign, values: &[Amount]) -> Vec<Option<Side>> {
        crossed(&self.ranges, sign, values)
    }
}

pub fn range_now(ranges: &[RangeVersion], part: &Part) -> Range {
    ranges.iter().rev().find(|version| version.part.code == part.code).map(|v| v.range).unwrap_or_default()
}

pub fn crossed(ranges: &[RangeVersion], sign: Sign, values: &[Amount]) -> Vec<Option<Side>> {
    let each = sign.parts().iter().zip(values);
    each.map(|(part, value)| range_now(ranges, part).crossed(*value)).collect()
}

impl NewObservation {
    /// The rules that hold wherever a value comes from; `field` is what the person sees it under.
    ///
    /// # Errors
    /// An impossible value, an unusual one that was not confirmed, a time that has not come.
    pub fn check(&self, field: &str, now: Timestamp) -> Result<(), FieldError> {
        let field = || Cow::Owned(field.to_owned());
        let value = self.sign.written(&self.values);
        let (name, unit) = (self.sign.name(), self.sign.unit());
        match rules::look_of(self.sign, &self.values) {
            Look::Impossible => Err(FieldError::new(
                field(),
                "impossible",
                fill(
                    t("{name} {value}{unit} は、ありえない値です。数字を確かめてください。"),
                    &[("name", &name), ("value", &value), ("unit", &unit)],
                ),
            )),
            Look::Unusual if !self.confirmed => Err(FieldError::new(
                field(),
                "implausible",
                fill(
                    t(
                        "{name} {value}{unit} は、めったにない値です。まちがいなければ「この値で記録する」に印を付けてください。",
                    ),
                    &[("name", &name), ("value", &value), ("unit", &unit)],
                ),
            )),
            _ if !rules::was_measured(self.measured_at, now) => Err(FieldError::new(
                "measured_at",
                "in_the_future",
                t("測った時刻が、いまより先になっています。"),
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn as_record(&self, id: Uuid) -> record::Observation {
        let parts = self.sign.parts().iter().zip(&self.values);
        record::Observation {
            id,
            code: self.sign.code().to_owned(),
            values: parts
                .map(|(part, value)| Measured {
                    code: part.code.to_owned(),
                    value: value.to_string(),
                    unit: part.unit.to_owned(),
                })
                .collect(),
            measured_at: self.measured_at,
            device: self.device.clone(),
            site: self.site.clone(),
            post: self.post,
            note: self.note.clone(),
            confirmed: self.confirmed,
        }
    }
}

/// A number, or the digits of one.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Value {
    #[schema(value_type = f64)]
    Number(serde_json::Number),
    Text(String),
}

impl Value {
    fn amount(&self) -> Option<Amount> {
        match self {
            Self::Number(n) => n.to_string().parse().ok(),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComponentBody {
    pub code: String,
    pub value: Value,
    /// UCUM; may be left out.
    #[serde(default)]
    pub unit: Option<String>,
}

/// One measurement. A single number stands in `value`; systolic and diastolic pressure in `components`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservationBody {
    pub client_id: Uuid,
    /// LOINC: 85354-9 (with 8480-6 and 8462-4), 8867-4, 8310-5, 59408-5, 9279-1, 29463-7, 2339-0; for wounds 39126-8x39125-0 and design-r-total.
    pub code: String,
    #[serde(default)]
    pub value: Option<Value>,
    /// UCUM; may be left out.
    #[serde(default)]
    pub unit: Option<String>,
    #[serde(default)]
    pub components: Vec<ComponentBody>,
    /// Now where it is left out; never in the future.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub measured_at: Option<Timestamp>,
    #[serde(default)]
    pub device: Option<String>,
    /// The site of a wound.
    #[serde(default)]
    pub site: Option<String>,
    #[serde(default)]
    pub note: Option<String>,
    /// An unusual value is meant as it is.
    #[serde(default)]
    pub confirmed: bool,
}

crate::opaque_debug!(Value, ComponentBody, ObservationBody);

impl ObservationBody {
    /// # Errors
    /// Every field that cannot be taken.
    pub fn parse(&self, now: Timestamp) -> Result<NewObservation, Vec<FieldError>> {
        let Some(sign) = Sign::from_code(&self.code) else {
            return Err(vec![FieldError::new("code", "unknown", t("このコードの測定は記録できません。"))]);
        };
        let mut problems = Vec::new();
        let mut values = Vec::new();
        for part in sign.parts() {
            match self.number(sign, part) {
                Ok(value) => values.push(value),
                Err(problem) => problems.push(problem),
            }
        }
        let mut optional = |field: &'static str, typed: &Option<String>, max| {
            let read = input::optional_text(field, typed.as_deref().unwrap_or_default(), max);
            read.map_err(|problem| problems.push(problem)).ok().filter(|text| !text.is_empty())
        };
        let (device, note) =
            (optional("device", &self.device, MAX_DEVICE), optional("note", &self.note, MAX_NOTE));
        let site = optional("site", &self.site, 40);
        let wound = matches!(sign, Sign::WoundSize | Sign::DesignR);
        if wound != site.is_some() || site.as_deref().is_some_and(|site| !sites::is_known(site)) {
            problems.push(FieldError::new(
                "site",
                "unknown",
                t("傷の場所は、傷の値だけに、決まった名前で付けます。"),
            ));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let measured_at = self.measured_at.unwrap_or(now);
        let (client_id, confirmed) = (self.client_id, self.confirmed);
        let new = NewObservation {
            client_id,
            sign,
            values,
            measured_at,
            timed: self.measured_at.is_some(),
            device,
            site,
            post: None,
            note,
            confirmed,
        };
        new.check("value", now).map_err(|problem| vec![problem])?;
        Ok(new)
    }

    fn number(&self, sign: Sign, part: &'static Part) -> Result<Amount, FieldError> {
        let single = sign.parts().len() == 1;
        let (field, value, unit) = if single {
            ("value", self.value.as_ref(), self.unit.as_deref())
        } else {
            let of = self.components.iter().find(|c| c.code == part.code);
            ("components", of.map(|c| &c.value), of.and_then(|c| c.unit.as_deref()))
        };
        let stray = if single {
            !self.components.is_empty()
        } else {
            self.value.is_some() || self.components.len() != 2
        };
        if stray {
            return Err(FieldError::new(
                "components",
                "shape",
                t("値の形が、このコードのものではありません。"),
            ));
        }
        if unit.is_some_and(|unit| unit != part.unit && unit != sign.unit()) {
            return Err(FieldError::new("unit", "unit", fill(t("単位は {0} です。"), &[("0", &part.unit)])));
        }
        let number = value.and_then(Value::amount);
        number.ok_or_else(|| {
            FieldError::new(field, "number", fill(t("{0}を数字で入れてください。"), &[("0", &t(part.name))]))
        })
    }
}

#[derive(Serialize, ToSchema)]
pub struct Component {
    pub code: &'static str,
    pub display: &'static str,
    #[schema(value_type = f64)]
    pub value: serde_json::Number,
    pub unit: &'static str,
    /// `low` or `high`: beyond the range that holds for this patient now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpretation: Option<&'static str>,
}

#[derive(Serialize, ToSchema)]
pub struct WithdrawnBody {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
}

/// A recorded measurement. `value` and `unit` for a single number, `components` for each of several.
#[derive(Serialize, ToSchema)]
pub struct ObservationView {
    pub id: Uuid,
    pub seq: i64,
    pub patient_id: Uuid,
    pub code: &'static str,
    pub display: &'static str,
    #[schema(value_type = Option<f64>)]
    pub value: Option<serde_json::Number>,
    pub unit: Option<&'static str>,
    pub components: Vec<Component>,
    #[schema(value_type = String, format = DateTime)]
    pub measured_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    pub author: StaffBody,
    pub device: Option<String>,
    pub site: Option<String>,
    pub note: Option<String>,
    pub post_id: Option<Uuid>,
    /// `final`, or `entered-in-error` where it was withdrawn or its post was.
    pub status: &'static str,
    pub interpretation: Option<&'static str>,
    pub withdrawn: Option<WithdrawnBody>,
}

#[derive(Serialize, ToSchema)]
pub struct ObservationPage {
    pub items: Vec<ObservationView>,
    pub next: Option<String>,
}

crate::opaque_debug!(Component, WithdrawnBody, ObservationView, ObservationPage);

/// As JSON numbers are written.
pub fn number(amount: Amount) -> serde_json::Number {
    let whole = amount.places() == 0;
    if whole {
        serde_json::Number::from(amount.as_hundredths() / 100)
    } else {
        serde_json::Number::from_f64(amount.as_f64()).unwrap_or_else(|| 0.into())
    }
}

const fn side(side: Option<Side>) -> Option<&'static str> {
    match side {
        Some(Side::Low) => Some("low"),
        Some(Side::High) => Some("high"),
        None => None,
    }
}

/// The numbers of a measurement as JSON has them: a single one with its unit, or each of several.
pub(super) struct Numbers {
    pub(super) value: Option<serde_json::Number>,
    pub(super) unit: Option<&'static str>,
    pub(super) components: Vec<Component>,
}

impl Numbers {
    pub(super) fn of(sign: Sign, values: &[Amount], crossed: &[Option<Side>]) -> Self {
        let parts = sign.parts();
        if let ([part], [value]) = (parts, values) {
            return Self { value: Some(number(*value)), unit: Some(part.unit), components: Vec::new() };
        }
        let component = |n: usize| Component {
            code: parts[n].code,
            display: parts[n].display,
            value: number(values[n]),
            unit: parts[n].unit,
            interpretation: side(crossed.get(n).copied().flatten()),
        };
        Self {
            value: None,
            unit: None,
            components: (0..values.len().min(parts.len())).map(component).collect(),
        }
    }
}

impl ObservationView {
    pub fn of(o: &Observed, patient_id: Uuid, ranges: &[RangeVersion]) -> Self {
        let crossed = crossed(ranges, o.sign, &o.values);
        let Numbers { value, unit, components } = Numbers::of(o.sign, &o.values, &crossed);
        Self {
            id: o.id,
            seq: o.seq,
            patient_id,
            code: o.sign.code(),
            display: o.sign.display(),
            value,
            unit,
            components,
            measured_at: o.measured_at,
            recorded_at: o.recorded_at,
            author: o.by.clone(),
            device: o.device.clone(),
            site: o.site.clone(),
            note: o.note.clone(),
            post_id: o.post,
            status: if o.counts() { "final" } else { "entered-in-error" },
            interpretation: crossed.iter().flatten().next().and_then(|first| side(Some(*first))),
            withdrawn: o.withdrawn.as_ref().map(|w| WithdrawnBody {
                at: w.at,
                by: w.by.clone(),
                reason: w.reason.clone(),
            }),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalBody {
    pub client_id: Uuid,
    pub reason: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RangeBody {
    pub client_id: Uuid,
    /// Of one number: 8480-6, 8462-4, 8867-4 …
    pub code: String,
    #[serde(default)]
    pub low: Option<Value>,
    #[serde(default)]
    pub high: Option<Value>,
    pub reason: String,
}

/// A range to be set. Without either end none holds any more.
#[derive(Clone)]
pub struct NewRange {
    pub client_id: Uuid,
    pub part: &'static Part,
    pub range: Range,
    pub reason: String,
}

crate::opaque_debug!(WithdrawalBody, RangeBody, NewRange);

/// The number of this code.
pub fn part(code: &str) -> Option<&'static Part> {
    Sign::ALL.into_iter().flat_map(Sign::parts).find(|part| part.code == code)
}

impl RangeBody {
    /// # Errors
    /// Every field that cannot be taken.
    pub fn parse(&self) -> Result<NewRange, Vec<FieldError>> {
        let Some(part) = part(&self.code) else {
            return Err(vec![FieldError::new("code", "unknown", t("このコードの範囲は決められません。"))]);
        };
        let mut problems = Vec::new();
        let mut end = |field: &'static str, typed: &Option<Value>| {
            let amount = typed.as_ref().map(Value::amount);
            if amount == Some(None) {
                problems.push(FieldError::new(field, "number", t("数字で入れてください。")));
            }
            amount.flatten()
        };
        let range = Range { low: end("low", &self.low), high: end("high", &self.high) };
        let reason = input::text("reason", &self.reason, MAX_REASON).map_err(|p| problems.push(p));
        if problems.is_empty() && !rules::is_sensible(part, range) {
            problems.push(FieldError::new(
                "low",
                "range",
                t("下限と上限を確かめてください。下限は上限より小さくします。"),
            ));
        }
        match reason {
            Ok(reason) if problems.is_empty() => {
                Ok(NewRange { client_id: self.client_id, part, range, reason })
            }
            _ => Err(problems),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct RangeView {
    pub code: &'static str,
    pub display: &'static str,
    pub unit: &'static str,
    #[schema(value_type = Option<f64>)]
    pub low: Option<serde_json::Number>,
    #[schema(value_type = Option<f64>)]
    pub high: Option<serde_json::Number>,
    pub reason: String,
    pub changed_by: StaffBody,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
}

/// `items`: what holds now; `versions`: everything that ever did, newest first.
#[derive(Serialize, ToSchema)]
pub struct RangesView {
    pub items: Vec<RangeView>,
    pub versions: Vec<RangeView>,
}

crate::opaque_debug!(RangeView, RangesView);

impl RangesView {
    pub fn of(ranges: &[RangeVersion]) -> Self {
        let view = |v: &RangeVersion| RangeView {
            code: v.part.code,
            display: v.part.display,
            unit: v.part.unit,
            low: v.range.low.map(number),
            high: v.range.high.map(number),
            reason: v.reason.clone(),
            changed_by: v.by.clone(),
            changed_at: v.at,
        };
        let parts = Sign::ALL.into_iter().flat_map(Sign::parts);
        let newest = |part: &&'static Part| ranges.iter().rev().find(|v| v.part.code == part.code);
        let now = parts.filter_map(|part| newest(&part)).filter(|v| !v.range.is_empty());
        Self { items: now.map(view).collect(), versions: ranges.iter().rev().map(view).collect() }
    }
}
