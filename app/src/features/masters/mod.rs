//! マスタ: the kinds of facilities and the professions that a deployment knows, as operators edit them.
//!
//! *Owns* `care.vocabulary`. *Emits* nothing. *Needs* operators. *Who*: operators edit; forms before sign-in read what may be
//! chosen. Records hold codes, so that another label changes nothing that was written. What may be *chosen* is said here;
//! icons and colours, and the words beside what stands already, are those of the code (`web/ui/profession.rs`,
//! `facilities/directory.rs`), which a code that is new here does not have.

pub mod acts;
pub mod routes;
pub mod views;
