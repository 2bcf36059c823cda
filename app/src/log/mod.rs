//! The log of the record: what lets anybody outside see that nothing was rewritten (`crates/tlog`, RFC 9162, C2SP).
//!
//! ```text
//! act ─► row with its hash + leaf_queue (one transaction) ─► sealer: number ─► tiles ─► read back ─► signed checkpoint ─► witnesses
//! ```
//!
//! *Owns* `care.leaf_queue`, `care.log_backfill`, `care.log_entry`, `care.log_epoch`, `care.checkpoint`, `care.witness_answer`, `care.log_finding`,
//! `care.log_answer`, `care.checkpoint_copy`, `care.checkpoint_stamp`. *Emits* nothing. *Who*: everybody reads the tree, which holds no content; a proof of a post is for whoever may read the post.
//!
//! Every record entry, every event of the access log and every act of an operator is a leaf: SHA-256(0x00 ‖ the 32-byte hash that its row
//! carries). The database holds the order of the leaves and what was signed; the tree itself stands in files ([`Config::log`]), and
//! can be made again out of the order. The [`Sealer`] is a role of its own with a key of its own, and can write no record.
//!
//! What it finds altered it says (`care.log_finding`, the alarm `record_altered`): a row that carries another hash than its leaf or that does not make up
//! the hash it carries, one that is gone, a row that no leaf stands for, tiles that lead to another root, a database that is older than what was signed.
//!
//! What stands outside the hashed header, such as the sealed text or a column that repeats it, is looked at by `renkei verify` and by every drill.
//!
//! [`Config::log`]: crate::config::Config

mod anew;
pub mod copies;
mod files;
mod key;
mod patrol;
mod place;
mod proof;
mod routes;
mod sealer;
mod store;
mod witnesses;

pub use anew::{after_restore, answer_findings, begin_anew};
pub use key::{new_seed, open_or_create};
pub use place::{after, ended, number, origin};
pub use proof::{Proof, prove};
pub use routes::routes;
pub use sealer::{Pace, Round, Sealer, run};
