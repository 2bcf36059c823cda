//! 運営者: those who run the deployment, and the secretariats (地域事務局) of its regions; their sign-in and the console's front page.
//!
//! *Owns* `care.operator`, `care.secretariat`, `care.operator_event`, `sec.operator_credential`, `sec.operator_session`, `sec.operator_device`. *Emits* nothing.
//! *Needs* nothing. *Who*: operators and secretariats, with a password and app authentication, always both. The database role behind
//! the console can read no record, no patient and no key. Every act leaves a line in the operators' own log.

pub mod acts;
pub mod routes;
pub mod views;
pub mod words;
