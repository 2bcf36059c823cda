use super::tile::entries;
use super::{Error, Source, Tile, WIDTH, fetch};
use crate::{Frontier, Hash};

/// Walks over every tile that is new or wider in a tree that has grown from `old` by `leaves`, level by level, with its hashes.
///
/// What stands in the tiles at the old right edge is read from `source`, where the tree has `size` leaves, and believed only if it makes up
/// `old`.
pub fn grow<S: Source>(
    source: &S,
    size: u64,
    old: &Frontier,
    leaves: &[Hash],
    mut visit: impl FnMut(Tile, &[Hash]) -> Result<(), Error>,
) -> Result<Frontier, Error> {
    let mut fresh = leaves.to_vec();
    for level in 0..Tile::LEVELS {
        if fresh.is_empty() {
            break;
        }
        let before = entries(old.size(), level);
        let mut row = edge(source, size, old, level)?;
        row.append(&mut fresh);
        for (index, hashes) in (before / WIDTH..).zip(row.chunks(WIDTH as usize)) {
            let tile = Tile { level, index, width: hashes.len() as u64 };
            visit(tile, hashes)?;
            if tile.width == WIDTH {
                fresh.push(top(hashes));
            }
        }
    }
    let mut new = old.clone();
    new.extend(leaves.iter().copied());
    Ok(new)
}

/// The hashes of the tile at the right edge of `old` on this level; none where it ends with a full one.
pub fn edge<S: Source>(source: &S, size: u64, old: &Frontier, level: u8) -> Result<Vec<Hash>, Error> {
    let before = entries(old.size(), level);
    let tile = Tile { level, index: before / WIDTH, width: before % WIDTH };
    if tile.width == 0 {
        return Ok(Vec::new());
    }
    let of = Tile::of_tree(size, level, tile.index).map_or(tile.width, |tile| tile.width);
    let row = fetch(source, tile, of)?;
    // One peak for every bit of the width, after those of the levels above.
    let above = entries(old.size(), level + 1).count_ones() as usize;
    let peaks: Frontier = row.iter().copied().collect();
    if old.peaks()[above..].starts_with(peaks.peaks()) { Ok(row) } else { Err(Error::Altered(tile)) }
}

/// The hash of a full tile.
pub fn top(hashes: &[Hash]) -> Hash {
    hashes.iter().copied().collect::<Frontier>().root()
}
