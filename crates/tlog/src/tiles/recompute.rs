use super::grow::grow;
use super::{Error, Source, Tile, WIDTH, fetch};
use crate::proof::OutOfRange;
use crate::{Frontier, Hash};

/// Leaves that are read at a time: 2 MiB of hashes.
const AT_A_TIME: u64 = WIDTH * WIDTH;

/// Reads what a log has gained since `old`, up to `size` leaves, and recomputes the tree from the leaf hashes: every new tile must be what
/// follows from the leaves, and the root must be this one. From [`Frontier::new`] it is the whole log that is read.
///
/// # Errors
/// [`Error::NotThisTree`] for another root; [`Error::Missing`], [`Error::Altered`], [`Error::Io`]; [`OutOfRange`] if `size` is less than
/// `old`'s.
pub fn recompute<S: Source>(source: &S, old: &Frontier, size: u64, root: &Hash) -> Result<Frontier, Error> {
    if size < old.size() {
        return Err(OutOfRange.into());
    }
    let mut at = old.clone();
    while at.size() < size {
        let until = (at.size() / AT_A_TIME + 1).saturating_mul(AT_A_TIME).min(size);
        let leaves = leaves(source, at.size(), until, size)?;
        at = grow(source, size, &at, &leaves, |tile, hashes| {
            if fetch(source, tile, width(size, tile))? == hashes { Ok(()) } else { Err(Error::Altered(tile)) }
        })?;
    }
    if at.root() == *root { Ok(at) } else { Err(Error::NotThisTree) }
}

/// The leaf hashes `from..until` of a tree of `size` leaves; the tiles at either end may hold more.
fn leaves<S: Source>(source: &S, from: u64, until: u64, size: u64) -> Result<Vec<Hash>, Error> {
    let mut leaves = Vec::new();
    for index in from / WIDTH..until.div_ceil(WIDTH) {
        let tile = Tile::of_tree(until, 0, index).ok_or(OutOfRange)?;
        let known = from.saturating_sub(index * WIDTH) as usize;
        leaves.extend(fetch(source, tile, width(size, tile))?.into_iter().skip(known));
    }
    Ok(leaves)
}

/// How wide a tile is in the tree of `size` leaves.
fn width(size: u64, tile: Tile) -> u64 {
    Tile::of_tree(size, tile.level, tile.index).map_or(tile.width, |tile| tile.width)
}
