//! 控え: pages of patients that stay on a device for a while, to be read where there is no line.
//!
//! *Owns* `care.sign_in_policy.copy_hours` (set with the rest of the policy, by devices) and `sec.device.copies_since`. *Emits* nothing.
//! *Needs* devices, groups. *Who*: any signed-in person on a device of their own session, for pages that they may read, as long as both
//! their facility and the one that manages the patient allow; a token has no device and keeps nothing.
//!
//! The copies are made and opened by the browser (`js/copies.js`, `js/copies_reader.js`) under a code that only the person knows; the
//! server says what may be kept for how long, and writes that it was: a copy can be read until then without anybody noticing.

pub mod acts;
pub mod api;
pub mod views;
