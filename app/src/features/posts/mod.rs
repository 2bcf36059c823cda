//! The timeline: posts, corrections, withdrawals, and who has read and acknowledged them.
//!
//! *Owns* `care.post`, `care.receipt`, `care.read_position`. *Emits* `post.created`, `post.corrected`, `post.withdrawn`,
//! `post.acknowledged`, `receipt.read`. *Needs* groups (membership) and files. *Who*: members of now; an archived group
//! is read-only; only the author corrects or withdraws.

pub mod acts;
pub mod api;
pub mod model;
pub mod pages;
pub mod present;
pub mod proof_api;
pub mod read;
pub mod rules;
pub mod store;
pub mod values_api;
pub mod views;
