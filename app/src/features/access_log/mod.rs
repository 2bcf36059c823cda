//! The access log (アクセス記録): who saw or did what, in time order.
//!
//! *Owns* the reading of `care.access_event`; every act writes its own rows, in its own transaction. *Emits* nothing, but
//! reading the log is itself an event. *Needs* facilities (staff), patients (names). *Who*: the facility admin, for what
//! happened to the facility's patients and for what its staff did. 403 for others of the facility, 404 for other
//! facilities.

pub mod api;
mod csv;
pub mod filter;
mod patients;
pub mod read;
pub mod routes;
mod store;
pub mod views;
pub mod words;
