//! The monthly review of a facility's access log (毎月の点検): at the beginning of each month its admins are asked to look at the figures of the last
//! one, and sign that they did.
//!
//! *Owns* `care.access_review`, `care.access_review_reminder`, `care.access_review_signature`. *Emits* `notice`. *Needs* access_log (kinds, words,
//! names of patients), facilities (staff). *Who*: the facility's admin, for the facility for which they act; 403 for others of it, 404 for other
//! facilities. Nothing that was signed changes or goes: whoever has more to say signs again.
//!
//! Docs: decision record 0048; the guideline's regular look at the log is A-14 of the rules.

pub mod acts;
pub mod api;
mod figures;
mod letters;
pub mod model;
mod month_views;
pub mod read;
pub mod routes;
pub mod rules;
pub mod schedule;
mod views;
