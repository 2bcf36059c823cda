//! The first admin of a new facility: one letter, one link, one account.

pub mod acts;
pub mod api;
pub mod routes;
pub mod views;
