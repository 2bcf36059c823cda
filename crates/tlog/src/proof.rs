//! Proofs of [RFC 9162](https://www.rfc-editor.org/rfc/rfc9162) §2.1.3 and §2.1.4: that a leaf is in a tree, and that one tree begins with another.
//!
//! A proof is at most 64 hashes. Verifying needs nothing but the proof and the roots; where the roots come from is what
//! the caller has to trust: a checkpoint whose signatures were verified.

use crate::Hash;

/// Where the hashes of a tree can be had.
pub trait Nodes {
    /// Why one cannot be had.
    type Error: From<OutOfRange>;

    /// The hash of the complete subtree over the leaves `index << level .. (index + 1) << level`.
    ///
    /// # Errors
    /// [`OutOfRange`] if the tree has not so many leaves.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// There is no such leaf, or the tree never was of this size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tree has not so many leaves")]
pub struct OutOfRange;

/// The proof does not prove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not hold")]
pub struct Refused;

/// The root of the first `size` leaves.
///
/// # Errors
/// Those of the source.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    if size == 0 { Ok(Hash::EMPTY) } else { subtree(nodes, 0, size) }
}

/// PATH(index, D\[size\]): that the leaf `index` is in the tree of `size` leaves.
///
/// # Errors
/// [`OutOfRange`] unless `index < size`; those of the source.
pub fn prove_inclusion<N: Nodes>(nodes: &N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    if index >= size {
        return Err(OutOfRange.into());
    }
    // From the root down, so the proof comes out upside down.
    let (mut proof, mut start, mut count) = (Vec::new(), 0, size);
    while count > 1 {
        let left = split(count);
        if index - start < left {
            proof.push(subtree(nodes, start + left, count - left)?);
            count = left;
        } else {
            proof.push(subtree(nodes, start, left)?);
            start += left;
            count -= left;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// PROOF(old, D\[new\]): that the tree of `new` leaves begins with the tree of `old` leaves. Empty where nothing is to be proved: from
/// nothing, and from a size to itself.
///
/// # Errors
/// [`OutOfRange`] unless `old <= new`; those of the source.
pub fn prove_consistency<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Vec<Hash>, N::Error> {
    if old > new {
        return Err(OutOfRange.into());
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let (mut proof, mut start, mut count) = (Vec::new(), 0, new);
    while old - start < count {
        let left = split(count);
        if old - start <= left {
            proof.push(subtree(nodes, start + left, count - left)?);
            count = left;
        } else {
            proof.push(subtree(nodes, start, left)?);
            start += left;
            count -= left;
        }
    }
    // The verifier has the old root: where that is the whole subtree, it is not sent.
    if start > 0 {
        proof.push(subtree(nodes, start, count)?);
    }
    proof.reverse();
    Ok(proof)
}

/// §2.1.3.2: whether the leaf with this hash is number `index` in the tree of this size and root.
///
/// # Errors
/// [`Refused`].
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), Refused> {
    if index >= size {
        return Err(Refused);
    }
    let mut walk = Walk { fst: index, snd: size - 1 };
    let mut hash = *leaf;
    for sibling in proof {
        hash = match walk.step()? {
            Side::Left => Hash::node(sibling, &hash),
            Side::Right => Hash::node(&hash, sibling),
        };
    }
    if walk.snd == 0 && hash == *root { Ok(()) } else { Err(Refused) }
}

/// §2.1.4.2: whether the tree of size `new` begins with the tree of size `old`.
///
/// Two cases that the RFC leaves to the caller: equal sizes need equal roots and an empty proof; from nothing every tree grows, with
/// an empty proof, and the root of nothing is [`Hash::EMPTY`].
///
/// # Errors
/// [`Refused`].
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), Refused> {
    let empty = |size, root: &Hash| size > 0 || *root == Hash::EMPTY;
    if old > new || !empty(old, old_root) || !empty(new, new_root) {
        return Err(Refused);
    }
    if old == 0 || old == new {
        let same = old < new || old_root == new_root;
        return if proof.is_empty() && same { Ok(()) } else { Err(Refused) };
    }
    let (first, rest) = if old.is_power_of_two() {
        if proof.is_empty() {
            return Err(Refused);
        }
        (old_root, proof)
    } else {
        proof.split_first().ok_or(Refused)?
    };
    let mut walk = Walk { fst: old - 1, snd: new - 1 };
    walk.shift(walk.fst.trailing_ones());
    let (mut before, mut after) = (*first, *first);
    for hash in rest {
        match walk.step()? {
            Side::Left => {
                before = Hash::node(hash, &before);
                after = Hash::node(hash, &after);
            }
            Side::Right => after = Hash::node(&after, hash),
        }
    }
    if walk.snd == 0 && before == *old_root && after == *new_root { Ok(()) } else { Err(Refused) }
}

/// The RFC's `fn` and `sn`: where the verifier stands, and the last node of that level.
struct Walk {
    fst: u64,
    snd: u64,
}

/// Where the next hash of the proof belongs.
enum Side {
    Left,
    Right,
}

impl Walk {
    fn step(&mut self) -> Result<Side, Refused> {
        if self.snd == 0 {
            return Err(Refused);
        }
        let side = if self.fst & 1 == 1 || self.fst == self.snd {
            // The last node of an uneven level has no sibling there: go up to where it has one.
            self.shift(self.fst.trailing_zeros());
            Side::Left
        } else {
            Side::Right
        };
        self.shift(1);
        Ok(side)
    }

    fn shift(&mut self, levels: u32) {
        self.fst >>= levels;
        self.snd >>= levels;
    }
}

/// The RFC's k: the largest power of two smaller than `count`, which is at least 2.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// MTH(D\[start : start + count\]) of a subtree that the RFC's splits lead to: complete subtrees, the largest first.
fn subtree<N: Nodes>(nodes: &N, start: u64, count: u64) -> Result<Hash, N::Error> {
    let mut hash: Option<Hash> = None;
    let mut end = start + count;
    // From the right: the smallest first.
    let mut rest = count;
    while rest > 0 {
        let level = rest.trailing_zeros();
        let left = nodes.node(level as u8, (end >> level) - 1)?;
        hash = Some(hash.map_or(left, |right| Hash::node(&left, &right)));
        end -= 1 << level;
        rest &= rest - 1;
    }
    hash.ok_or_else(|| OutOfRange.into())
}
