//! A proof that one entry is in the log, made out of the tiles.

use std::path::PathBuf;

use serde::Serialize;
use tlog::{
    Hash,
    checkpoint::Checkpoint,
    proof::verify_inclusion,
    tiles::{Folder, TileTree},
};
use utoipa::ToSchema;

use super::files::{Stop, on_disk};
use crate::{Error, Result};

/// RFC 9162 §2.1.3: whoever has the entry's hash recomputes the root from it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proof {
    /// Which leaf, from 0.
    pub index: u64,
    /// The hash that the record carries, 32 bytes in hex. The leaf is SHA-256(0x00 ‖ these bytes).
    pub hash: String,
    /// The hashes beside the way from the leaf to the root, in base64, from below.
    pub path: Vec<String>,
    /// The signed note (C2SP tlog-checkpoint) whose root it leads to, with the witnesses' lines as far as they have come.
    pub checkpoint: String,
}

/// Makes the proof from the files of this node, and holds it against the signed root before it is given out. `note`: the checkpoint to prove
/// against.
///
/// # Errors
/// `Unavailable` where this node has no tiles (yet), or where they do not lead to the root.
pub async fn prove(folder: PathBuf, index: u64, hash: &[u8], note: &str) -> Result<Proof> {
    if folder.as_os_str().is_empty() {
        return Err(Error::Unavailable("no log on this node".into()));
    }
    let checkpoint = Checkpoint::read(note.as_bytes()).map_err(Error::internal)?;
    let (size, root, leaf) = (checkpoint.size(), checkpoint.root(), Hash::leaf(hash));
    let read = move || {
        let folder = Folder::open(folder)?;
        let path = TileTree::open(&folder, size, root)?.inclusion(index)?;
        Ok((path, folder.checkpoint()?))
    };
    let (path, published) = on_disk(read).await.map_err(|stop| match stop {
        // Another node seals, and its files are not here, or not yet.
        Stop::Altered(_) => Error::Unavailable("the log's files do not lead to the signed root".into()),
        Stop::Fault(error) => error,
    })?;
    verify_inclusion(index, size, &leaf, &path, &root)
        .map_err(|_| Error::Internal(format!("leaf {index} does not lead to the signed root")))?;
    // The published one has the witnesses' lines, where it is the same.
    let published = published.and_then(|bytes| String::from_utf8(bytes).ok());
    let with_lines =
        published.filter(|there| Checkpoint::read(there.as_bytes()).is_ok_and(|c| c == checkpoint));
    Ok(Proof {
        index,
        hash: hex::encode(hash),
        path: path.iter().map(ToString::to_string).collect(),
        checkpoint: with_lines.unwrap_or_else(|| note.to_owned()),
    })
}
