//! 共有: what a phone shares from another app comes into the composer of a group that the person chooses (decision 0041).
//!
//! *Owns* nothing: what is shared waits on the device, sealed, and reaches the server as an ordinary post. *Emits* nothing. *Needs* groups
//! (the list, and who reads there). *Who*: staff, signed in, among their own groups; patients and
//! relatives have no such page.

mod read;
mod routes;
mod views;

pub use routes::{arrival, routes};
