//! The Merkle tree of RFC 9162: known values, and every proof of every tree of up to 300 leaves.

use tlog::proof::{
    OutOfRange, Refused, prove_consistency, prove_inclusion, verify_consistency, verify_inclusion,
};
use tlog::{Frontier, Hash, NotAFrontier, Tree};

use crate::common::{flip, leaf, tree};

/// The entries, roots and proofs by which implementations of Certificate Transparency are compared.
const ENTRIES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const A: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const B: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const C: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const D: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const E: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const F: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
/// (index, size, proof)
const INCLUSION: [(u64, u64, &[&str]); 5] = [
    (0, 1, &[]),
    (0, 8, &[A, B, C]),
    (5, 8, &[D, E, ROOTS[4]]),
    (2, 3, &[ROOTS[2]]),
    (1, 5, &[ROOTS[1], B, D]),
];
/// (old, new, proof)
const CONSISTENCY: [(u64, u64, &[&str]); 5] =
    [(1, 1, &[]), (1, 8, &[A, B, C]), (6, 8, &[F, E, ROOTS[4]]), (2, 5, &[B, D]), (2, 8, &[B, C])];

fn hash(text: &str) -> Hash {
    Hash::try_from(hex::decode(text).unwrap().as_slice()).unwrap()
}

fn hashes(texts: &[&str]) -> Vec<Hash> {
    texts.iter().copied().map(hash).collect()
}

fn known() -> Tree {
    ENTRIES.iter().map(|entry| Hash::leaf(&hex::decode(entry).unwrap())).collect()
}

/// MTH, as §2.1.1 words it.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::EMPTY,
        [leaf] => *leaf,
        _ => {
            let k = leaves.len().next_power_of_two() / 2;
            Hash::node(&mth(&leaves[..k]), &mth(&leaves[k..]))
        }
    }
}

#[test]
fn known_roots_and_proofs() {
    let tree = known();
    let mut frontier = Frontier::new();
    for (size, root) in (0..).zip(hashes(&ROOTS)) {
        assert_eq!((tree.root_at(size).unwrap(), frontier.root()), (root, root), "{size}");
        if let Some(entry) = ENTRIES.get(size as usize) {
            frontier.push(Hash::leaf(&hex::decode(entry).unwrap()));
        }
    }
    for (index, size, proof) in INCLUSION {
        assert_eq!(prove_inclusion(&tree, index, size).unwrap(), hashes(proof), "{index} {size}");
    }
    for (old, new, proof) in CONSISTENCY {
        assert_eq!(prove_consistency(&tree, old, new).unwrap(), hashes(proof), "{old} {new}");
    }
}

#[test]
fn a_frontier_is_the_tree_and_only_its_own_bytes_are_read() {
    let (all, tree) = (crate::common::leaves(0, 300), tree(300));
    let mut frontier = Frontier::new();
    for size in 0..=300 {
        let root = mth(&all[..size as usize]);
        assert_eq!((frontier.size(), frontier.root(), tree.root_at(size).unwrap()), (size, root, root));
        let bytes = frontier.to_bytes();
        assert_eq!(Frontier::from_bytes(&bytes).as_ref(), Ok(&frontier));
        let mut other = bytes.clone();
        other[7] ^= 1;
        for other in [&bytes[..bytes.len() - 1], &[&bytes[..], &[0; 32]].concat(), &other, b""] {
            assert_eq!(Frontier::from_bytes(other), Err(NotAFrontier), "{size}");
        }
        frontier.push(leaf(size));
    }
}

/// Proofs that differ from this one by one hash: another, one less, one more, two exchanged.
fn bent(proof: &[Hash], seed: u64) -> Vec<Vec<Hash>> {
    let mut all = vec![[proof, &[leaf(seed)]].concat(), [&[leaf(seed)], proof].concat()];
    for at in 0..proof.len() {
        let with = |change: fn(&mut Vec<Hash>, usize)| {
            let mut other = proof.to_vec();
            change(&mut other, at);
            other
        };
        all.push(with(|proof, at| _ = proof.remove(at)));
        all.push(with(|proof, at| proof.insert(at, proof[at])));
        let mut other = proof.to_vec();
        other[at] = flip(&proof[at], (seed as usize * 31 + at * 7) % 256);
        all.push(other);
        if at > 0 && proof[at] != proof[at - 1] {
            all.push(with(|proof, at| proof.swap(at, at - 1)));
        }
    }
    all
}

