//! Backups: made, kept, proved by restoring them.
//!
//! ```text
//! schedules ─► uploads mirrored every 5 s ─► heartbeat every 30 s (the log follows) ─► a generation every day ─► a drill every night
//! generation = the database's full backup + signed list of every file + the heads of all chains, published
//! ```
//!
//! *Owns* `care.backup_run`, `care.heartbeat`, `care.generations_kept`. *Emits* nothing. *Needs* files (where bytes stand, whether one opens).
//! *Who*: the schedules of one process, and whoever may run the command line as the owner of the database's files.
//!
//! **Loss bound.** On one machine at most 30 seconds of records; the printed report of every restore says how much is missing
//! against what was last published. Zero is promised by a synchronous cluster only.

pub mod attachment;
pub mod drill;
pub mod export;
pub mod heads;
pub mod import;
mod install;
pub mod kept;
pub mod make;
pub mod place;
pub mod read;
pub mod restore;
pub mod schedules;
mod scratch;
mod store;
mod trouble;
pub mod vault;

pub use kept::{Kept, kept};
pub use place::Place;
pub use read::{Facts, facts};
pub use trouble::Trouble;
