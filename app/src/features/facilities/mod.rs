//! The administration of a facility: its staff.
//!
//! *Owns* `care.facility`, `care.facility_version`, `care.account`, `care.account_version`, `care.staff`, `care.staff_event`.
//! *Emits* `session.ended` when somebody is suspended. *Needs* sign-in. *Who*: the facility admin, for the own facility.

pub mod acts;
pub mod routes;
pub mod staff;
pub mod views;
