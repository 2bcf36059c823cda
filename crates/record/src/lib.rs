//! The bytes that are hashed.
//!
//! A record is a *header*, which anyone who checks the log may see, and a *content*, which only the team may read.
//! The header commits to the content by a salted hash, names the record before it by that record's hash, and is itself
//! hashed; the hashes of one stream therefore form a chain in which nothing can be changed, dropped or inserted unseen.
//!
//! ```text
//! content    = JCS(Post | Correction | …)                    encrypted before it reaches the database
//! commitment = SHA-256(salt ‖ content)                       salt: 32 random bytes, encrypted beside the content
//! header     = JCS({at, author, client_id, commitment, …, prev, seq, stream})
//! hash       = SHA-256("renkei/record/v1" ‖ 0x00 ‖ header)
//! first prev = SHA-256("renkei/stream/v1" ‖ 0x00 ‖ JCS({deployment, kind, stream}))
//! ```
//!
//! JCS is RFC 8785. UUIDs and digests are lower-case text, times UTC with exactly six decimals, whole numbers stay
//! below 2^53, and there are no other numbers. A field without a value is *left out*, never `null`; a list without
//! entries is `[]`. The migration `V3__record_hash.sql` computes the same hash inside PostgreSQL, and `tests/second_opinion.py`
//! recomputes every golden vector in another language.

mod chain;
mod commitment;
mod content;
mod digest;
mod dump;
mod header;
mod kind;
mod moment;

pub use chain::{Broken, Chain, Fault};
pub use commitment::{NoJsonForm, Salt, commitment, jcs};
pub use content::{
    Acknowledged, Answer, CallResult, Called, Confirmed, Correction, Departure, FaceSheetVersion, Field,
    File, FileClass, GroupState, GroupTitle, HandOver, Handled, Invitation, Measured, Membership, Mention,
    Moved, Observation, Party, Pinned, Post, QuarantineDecided, QuarantineHanded, Quarantined, Read,
    ReferenceRange, Relative, RelativeDeparture, Role, Source, Stamp, Stamped, TemplateUse, Withdrawal,
    WoundPicture,
};
pub use digest::{Digest, NotADigest};
pub use dump::DumpLine;
pub use header::{Format, Header, stream_root};
pub use kind::{Content, Kind, StreamKind, UnknownKind, Unreadable};
