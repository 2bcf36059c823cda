//! つながり: people who know each other across facilities.
//!
//! *Owns* nothing yet. *Emits* nothing. *Needs* nothing. *Who*: any signed-in person.

pub mod routes;
pub mod views;
