//! サインインのお知らせ: what happened to an account at the door, told to the person and to the admins of where the person works.
//!
//! *Owns* `sec.sign_in_notice`, `sec.sign_in_notice_seen`. *Emits* `notice`, `session.ended`. *Needs* recovery (what is open, for its
//! pages), facilities (staff). *Who*: each person, the own ones, and may say "that was not me"; the facility's admin those of its staff.
//! Whatever happens is told by `sec.tell`, in its own transaction; a job writes the letters.

mod acts;
mod letters;
mod routes;
mod store;
mod views;
pub mod words;

pub use acts::{forget_old, tell_of_failures, unseen};
pub use letters::KIND;
pub use routes::routes;
