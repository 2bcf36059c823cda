//! A witness: cosigns a log's checkpoints as long as each grows out of the one before, and remembers the newest. After
//! [C2SP tlog-witness](https://c2sp.org/tlog-witness), `add-checkpoint`.
//!
//! ```text
//! old 20852014                the size that the witness is thought to know
//! PlRNCrwHpqhGrupue0L7g…=     consistency proof, a hash a line
//!
//! renkei.example/log          the checkpoint, a signed note
//! …
//! ```
//!
//! [`add_checkpoint`] is the whole of it: bytes in, status and bytes out. Its [`Memory`] is durable *before* the answer leaves, and two
//! requests at once cannot both win.
//!
//! A witness whose memory was put back to an older state would cosign a fork from there. [`FileMemory`] therefore refuses a damaged or missing
//! file; that nobody brings an old copy of it back is for whoever runs the witness: keep it out of backups that are restored.

mod answer;
mod file;
mod request;

pub use answer::{Answer, SIZE_TYPE, known_size};
pub use file::{FileError, FileMemory};
pub use request::{AddCheckpoint, BadRequest, MAX_BODY, MAX_PROOF};

use crate::Hash;
use crate::checkpoint::{Checkpoint, Cosigner};
use crate::note::VerifyKey;
use crate::proof::verify_consistency;

/// A log that a witness looks after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Its checkpoints' first line.
    pub origin: String,
    /// The keys that it may sign with.
    pub keys: Vec<VerifyKey>,
}

/// The newest checkpoint of a log that was cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// What a witness remembers.
pub trait Memory {
    /// Why it cannot be had or kept.
    type Error;

    /// The newest cosigned state of a log; `None` before the first.
    ///
    /// # Errors
    /// Its own: then no answer may be given.
    fn get(&self, origin: &str) -> Result<Option<Head>, Self::Error>;

    /// Puts `next` in the place of `known`, durably, if `known` is still what is remembered; [`Put::Outrun`] otherwise. Both in one step, also
    /// among processes. Never goes back: a smaller size, or another root for the same size, is outrun too.
    ///
    /// # Errors
    /// Its own: then nobody knows what is on the disk, and no answer may be given.
    fn put(&self, origin: &str, known: Option<Head>, next: Head) -> Result<Put, Self::Error>;
}

/// What became of a [`Memory::put`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is remembered.
    Kept,
    /// Another request was first: this is what is remembered.
    Outrun(Head),
}

/// Answers the body of an `add-checkpoint` request; `now` in seconds since 1970.
///
/// The checks come in the standard's order. A checkpoint that the same witness knows already is cosigned again, with the new time.
///
/// # Errors
/// The memory's: the request is answered with 503 and may be repeated.
///
/// # Panics
/// For a `now` that is 0 or later than 2^63 s.
pub fn add_checkpoint<M: Memory>(
    body: &[u8],
    logs: &[Log],
    cosigner: &Cosigner,
    memory: &M,
    now: u64,
) -> Result<Answer, M::Error> {
    let Ok(request) = AddCheckpoint::parse(body) else { return Ok(Answer::BadRequest) };
    let Ok(checkpoint) = Checkpoint::parse(request.checkpoint.text()) else { return Ok(Answer::BadRequest) };
    let Some(log) = logs.iter().find(|log| log.origin == checkpoint.origin()) else {
        return Ok(Answer::UnknownLog);
    };
    if request.checkpoint.verify(&log.keys).is_err() {
        return Ok(Answer::NotSigned);
    }
    if request.old > checkpoint.size() {
        return Ok(Answer::BadRequest);
    }
    let known = memory.get(&log.origin)?;
    let at = known.unwrap_or(Head { size: 0, root: Hash::EMPTY });
    let next = Head { size: checkpoint.size(), root: checkpoint.root() };
    if request.old != at.size {
        return Ok(Answer::Conflict(at.size));
    }
    if next.size == at.size && next.root != at.root {
        return Ok(Answer::Forked);
    }
    if verify_consistency(at.size, next.size, &at.root, &next.root, &request.proof).is_err() {
        return Ok(Answer::NotProved);
    }
    if let Put::Outrun(head) = memory.put(&log.origin, known, next)? {
        return Ok(Answer::Conflict(head.size));
    }
    let line = cosigner.cosign(&checkpoint, now).expect("now is later than 1970");
    Ok(Answer::Cosigned(line))
}
