//! One series of visits as the API shows it: what `PUT /visits/{id}` takes, so that a program can send it back changed.

use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    model::{Kind, RepeatBody, Shown, Visit},
    read::{self, Placed},
    rules::{Repeat, Series},
};
use crate::{opaque_debug, web::input};

/// Answer of `GET /visits/{id}`: the series as it is planned now.
#[derive(Clone, Serialize, ToSchema)]
pub struct VisitSeries {
    pub id: Uuid,
    pub group_id: Uuid,
    pub version: i32,
    pub facility_id: Uuid,
    pub facility: String,
    pub account_id: Option<Uuid>,
    pub person: Option<String>,
    pub kind: Kind,
    pub note: String,
    /// The first day.
    pub date: String,
    pub start: String,
    pub end: String,
    /// Null: it does not come again.
    pub repeat: Option<RepeatBody>,
    /// The next visit that is not called off.
    pub next: Option<Shown>,
}

opaque_debug!(VisitSeries);

/// As `repeat` of a body says it.
fn repeat(series: &Series) -> Option<RepeatBody> {
    let until = series.until.map(|day| day.to_string());
    match &series.repeat {
        Repeat::Once => None,
        Repeat::Weekly { every, on } => {
            Some(RepeatBody { every_weeks: Some(*every), weekdays: on.clone(), nth: Vec::new(), until })
        }
        Repeat::Monthly { nth, weekday } => {
            Some(RepeatBody { every_weeks: None, weekdays: vec![*weekday], nth: nth.clone(), until })
        }
    }
}

/// The next visit of a series that is not called off.
pub fn next(visit: &Visit) -> Option<Shown> {
    let at = visit.plan.next_after(read::local(Timestamp::now()))?;
    Some(read::shown(&Placed { visit, at, meets: Vec::new() }))
}

impl From<&Visit> for VisitSeries {
    fn from(v: &Visit) -> Self {
        let series = &v.plan.series;
        Self {
            id: v.id,
            group_id: v.group,
            version: v.version,
            facility_id: v.party.facility,
            facility: v.facility.clone(),
            account_id: v.party.account,
            person: v.person.clone(),
            kind: v.plan.kind,
            note: v.plan.note.clone(),
            date: series.first.to_string(),
            start: input::clock_value(series.at),
            end: input::clock_value(series.at.wrapping_add(i64::from(series.minutes).minutes())),
            repeat: repeat(series),
            next: next(v),
        }
    }
}
