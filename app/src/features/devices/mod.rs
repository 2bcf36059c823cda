//! Devices (端末): which there are, which a facility lets in, and what becomes of a lost one.
//!
//! *Owns* `sec.device_at`, `care.device_loss`, `care.sign_in_policy`, `sec.device_ca`, `sec.device_enrolment`, `sec.device_certificate`.
//! *Emits* `session.ended`. *Needs* sign-in, which owns the devices themselves, and facilities (staff).
//! *Who*: any signed-in person for the own devices; the facility's admin for devices that have acted for the facility, and only
//! for what they do for it. The policy itself stands in the database (`sec.hold_policy`): no way of opening a session passes by it.

pub mod acts;
pub mod api;
pub mod certificates;
mod csv;
pub mod facility_api;
pub mod facility_routes;
mod facility_views;
pub mod model;
pub mod own_routes;
pub mod own_views;
pub mod policy_api;
pub mod policy_routes;
mod policy_views;
mod store;
