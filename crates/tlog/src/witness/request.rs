use std::fmt;

use crate::Hash;
use crate::checkpoint::decimal;
use crate::note::{self, Note};

/// Hashes of a consistency proof.
pub const MAX_PROOF: usize = 63;
/// Bytes of a request: the old size, the proof and a note.
pub const MAX_BODY: usize = note::MAX_BYTES + 64 * 64;

/// An `add-checkpoint` request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness is thought to know.
    pub old: u64,
    /// From `old` to the checkpoint's size.
    pub proof: Vec<Hash>,
    /// The checkpoint as its log signed it.
    pub checkpoint: Note,
}

/// The body of a request that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an add-checkpoint request")]
pub struct BadRequest;

impl AddCheckpoint {
    /// Reads a body, strictly: what is read prints ([`fmt::Display`]) as the same bytes.
    ///
    /// # Errors
    /// [`BadRequest`].
    pub fn parse(body: &[u8]) -> Result<Self, BadRequest> {
        if body.len() > MAX_BODY {
            return Err(BadRequest);
        }
        let body = std::str::from_utf8(body).map_err(|_| BadRequest)?;
        let (lines, checkpoint) = body.split_once("\n\n").ok_or(BadRequest)?;
        let mut lines = lines.split('\n');
        let old =
            lines.next().and_then(|line| line.strip_prefix("old ")).and_then(decimal).ok_or(BadRequest)?;
        let proof: Vec<Hash> = lines.map(str::parse).collect::<Result<_, _>>().map_err(|_| BadRequest)?;
        if proof.len() > MAX_PROOF {
            return Err(BadRequest);
        }
        let checkpoint = Note::parse(checkpoint.as_bytes()).map_err(|_| BadRequest)?;
        Ok(Self { old, proof, checkpoint })
    }
}

/// The body to send.
impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}
