use std::fmt;
use std::str::FromStr;

use super::WIDTH;

/// The name of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    /// 0 for leaf hashes; from 1 on, each hash is that of a full tile of the level below. At most 7, because sizes have 64 bits.
    pub level: u8,
    /// Which of its level, from the left.
    pub index: u64,
    /// 1 to 256 hashes.
    pub width: u64,
}

/// Not the path of a hash tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a hash tile")]
pub struct NotATile;

impl Tile {
    /// The levels of a tree of 64-bit size.
    pub const LEVELS: u8 = 8;

    /// The path below the log's folder or address: `tile/<level>/<index>[.p/<width>]`.
    pub fn path(&self) -> String {
        let (mut path, mut rest) = (format!("{:03}", self.index % 1000), self.index / 1000);
        while rest > 0 {
            path = format!("x{:03}/{path}", rest % 1000);
            rest /= 1000;
        }
        let partial = if self.width < WIDTH { format!(".p/{}", self.width) } else { String::new() };
        format!("tile/{}/{path}{partial}", self.level)
    }

    /// The tile of a tree of this size; `None` where the tree has none there.
    pub fn of_tree(size: u64, level: u8, index: u64) -> Option<Self> {
        let width = entries(size, level).checked_sub(index.checked_mul(WIDTH)?)?.min(WIDTH);
        (width > 0).then_some(Self { level, index, width })
    }

    /// Whether all of its hashes are in a tree of this size.
    pub fn is_in(self, size: u64) -> bool {
        let end = self.index.checked_mul(WIDTH).and_then(|from| from.checked_add(self.width));
        end.is_some_and(|end| end <= entries(size, self.level))
    }

    /// All tiles of a tree of this size, those of the leaves first.
    pub fn all_of_tree(size: u64) -> impl Iterator<Item = Self> {
        (0..Self::LEVELS).flat_map(move |level| {
            (0..entries(size, level).div_ceil(WIDTH))
                .filter_map(move |index| Self::of_tree(size, level, index))
        })
    }
}

/// How many hashes the tiles of a level hold together, in a tree of this size.
pub(super) fn entries(size: u64, level: u8) -> u64 {
    size.checked_shr(8 * u32::from(level)).unwrap_or(0)
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

impl FromStr for Tile {
    type Err = NotATile;

    /// Only the one spelling.
    fn from_str(path: &str) -> Result<Self, NotATile> {
        let (level, rest) =
            path.strip_prefix("tile/").and_then(|rest| rest.split_once('/')).ok_or(NotATile)?;
        let level = level.parse().ok().filter(|level| *level < Self::LEVELS).ok_or(NotATile)?;
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => {
                (index, width.parse().ok().filter(|width| (1..WIDTH).contains(width)).ok_or(NotATile)?)
            }
            None => (rest, WIDTH),
        };
        let digits: String = index.chars().filter(|c| !matches!(c, 'x' | '/')).collect();
        let tile = Self { level, index: digits.parse().map_err(|_| NotATile)?, width };
        if tile.path() == path { Ok(tile) } else { Err(NotATile) }
    }
}
