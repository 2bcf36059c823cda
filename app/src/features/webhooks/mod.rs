//! Webhooks of a facility: its own program is told that something happened, and reads through the API what it was (decision 0036).
//!
//! *Owns* `sec.webhook`, `sec.webhook_call`, `sec.webhook_cursor`. *Emits* nothing. *Needs* the live events, memberships, jobs; facilities
//! (who is its admin). *Who*: the facility's admin makes, tries, resumes and ends them, to hosts that the configuration lists. A call
//! names a kind and a time; no group, no patient, no person, no word.

pub mod acts;
pub mod api;
pub mod model;
pub mod routes;
pub mod send;
pub mod views;

pub use send::{KIND, run};
