//! Notes that must not be lost, kept on this machine until they can be brought in.
//!
//! A spool is one file. Every note is sealed (AES-256-GCM under the spool's own key, which stands wrapped in the file's
//! head), bound to its place, and chained: a note that was changed, removed from the middle, or put elsewhere is found.
//! [`Writer::append`] answers when the note is on the disk. Notes at the very end can be cut off without a trace, as with
//! any file that nobody else has seen: a spool is for the minutes until its notes are brought in.
//!
//! ```text
//! head    "renkei/spool/v1\n" ‖ id (16) ‖ length of the wrapped key (2, big endian) ‖ wrapped key
//! note    length of what is sealed (4, big endian) ‖ sealed ‖ link (32)
//! link    SHA-256("renkei/spool/v1" ‖ 0x00 ‖ link before ‖ sealed); before the first note: SHA-256(head)
//! ```

mod read;
mod write;

pub use read::{Ending, Head, Spool, head};
pub use write::Writer;

use aws_lc_rs::digest;
use envelope::Aad;
use uuid::Uuid;

const MAGIC: &[u8] = b"renkei/spool/v1\n";
const LINK: &[u8] = b"renkei/spool/v1\0";
/// How a spool's file ends its name.
pub const EXTENSION: &str = "spool";

type Link = [u8; 32];

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the spool could not be written or read: {0}")]
    Io(#[from] std::io::Error),
    #[error("this is not a spool")]
    NotASpool,
    /// After a failed write nobody knows what is on the disk: begin a new spool.
    #[error("this spool takes no more notes")]
    Closed,
    #[error("a note may hold at most {MOST} bytes")]
    TooLarge,
}

/// Bytes of one sealed note.
const MOST: usize = 64 * 1024;

fn sha256(parts: &[&[u8]]) -> Link {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut link = [0; 32];
    link.copy_from_slice(context.finish().as_ref());
    link
}

/// The place of the n-th note, authenticated with it.
fn place(id: Uuid, n: u64) -> Aad {
    Aad { table: "spool", stream: id, row: Uuid::from_u128(u128::from(n)) }
}
