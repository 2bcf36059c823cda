//! Backups: made, kept, proved by restoring them.
//!
//! ```text
//! keeper ─► uploads mirrored every 5 s ─► heartbeat every 30 s (the log follows) ─► a generation every day ─► a drill every night
//! generation = the database's full backup + signed list of every file + the heads of all chains, published
//! ```
//!
//! *Owns* `care.backup_run`, `care.heartbeat`. *Emits* nothing. *Needs* files (where bytes stand, whether one opens).
//! *Who*: the keeper on one node, and whoever may run the command line as the owner of the database's files.
//!
//! **Loss bound.** On one machine at most 30 seconds of records; the printed report of every restore says how much is missing
//! against what was last published. Zero is promised by a synchronous cluster only.

pub mod attachment;
pub mod drill;
pub mod export;
pub mod heads;
pub mod import;
pub mod keeper;
pub mod make;
pub mod place;
pub mod read;
pub mod restore;
mod scratch;
mod store;
mod trouble;

pub use place::Place;
pub use read::{Facts, facts};
pub use trouble::Trouble;
