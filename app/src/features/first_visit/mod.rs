//! はじめの3つの準備: what somebody who has just made an account sees first, once: notices on the device, how the account is protected, and
//! a place to try things out.
//!
//! *Owns* `sec.first_visit`. *Emits* nothing. *Needs* accounts (how the account is protected), notifications and practice (where the
//! steps lead). *Who*: any signed-in person, for herself; each step may be left for later, and all of them are found again in the help.

mod routes;
mod views;

pub use routes::{begin, routes};
