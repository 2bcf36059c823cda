use tlog::checkpoint::{Checkpoint, Cosigner};
use tlog::note::{Note, Signer};
use tlog::{Hash, Tree};

pub const ORIGIN: &str = "renkei.example/log";
pub const WITNESS: &str = "witness.example/w1";

/// The hash of the entry with this number.
pub fn leaf(number: u64) -> Hash {
    Hash::leaf(format!("entry {number}").as_bytes())
}

pub fn leaves(from: u64, until: u64) -> Vec<Hash> {
    (from..until).map(leaf).collect()
}

pub fn tree(size: u64) -> Tree {
    (0..size).map(leaf).collect()
}

/// A log that was another from this entry on.
pub fn fork(at: u64, size: u64) -> Tree {
    (0..size).map(|n| if n < at { leaf(n) } else { Hash::leaf(format!("forged {n}").as_bytes()) }).collect()
}

/// The same hash with one bit turned.
pub fn flip(hash: &Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes.into()
}

pub fn log_key() -> Signer {
    Signer::from_seed(ORIGIN, &[1; 32]).unwrap()
}

pub fn witness_key() -> Cosigner {
    Cosigner::from_seed(WITNESS, &[2; 32]).unwrap()
}

pub fn checkpoint(tree: &Tree, size: u64) -> Checkpoint {
    Checkpoint::new(ORIGIN, size, tree.root_at(size).unwrap()).unwrap()
}

pub fn signed(tree: &Tree, size: u64) -> Note {
    checkpoint(tree, size).sign(&log_key())
}
