use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::grow::top;
use super::tile::entries;
use super::{Error, Source, Tile, WIDTH, fetch};
use crate::proof::{self, Nodes, OutOfRange};
use crate::{Frontier, Hash};

/// The tree of a signed checkpoint, read from tiles.
///
/// No hash comes out of here that does not lead to the root: the tiles of the right edge must make up the root together, and the hash of
/// every other tile must stand in the tile above it, which is checked in the same way first.
#[derive(Debug)]
pub struct TileTree<S> {
    source: S,
    root: Hash,
    frontier: Frontier,
    /// The tile of each level that is not full; empty where there is none.
    edges: Vec<Row>,
    /// Full tiles that were checked.
    checked: Mutex<Checked>,
}

/// The hashes of a tile.
type Row = Arc<[Hash]>;
/// By level and index.
type Checked = HashMap<(u8, u64), Row>;

/// Checked tiles that are kept: 8 MiB.
const MOST: usize = 1024;

impl<S: Source> TileTree<S> {
    /// The tree of this size and root, which come from a checkpoint whose signature was verified.
    ///
    /// # Errors
    /// [`Error::NotThisTree`] if the tiles at the right edge do not lead to the root; [`Error::Missing`], [`Error::Altered`], [`Error::Io`].
    pub fn open(source: S, size: u64, root: Hash) -> Result<Self, Error> {
        let mut edges: Vec<Row> = Vec::new();
        for level in 0..Tile::LEVELS {
            let row = entries(size, level);
            let tile = Tile { level, index: row / WIDTH, width: row % WIDTH };
            edges.push(if tile.width == 0 { [].into() } else { fetch(&source, tile, tile.width)?.into() });
        }
        let peaks = edges.iter().rev().flat_map(|row| {
            let row: Frontier = row.iter().copied().collect();
            row.peaks().to_vec()
        });
        let frontier = Frontier::from_peaks(size, peaks.collect()).map_err(|_| Error::NotThisTree)?;
        if frontier.root() != root {
            return Err(Error::NotThisTree);
        }
        Ok(Self { source, root, frontier, edges, checked: Mutex::default() })
    }

    /// How many leaves.
    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root, as signed.
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// Its right edge.
    pub const fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The hash of a leaf.
    ///
    /// # Errors
    /// [`Error`].
    pub fn leaf(&self, index: u64) -> Result<Hash, Error> {
        self.node(0, index)
    }

    /// The root when the log had `size` leaves.
    ///
    /// # Errors
    /// [`Error`].
    pub fn root_at(&self, size: u64) -> Result<Hash, Error> {
        proof::root(self, self.within(size)?)
    }

    /// That a leaf is in this tree; verified before it is given.
    ///
    /// # Errors
    /// [`Error`].
    pub fn inclusion(&self, index: u64) -> Result<Vec<Hash>, Error> {
        let path = proof::prove_inclusion(self, index, self.size())?;
        proof::verify_inclusion(index, self.size(), &self.leaf(index)?, &path, &self.root)
            .map_err(|_| Error::NotThisTree)?;
        Ok(path)
    }

    /// That this tree begins with the log as it was at `old` leaves; verified before it is given.
    ///
    /// # Errors
    /// [`Error`].
    pub fn consistency(&self, old: u64) -> Result<Vec<Hash>, Error> {
        let path = proof::prove_consistency(self, old, self.size())?;
        proof::verify_consistency(old, self.size(), &self.root_at(old)?, &self.root, &path)
            .map_err(|_| Error::NotThisTree)?;
        Ok(path)
    }

    fn within(&self, size: u64) -> Result<u64, OutOfRange> {
        if size <= self.size() { Ok(size) } else { Err(OutOfRange) }
    }

    /// The checked hashes of a tile of this tree.
    fn row(&self, level: u8, index: u64) -> Result<Row, Error> {
        let tile = Tile::of_tree(self.size(), level, index).ok_or(OutOfRange)?;
        if tile.width < WIDTH {
            return Ok(Arc::clone(&self.edges[usize::from(level)]));
        }
        if let Some(row) = self.kept().get(&(level, index)) {
            return Ok(Arc::clone(row));
        }
        // The tree is full below this tile, so the tile above has a place for it.
        let above = self.row(level + 1, index / WIDTH)?[(index % WIDTH) as usize];
        let row: Row = fetch(&self.source, tile, WIDTH)?.into();
        if top(&row) != above {
            return Err(Error::Altered(tile));
        }
        let mut kept = self.kept();
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert((level, index), Arc::clone(&row));
        Ok(row)
    }

    fn kept(&self) -> MutexGuard<'_, Checked> {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Source> Nodes for TileTree<S> {
    type Error = Error;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Error> {
        let leaves = self.size().checked_shr(level.into()).unwrap_or(0);
        if index >= leaves {
            return Err(OutOfRange.into());
        }
        let (first, count) = (index << (level % 8), 1_usize << (level % 8));
        let row = self.row(level / 8, first / WIDTH)?;
        let start = (first % WIDTH) as usize;
        Ok(top(&row[start..start + count]))
    }
}
