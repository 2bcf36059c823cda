//! Patients: one managing facility each, one face sheet, at most one group.
//!
//! *Owns* `care.patient`. *Emits* nothing. *Needs* face sheets, and groups to open one. *Who*: the facility admin registers; members of the
//! patient's group and the admins of the managing facility see.

pub mod acts;
pub mod api;
pub mod new_views;
pub mod read;
pub mod routes;
pub mod rules;
pub mod store;
pub mod views;

pub use super::face_sheets::room;
