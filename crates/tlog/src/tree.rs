use crate::Hash;
use crate::proof::{Nodes, OutOfRange, root};

/// A whole tree in memory, 64 bytes a leaf: for small logs, exports and tests.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The hashes of the complete subtrees of 2^level leaves, from left to right.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// A tree without leaves.
    pub const fn new() -> Self {
        Self { levels: Vec::new() }
    }

    /// How many leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Appends a leaf by its hash ([`Hash::leaf`]).
    pub fn push(&mut self, leaf: Hash) {
        let mut last = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(last);
            let [.., left, right] = row.as_slice() else { return };
            if row.len() % 2 == 1 {
                return;
            }
            last = Hash::node(left, right);
        }
    }

    /// The root when it had `size` leaves.
    ///
    /// # Errors
    /// [`OutOfRange`] if it never had so many.
    pub fn root_at(&self, size: u64) -> Result<Hash, OutOfRange> {
        root(self, size)
    }

    /// The root as it is now.
    pub fn root(&self) -> Hash {
        self.root_at(self.size()).expect("it has as many leaves as it has")
    }
}

impl Nodes for Tree {
    type Error = OutOfRange;

    fn node(&self, level: u8, index: u64) -> Result<Hash, OutOfRange> {
        let row = self.levels.get(usize::from(level)).ok_or(OutOfRange)?;
        usize::try_from(index).ok().and_then(|index| row.get(index)).copied().ok_or(OutOfRange)
    }
}

impl Extend<Hash> for Tree {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}

impl FromIterator<Hash> for Tree {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::new();
        tree.extend(leaves);
        tree
    }
}
