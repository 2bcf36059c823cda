//! Search over everything that one may read: posts, corrections, names of files, face sheets. Records are decrypted and
//! looked through in memory; no word of them, and no word that was looked for, is written anywhere.
//!
//! *Owns* `care.search`. *Emits* nothing. *Needs* posts, face sheets and groups, to read them. *Who*: each person, in
//! the groups of now. What is in memory only proposes: everything that is shown was read again under row security, in
//! the same transaction that writes the search into the access log.

pub mod api;
mod load;
mod memory;
pub mod model;
mod present;
pub mod read;
pub mod routes;
mod scan;
mod store;
mod turns;
pub mod views;

#[cfg(test)]
mod tests;

pub use memory::forget_unused;

use crate::config;

/// What searches share: folded text in memory, and whose turn it is.
#[derive(Debug)]
pub struct Searches {
    memory: memory::Memory,
    turns: turns::Turns,
    answer_within: std::time::Duration,
}

impl Searches {
    pub fn new(config: &config::Search) -> Self {
        Self {
            memory: memory::Memory::new(config.memory_mebibytes),
            turns: turns::Turns::new(config.at_once),
            answer_within: std::time::Duration::from_millis(config.answer_within_millis),
        }
    }

    /// Wipes everything: what a node is like that was just started.
    pub fn forget(&self) {
        self.memory.forget();
    }

    /// Bytes of folded text in memory.
    pub fn remembered(&self) -> usize {
        self.memory.bytes()
    }
}
