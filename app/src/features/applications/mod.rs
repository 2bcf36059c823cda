//! 利用申請: how a facility comes in. Anybody applies; the mail is confirmed; an operator or the secretariat of the region reviews;
//! an approval makes the facility and writes to its first admin, who makes an account by a single-use link.
//!
//! *Owns* `care.facility_application`, `care.facility_application_entry`, `care.facility_application_check`, `care.check_item`,
//! `sec.application_link`, `sec.application_knock`. *Emits* letters. *Needs* documents (the pledge), masters (what may be chosen),
//! operators, sign-in. *Who*: everybody may apply, and sees the own application by the link of a letter; reviewers see what is
//! confirmed, secretariats that of their region alone. Nothing here is about a patient.

pub mod acts;
pub mod api;
mod desk_api;
pub mod desk_routes;
pub mod desk_views;
pub mod first_admin;
pub mod model;
mod own_api;
pub mod read;
pub mod routes;
pub mod store;
pub mod views;
