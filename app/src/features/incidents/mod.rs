//! インシデント: what went wrong, its clocks, whom it concerns, what the authority, the facilities and the public are told.
//!
//! *Owns* `care.incident`, `care.incident_assessment`, `care.incident_step`, `care.incident_report`, `care.incident_scope`,
//! `care.incident_affected`, `care.incident_publication`, `care.incident_seen`, `care.facility_contact`. *Emits* letters
//! to the facilities' contacts. *Needs* facilities, face sheets (names, in the facility's own session). *Who*: operators
//! run it and see ids and counts; a facility's admin sees the own patients by name and no others; everybody sees what
//! was published. A drill is marked as one everywhere, and nothing of it leaves the deployment.

pub mod acts;
pub mod contact_routes;
mod csv;
pub mod draft;
pub mod drill;
pub mod facility_routes;
pub mod facility_views;
pub mod model;
pub mod operator_forms;
pub mod operator_routes;
pub mod operator_views;
pub mod public;
pub mod rules;
