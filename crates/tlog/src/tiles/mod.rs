//! The tree as files, after [C2SP tlog-tiles](https://c2sp.org/tlog-tiles): 256 hashes a tile, so a level of tiles is eight of the tree.
//!
//! ```text
//! checkpoint                     the newest signed checkpoint
//! tile/0/x001/x234/067           leaf hashes 1234067*256 and on; 8192 bytes
//! tile/1/000.p/17                a tile that is not full yet: 17 hashes, each of a full tile of level 0
//! ```
//!
//! Only hashes: there are no entry bundles (`tile/entries/…`), because entries are confidential.
//!
//! A tile never changes once it is written; a growing one gets a new name with each width. [`Folder`] writes and reads them,
//! [`TileTree`] makes proofs out of them and believes none that does not lead to the signed root.
//! All of it waits for the disk: not for a thread that serves others meanwhile.

mod folder;
mod grow;
mod recompute;
mod tile;
mod tree;

use std::io;
use std::path::PathBuf;

use crate::Hash;
use crate::proof::OutOfRange;

pub use folder::Folder;
pub use recompute::recompute;
pub use tile::{NotATile, Tile};
pub use tree::TileTree;

/// Hashes of a full tile.
pub const WIDTH: u64 = 256;

/// What is wrong with a log's files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The disk.
    #[error("{}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What.
        source: io::Error,
    },
    /// It should be there.
    #[error("{0} is missing")]
    Missing(Tile),
    /// Another length, or hashes that do not lead to the root.
    #[error("{0} does not hold what the log signed")]
    Altered(Tile),
    /// Other hashes stand under a name that is written once.
    #[error("{0} is there already, with other hashes")]
    Conflict(Tile),
    /// One of the tiles of the right edge was altered, or the root is another tree's.
    #[error("the tiles at the right edge do not lead to this root")]
    NotThisTree,
    /// A larger checkpoint of this log is published already.
    #[error("a larger checkpoint is published")]
    Behind,
    /// There is no such leaf or size.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}

/// Where tiles can be read: a folder, an archive, a web site. What it gives is checked by whoever asks.
pub trait Source {
    /// The bytes of a tile of exactly this width; `None` if there is no such file.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn read(&self, tile: Tile) -> Result<Option<Vec<u8>>, Error>;
}

impl<S: Source + ?Sized> Source for &S {
    fn read(&self, tile: Tile) -> Result<Option<Vec<u8>>, Error> {
        (**self).read(tile)
    }
}

/// A tile's hashes: of the tile itself or, where that has been tidied away, of a wider one that begins with it. `of` is the width that it has in the
/// tree that is looked at.
fn fetch<S: Source>(source: &S, tile: Tile, of: u64) -> Result<Vec<Hash>, Error> {
    for width in [of, WIDTH] {
        let wider = Tile { width, ..tile };
        if let Some(bytes) = source.read(wider)? {
            let (hashes, rest) = bytes.as_chunks::<32>();
            if !rest.is_empty() || hashes.len() as u64 != width {
                return Err(Error::Altered(wider));
            }
            return Ok(hashes.iter().take(tile.width as usize).map(|hash| Hash::from(*hash)).collect());
        }
    }
    Err(Error::Missing(Tile { width: of, ..tile }))
}
