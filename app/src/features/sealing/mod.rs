//! What everybody who works with the record may know of its log: how much is sealed, since when, who else has signed, and how anybody can check it.
//!
//! *Owns* nothing. *Emits* nothing. *Needs* the log. *Who*: everybody who is signed in; there is nothing of a patient in it.

mod read;
pub mod routes;
mod views;
