//! The values in the text of a post as JSON: what its author is asked, and what was made of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    model::{Component, Numbers, ObservationView},
    parse::Reading,
    rules::{self, Look},
    strip::{ASKED, Confirmed, Offer, Strip, measured, seen},
};

/// The values in the text of a post, and what was made of them.
#[derive(Default, Serialize, ToSchema)]
pub struct PostValues {
    /// What the caller is asked, who wrote the post: for 72 hours, until something of it is recorded. Null for everybody else.
    pub offered: Option<Offered>,
    /// What was recorded out of the post, also what was withdrawn since, or stands in a text that was corrected: `status` says so.
    pub items: Vec<ObservationView>,
    /// Always null: there is one page.
    pub next: Option<String>,
}

/// Values that are no data yet.
#[derive(Serialize, ToSchema)]
pub struct Offered {
    /// Goes back with what is taken, so that what was shown is what is recorded.
    pub seen: String,
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    pub values: Vec<OfferedValue>,
}

/// One value. `value` and `unit` for a single number, `components` for each of several.
#[derive(Serialize, ToSchema)]
pub struct OfferedValue {
    /// What `take` names.
    pub number: usize,
    pub code: &'static str,
    pub display: &'static str,
    #[schema(value_type = Option<f64>)]
    pub value: Option<serde_json::Number>,
    pub unit: Option<&'static str>,
    pub components: Vec<Component>,
    /// Where the text says when. Null: the `measured_at` that is sent, or the time of the post.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub measured_at: Option<Timestamp>,
    /// 右, 臥位, 食後2時間 …, as typed.
    pub note: Option<String>,
    /// `usual`; `unusual`: taken only where it is meant; `impossible`: never taken.
    pub look: &'static str,
}

/// Body of `POST /posts/{id}/observations`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeBody {
    /// As `offered` gave it.
    pub seen: String,
    /// The `number` of each value to be recorded.
    pub take: Vec<usize>,
    /// Of these, the unusual ones that somebody has looked at and means (422 for one that is not here).
    #[serde(default)]
    pub confirmed: Vec<usize>,
    /// Of values whose time the text does not say; the time of the post where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub measured_at: Option<Timestamp>,
}

crate::opaque_debug!(PostValues, Offered, OfferedValue, TakeBody);

impl From<TakeBody> for Confirmed {
    fn from(body: TakeBody) -> Self {
        Self { seen: body.seen, take: body.take, sure: body.confirmed, measured_at: Ok(body.measured_at) }
    }
}

impl From<Option<Strip>> for PostValues {
    fn from(strip: Option<Strip>) -> Self {
        match strip {
            None => Self::default(),
            Some(Strip::Offer(offer)) => Self { offered: Some(offer.into()), ..Self::default() },
            Some(Strip::Kept { patient, values, ranges }) => Self {
                items: values.iter().map(|(o, _)| ObservationView::of(o, patient, &ranges)).collect(),
                ..Self::default()
            },
        }
    }
}

impl From<Offer> for Offered {
    fn from(offer: Offer) -> Self {
        let value = |(number, reading)| OfferedValue::of(number, reading, offer.at);
        Self {
            seen: seen(&offer.readings),
            until: offer.at + ASKED,
            values: offer.readings.iter().enumerate().map(value).collect(),
        }
    }
}

impl OfferedValue {
    fn of(number: usize, reading: &Reading, posted: Timestamp) -> Self {
        let Numbers { value, unit, components } = Numbers::of(reading.sign, &reading.values, &[]);
        Self {
            number,
            code: reading.sign.code(),
            display: reading.sign.display(),
            value,
            unit,
            components,
            measured_at: measured(posted, reading),
            note: reading.how.clone(),
            look: match rules::look_of(reading.sign, &reading.values) {
                Look::Usual => "usual",
                Look::Unusual => "unusual",
                Look::Impossible => "impossible",
            },
        }
    }
}
