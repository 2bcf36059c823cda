//! The digest of a day (一日のまとめ): what was written, done and visited, of one patient or of all of one's own. Counts and
//! first lines in order, nothing made up.
//!
//! *Owns* nothing: reads only, over posts, tasks and visits. *Who*: members of now, for what they may read.

pub mod api;
mod read;
pub mod routes;
pub mod views;
