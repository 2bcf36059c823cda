//! Encrypted files on disk, written once, read whole or in ranges.
//!
//! # Format `renkei-blob/1`
//! ```text
//! header  "renkei-blob/1\n" (14 bytes)  ‖  nonce prefix (7 random bytes)
//! chunk   AES-256-GCM ciphertext of 256 KiB of plaintext (the last chunk: of what is left)  ‖  tag (16 bytes)
//! nonce   prefix (7)  ‖  chunk number from 0, big endian (4)  ‖  1 for the last chunk, else 0 (1)
//! aad     header  ‖  the caller's bytes  ‖  chunk number, big endian (4)
//! ```
//! This is the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption
//! and its Nonce-Reuse Misuse-Resistance" (CRYPTO 2015): the number stops reordering, the mark on the last
//! chunk stops cutting. There is always exactly one last chunk, empty only when the plaintext is. The
//! caller's bytes (file id and variant) stop one blob from being put in another's place. A key should belong
//! to one file; with seven random bytes, a key may serve some thousand blobs before a prefix could recur.
//!
//! # Durability
//! The store writes to a staging file beside the target and renames it. It is opened with `with_fsync`, so
//! that the staging file is flushed before and its directory (and every directory made for it) after the
//! rename; without that option the rename could survive a power cut and the bytes not. So when
//! [`Writer::finish`] has returned, the blob survives `kill -9` and loss of power; before, no reader sees
//! anything. Staging files that a killed process left are removed by [`Store::sweep`].

mod format;
mod reader;
mod store;
mod writer;

pub use reader::Reader;
pub use store::Store;
pub use writer::{Stored, Writer};

#[cfg(test)]
mod tests;
