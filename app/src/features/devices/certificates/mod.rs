//! Certificates of devices: the built-in authority, single-use permissions to get one, and taking one back.

pub mod acts;
pub mod api;
mod authority;
mod gate;
pub mod routes;
mod store;
mod views;

pub use gate::{Gate, keep_watch};
