//! The figures of a month, as the database counts them: ids and numbers, no name.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// Outside of these hours a view counts as late: `07:00`.
    pub opens: String,
    pub closes: String,
    /// How often somebody of the staff opened what is a patient's; of how many patients; how many people did.
    pub views: i64,
    pub patients: i64,
    pub people: i64,
    pub searches: i64,
    pub exports: i64,
    pub prints: i64,
    /// What was not let through.
    pub refused: i64,
    pub outside_hours: i64,
    /// By people who were not in the patient's group then.
    pub not_in_group: i64,
    pub top_patients: Vec<TopPatient>,
    pub late_people: Vec<Late>,
    pub outside_people: Vec<Outside>,
    pub refused_people: Vec<Did>,
    pub taken_out: Vec<Did>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TopPatient {
    pub patient: Uuid,
    pub views: i64,
    pub people: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Late {
    pub account: Uuid,
    pub n: i64,
    pub patients: i64,
    #[schema(value_type = String, format = DateTime)]
    pub last: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Outside {
    pub account: Uuid,
    pub patient: Uuid,
    pub n: i64,
    #[schema(value_type = String, format = DateTime)]
    pub last: Timestamp,
}

/// An act of somebody, by its code in the access log.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Did {
    /// Null before anybody was known.
    pub account: Option<Uuid>,
    pub act: String,
    pub n: i64,
    #[schema(value_type = String, format = DateTime)]
    pub last: Timestamp,
}

impl Figures {
    /// Whom they are about, each once.
    pub fn accounts(&self) -> Vec<Uuid> {
        let did = self.refused_people.iter().chain(&self.taken_out).filter_map(|d| d.account);
        let late = self.late_people.iter().map(|l| l.account);
        let mut all: Vec<Uuid> =
            did.chain(late).chain(self.outside_people.iter().map(|o| o.account)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    pub fn patients_named(&self) -> Vec<Uuid> {
        let outside = self.outside_people.iter().map(|o| o.patient);
        let mut all: Vec<Uuid> = self.top_patients.iter().map(|t| t.patient).chain(outside).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
