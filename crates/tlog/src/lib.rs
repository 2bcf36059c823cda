//! A transparency log: what lets an outsider see that nothing was rewritten, and needs to trust nobody for it.
//!
//! The log is one Merkle tree over hashes that the caller brings; this crate knows nothing of what they stand for.
//!
//! | module | standard |
//! | --- | --- |
//! | [`Hash`](struct@Hash), [`Frontier`], [`Tree`] | the Merkle tree of [RFC 9162](https://www.rfc-editor.org/rfc/rfc9162) §2.1 (that of RFC 6962), SHA-256 |
//! | [`proof`] | inclusion and consistency, made (§2.1.3.1, §2.1.4.1) and verified (§2.1.3.2, §2.1.4.2) |
//! | [`tiles`] | [C2SP tlog-tiles](https://c2sp.org/tlog-tiles): the tree as files of 256 hashes |
//! | [`note`] | [C2SP signed-note](https://c2sp.org/signed-note), Ed25519 |
//! | [`checkpoint`] | [C2SP tlog-checkpoint](https://c2sp.org/tlog-checkpoint), and cosignature/v1 of [tlog-cosignature](https://c2sp.org/tlog-cosignature) |
//! | [`witness`] | [C2SP tlog-witness](https://c2sp.org/tlog-witness) `add-checkpoint`: request, answer, memory |
//!
//! **What is not served.** The entries of this log are confidential, so there are no entry bundles (`tile/entries/…`): tiles hold
//! hashes only. Whoever has been given an entry proves it by its hash.
//!
//! **How a log grows.** [`tiles::Folder::append`] writes the tiles, [`tiles::Folder::read_back`] reads them again and recomputes,
//! [`checkpoint::Checkpoint::sign`] signs what was read, [`tiles::Folder::publish`] makes it the log's checkpoint. A crash anywhere in
//! between leaves the last checkpoint true: its tiles are still there, and the same leaves appended again give the same files.
//! The order of leaves must therefore be durable *before* their tiles are written.
//!
//! **What is trusted.** A hash that was read from a tile is used only after the way from it to the signed root has been
//! recomputed ([`tiles::TileTree`]); a frontier likewise.
//!
//! Hashes and signatures are made by aws-lc-rs. Sizes are `u64`; a checkpoint's is below 2^63, as other implementations have it.

pub mod checkpoint;
mod durable;
mod frontier;
mod hash;
pub mod note;
pub mod proof;
pub mod tiles;
mod tree;
pub mod witness;

pub use frontier::{Frontier, NotAFrontier};
pub use hash::{Hash, NotAHash};
pub use tree::Tree;
