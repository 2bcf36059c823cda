//! Personal access tokens: a program of a person's own reads or posts as she may, for one facility and at most 90 days.
//!
//! *Owns* `sec.personal_token`, `sec.token_rule`. *Emits* nothing. *Needs* facilities (who is its admin). *Who*: a person makes, sees
//! and ends her own, after proving again who she is; the facility's admin sees and ends those of the facility, and may forbid them. A
//! token is no session: it opens what [`door`] lists and nothing else, is never an admin's, and ends with the person's sessions.

pub mod acts;
pub mod api;
pub mod door;
pub mod facility_api;
pub mod facility_routes;
pub mod model;
pub mod routes;
pub mod views;