#[test]
fn every_leaf_of_every_tree_is_proved_and_nothing_else_is() {
    let tree = tree(301);
    for size in 0..=300 {
        let root = tree.root_at(size).unwrap();
        for index in 0..size {
            let proof = prove_inclusion(&tree, index, size).unwrap();
            let check = |index, leaf: &Hash, proof: &[Hash], root: &Hash| {
                verify_inclusion(index, size, leaf, proof, root)
            };
            let (leaf, seed) = (leaf(index), index + size);
            assert_eq!(check(index, &leaf, &proof, &root), Ok(()), "{index} {size}");
            let bit = (seed % 256) as usize;
            assert_eq!(check(index, &flip(&leaf, bit), &proof, &root), Err(Refused), "leaf {index} {size}");
            assert_eq!(check(index, &leaf, &proof, &flip(&root, bit)), Err(Refused), "root {index} {size}");
            for index in [index + 1, index.wrapping_sub(1), index ^ 2, size, u64::MAX] {
                assert_eq!(check(index, &leaf, &proof, &root), Err(Refused), "index {index} {size}");
            }
            // The same hashes, said to be of a deeper tree.
            let deeper = 4 * size.next_power_of_two();
            assert_eq!(verify_inclusion(index, deeper, &leaf, &proof, &root), Err(Refused), "{index} {size}");
            for other in bent(&proof, seed) {
                assert_eq!(check(index, &leaf, &other, &root), Err(Refused), "{index} {size} {other:?}");
            }
        }
        assert_eq!(prove_inclusion(&tree, size, size), Err(OutOfRange), "{size}");
    }
}

#[test]
fn every_growth_is_proved_and_nothing_else_is() {
    let tree = tree(301);
    let roots: Vec<Hash> = (0..=301).map(|size| tree.root_at(size).unwrap()).collect();
    for new in 0..=300 {
        let root = &roots[new as usize];
        for old in 0..=new {
            let proof = prove_consistency(&tree, old, new).unwrap();
            let before = &roots[old as usize];
            let check = |before: &Hash, root: &Hash, proof: &[Hash]| {
                verify_consistency(old, new, before, root, proof)
            };
            assert_eq!(check(before, root, &proof), Ok(()), "{old} {new}");
            assert_eq!(proof.is_empty(), old == 0 || old == new, "{old} {new}");
            let bit = ((old + new) % 256) as usize;
            assert_eq!(check(&flip(before, bit), root, &proof), Err(Refused), "old root {old} {new}");
            // From nothing anything grows: only who signed it vouches for the new root.
            if old > 0 || new == 0 {
                assert_eq!(check(before, &flip(root, bit), &proof), Err(Refused), "new root {old} {new}");
            }
            if 0 < old {
                let deeper = 4 * new.next_power_of_two();
                assert_eq!(
                    verify_consistency(old, deeper, before, root, &proof),
                    Err(Refused),
                    "{old} {new}"
                );
            }
            for other in bent(&proof, old + new) {
                assert_eq!(check(before, root, &other), Err(Refused), "{old} {new} {other:?}");
            }
            if old < new {
                assert_eq!(
                    verify_consistency(new, old, root, before, &proof),
                    Err(Refused),
                    "{new} to {old}"
                );
            }
        }
        assert_eq!(prove_consistency(&tree, new + 1, new), Err(OutOfRange), "{new}");
    }
}

#[test]
fn every_bit_of_a_proof_counts() {
    let tree = tree(21);
    for size in 1..=21_u64 {
        let root = tree.root_at(size).unwrap();
        for at in 0..size {
            let inclusion = prove_inclusion(&tree, at, size).unwrap();
            assert_eq!(verify_inclusion(at, size, &leaf(at), &inclusion, &root), Ok(()));
            let (old, before) = (at + 1, tree.root_at(at + 1).unwrap());
            let consistency = prove_consistency(&tree, old, size).unwrap();
            assert_eq!(verify_consistency(old, size, &before, &root, &consistency), Ok(()));
            for bit in 0..256 {
                for place in 0..inclusion.len() {
                    let mut other = inclusion.clone();
                    other[place] = flip(&other[place], bit);
                    assert!(verify_inclusion(at, size, &leaf(at), &other, &root).is_err());
                }
                for place in 0..consistency.len() {
                    let mut other = consistency.clone();
                    other[place] = flip(&other[place], bit);
                    assert!(verify_consistency(old, size, &before, &root, &other).is_err());
                }
            }
        }
    }
}

#[test]
fn proofs_of_the_largest_sizes_do_not_overflow() {
    let long = vec![leaf(0); 64];
    for (index, size) in [(0, u64::MAX), (u64::MAX - 1, u64::MAX), (1 << 63, u64::MAX), (0, 1 << 63)] {
        for length in 0..=64 {
            assert!(verify_inclusion(index, size, &leaf(1), &long[..length], &leaf(2)).is_err());
            assert!(
                verify_consistency(index, size, &leaf(1), &leaf(2), &long[..length]).is_err() || index == 0
            );
        }
    }
}
