use crate::Hash;

/// A tree of which only the right edge is kept: enough to append leaves and to know the root, in at most 64 hashes.
///
/// It holds the roots of the complete subtrees that the tree is made of (RFC 9162 §2.1.2), the largest and leftmost first:
/// one for every bit that is set in the size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

/// The bytes or hashes are not a frontier: another number of hashes than the size asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the right edge of a tree: another number of hashes than its size asks for")]
pub struct NotAFrontier;

impl Frontier {
    /// A tree without leaves.
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// The right edge of a tree of `size` leaves. Whether it is that of a *certain* tree only its [`Frontier::root`] tells.
    ///
    /// # Errors
    /// [`NotAFrontier`].
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Result<Self, NotAFrontier> {
        if peaks.len() == size.count_ones() as usize { Ok(Self { size, peaks }) } else { Err(NotAFrontier) }
    }

    /// How many leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its complete subtrees, the largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Appends a leaf by its hash ([`Hash::leaf`]).
    ///
    /// # Panics
    /// After 2^64-1 leaves.
    pub fn push(&mut self, leaf: Hash) {
        let mut last = leaf;
        let mut complete = self.size;
        while complete & 1 == 1 {
            let left = self.peaks.pop().expect("there is one for every bit of the size");
            last = Hash::node(&left, &last);
            complete >>= 1;
        }
        self.peaks.push(last);
        self.size = self.size.checked_add(1).expect("no log has 2^64 leaves");
    }

    /// The root of the tree as it is now.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return Hash::EMPTY };
        peaks.fold(*last, |right, left| Hash::node(left, &right))
    }

    /// size (8, big endian) ‖ hashes (32 each, the largest subtree first).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        self.peaks.iter().for_each(|peak| bytes.extend(peak.as_bytes()));
        bytes
    }

    /// What [`Frontier::to_bytes`] wrote, exactly.
    ///
    /// # Errors
    /// [`NotAFrontier`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAFrontier> {
        let (size, rest) = bytes.split_first_chunk::<8>().ok_or(NotAFrontier)?;
        let (peaks, []) = rest.as_chunks::<32>() else { return Err(NotAFrontier) };
        Self::from_peaks(u64::from_be_bytes(*size), peaks.iter().map(|peak| Hash::from(*peak)).collect())
    }
}

impl Extend<Hash> for Frontier {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}

impl FromIterator<Hash> for Frontier {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut frontier = Self::new();
        frontier.extend(leaves);
        frontier
    }
}
