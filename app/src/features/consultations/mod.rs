//! Consultations (相談): a question that a post opens, the replies to it, and how it was resolved.
//!
//! *Owns* `care.consultation`, `care.consultation_event`. *Emits* `consultation.changed`. *Needs* posts (each step is one), groups. *Who*:
//! members of a patient's or a free group open one and read all; the opener and the host close and reopen. Nothing is edited: a closing
//! is a reply that says 解決 with the result, and a row that says so in the list.

pub mod acts;
pub mod api;
pub mod model;
pub mod read;
pub mod routes;
pub mod rules;
pub mod views;
