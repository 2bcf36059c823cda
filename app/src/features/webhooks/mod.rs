//! Webhooks of a facility: its own program is told that something happened, and reads through the API what it was (decision 0036).
//!
//! *Owns* `sec.webhook`, `sec.webhook_call`, `sec.webhook_cursor`. *Emits* a notice to the admins where one stopped by itself. *Needs* the
//! live events, memberships, letters; facilities (who is its admin). *Who*: the facility's admin, after proving again who it is, makes,
//! resumes and gives them other secrets, to hosts that the configuration lists; tries, stops and ends them. A call names a kind and a time;
//! no group, no patient, no person, no word.

pub mod acts;
pub mod api;
pub mod model;
pub mod request;
pub mod routes;
pub mod send;
pub mod views;

pub use send::run;
