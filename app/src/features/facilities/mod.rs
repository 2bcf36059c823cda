//! The administration of a facility: its staff; and the directory of facilities and staff, for inviting.
//!
//! *Owns* `care.facility`, `care.facility_version`, `care.account`, `care.account_version`, `care.staff`, `care.staff_event`.
//! *Emits* `session.ended` when somebody is suspended. *Needs* sign-in. *Who*: the facility admin, for the own facility;
//! the directory is for any signed-in person.

pub mod acts;
pub mod directory;
pub mod directory_api;
pub mod known;
mod person_routes;
mod person_views;
pub mod routes;
pub mod staff;
pub mod staff_api;
pub mod views;
