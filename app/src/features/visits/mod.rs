//! The calendar of visits (予定): who comes to a patient when, once or again and again, with what is moved or called off.
//!
//! *Owns* `care.visit`, `care.visit_event`. *Emits* `visit.changed`. *Needs* groups (membership). *Who*: members of now see and
//! plan; a visit is changed by those of the facility that comes, whoever entered it, and the host.

pub mod acts;
pub mod api;
pub mod calendar;
mod forms;
pub mod model;
pub mod one;
mod parse;
pub mod plan;
pub mod read;
pub mod routes;
pub mod rules;
#[cfg(test)]
mod rules_tests;
pub mod views;
