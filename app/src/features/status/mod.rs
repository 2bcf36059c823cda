//! 稼働の状況: whether the service works now, how available it was by month, and work that is announced.
//!
//! *Owns* `care.probe_minute`, `care.availability_day`, `care.planned_work`, `care.synthetic_beat`, `care.front_trial`, `sec.synthetic_token`.
//! *Emits* nothing. *Needs* service modes. *Who*: everybody reads the status; operators announce work; a node's synthetic
//! user reads and writes its own beats, which are no record.
//!
//! Every node sends a user of its own through the public door (`probe`). What they met is told to the database slot by slot
//! (`slots`), counted (`figures`), closed day by day, and kept in memory and in a file (`board`), so that the page answers
//! when the database does not.

pub mod api;
mod board;
mod facts;
mod figures;
mod front;
mod operator_views;
mod probe;
pub mod routes;
mod slots;
mod store;
mod views;

pub use board::{Status, close_days, gather, run as keep_board};
pub use facts::{Facts, facts, trial};
pub use front::try_front;
pub use probe::{last_words, run as set_out};
pub use views::percent;
