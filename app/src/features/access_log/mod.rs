//! The access log (アクセス記録): who saw or did what, in time order.
//!
//! *Owns* the reading of `care.access_event`; every act writes its own rows, in its own transaction. *Emits* nothing, but
//! reading the log is itself an event. *Needs* facilities (staff), patients (names). *Who*: the facility admin, for what
//! happened to the facility's patients and for what its staff did. 403 for others of the facility, 404 for other
//! facilities. Whoever was shown a page says how long it was on the screen and that it was printed.
//!
//! Docs: decision record 0048; the guideline's questions to the log are and E-05 of the rules.

pub mod api;
mod audit_events;
mod charts;
pub mod charts_api;
mod charts_routes;
mod charts_views;
mod csv;
pub mod filter;
pub mod kinds;
pub mod pages_api;
pub mod patients;
pub mod read;
pub mod routes;
mod shown;
mod shown_routes;
mod shown_views;
mod store;
pub mod views;
pub mod words;
