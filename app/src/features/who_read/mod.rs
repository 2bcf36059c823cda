//! Whether a facility tells its patients and their relatives who of the staff read the record (閲覧の記録を見せる決まり): off until an admin turns it
//! on, with a reason that stays.
//!
//! *Owns* `care.reader_policy`. *Emits* nothing. *Needs* facilities (staff). *Who*: the facility's admin
//! sets and reads it, shown again who she is; the team of each of its patients' groups reads what is told (`of_group`); patients and relatives
//! see it by their own door (`features/family/who_read`).
//!
//! Docs: decision record 0048 says what is told, what is not, and why.

pub mod acts;
pub mod api;
pub mod model;
pub mod read;
pub mod routes;
pub mod views;
