//! The same standards by other hands: the crates `tlog_tiles` and `signed_note`. Each reads what the other wrote.

use data_encoding::BASE64;
use signed_note::{Note as TheirNote, StandardSigner, StandardVerifier, VerifierList};
use tlog::checkpoint::Checkpoint;
use tlog::note::{Note, VerifyKey};
use tlog::proof::{prove_consistency, prove_inclusion, verify_consistency, verify_inclusion};
use tlog::tiles::{Source as _, Tile};
use tlog::{Hash, Tree};
use tlog_tiles as theirs;

use crate::common::{ORIGIN, checkpoint, leaf, log_key, signed, tree};
use crate::tiles::log;

/// A tree as the other crate stores it.
struct Stored(Vec<theirs::Hash>);

impl theirs::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<theirs::Hash>, theirs::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

fn their(hash: Hash) -> theirs::Hash {
    theirs::Hash(*hash.as_bytes())
}

fn ours(hashes: &[theirs::Hash]) -> Vec<Hash> {
    hashes.iter().map(|hash| hash.0.into()).collect()
}

fn stored(size: u64) -> Stored {
    let mut stored = Stored(Vec::new());
    for number in 0..size {
        let entry = format!("entry {number}");
        let more = theirs::stored_hashes(number, entry.as_bytes(), &stored).unwrap();
        stored.0.extend(more);
    }
    stored
}

fn same_proofs(stored: &Stored, tree: &Tree, index: u64, size: u64) {
    let root = tree.root_at(size).unwrap();
    assert_eq!(theirs::tree_hash(size, stored).unwrap(), their(root), "{size}");
    let path = ours(&theirs::prove_record(size, index, stored).unwrap());
    assert_eq!(prove_inclusion(tree, index, size), Ok(path.clone()), "{index} {size}");
    assert_eq!(verify_inclusion(index, size, &leaf(index), &path, &root), Ok(()));
    let (old, before) = (index + 1, tree.root_at(index + 1).unwrap());
    let path = ours(&theirs::prove_tree(size, old, stored).unwrap());
    assert_eq!(prove_consistency(tree, old, size), Ok(path.clone()), "{old} {size}");
    assert_eq!(verify_consistency(old, size, &before, &root, &path), Ok(()));
}

#[test]
fn roots_and_proofs_are_the_same() {
    let (stored, tree) = (stored(1000), tree(1000));
    for size in 1..=80 {
        (0..size).for_each(|index| same_proofs(&stored, &tree, index, size));
    }
    for size in [255, 256, 257, 511, 512, 513, 999, 1000] {
        (0..size).step_by(17).chain([size - 1]).for_each(|index| same_proofs(&stored, &tree, index, size));
    }
}

#[test]
fn tiles_are_the_same() {
    let stored = stored(66_000);
    for size in [1, 255, 256, 257, 1000, 65_535, 65_536, 65_537, 66_000] {
        let (_temp, folder, _) = log(size);
        let mut named = theirs::Tile::new_tiles(8, 0, size);
        named.retain(|tile| !tile.is_data());
        assert_eq!(named.len(), Tile::all_of_tree(size).count(), "{size}");
        for tile in named {
            let own = Tile { level: tile.level(), index: tile.level_index(), width: u64::from(tile.width()) };
            assert_eq!(folder.read(own).unwrap(), Some(tile.read_data(&stored).unwrap()), "{own}");
            // Theirs has the height in its name, ours is the standard's, where it is always 8.
            assert_eq!(tile.path(), own.path().replacen("tile/", "tile/8/", 1));
        }
    }
}

#[test]
fn notes_and_checkpoints_are_read_by_each_other() {
    let vkey = log_key().verify_key().to_string();
    let verifiers = || VerifierList::new(vec![Box::new(StandardVerifier::new(&vkey).unwrap())]);
    let own = signed(&tree(70), 70);
    let note = TheirNote::from_bytes(own.to_string().as_bytes()).unwrap();
    let (fits, unknown) = note.verify(&verifiers()).unwrap();
    assert_eq!((fits.len(), unknown.len()), (1, 0));
    let read = theirs::Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!((read.origin(), read.size(), *read.hash()), (ORIGIN, 70, their(tree(70).root())));
    // And back, with the same secret key.
    let id = vkey.split('+').nth(1).unwrap();
    let secret = format!("PRIVATE+KEY+{ORIGIN}+{id}+{}", BASE64.encode(&[&[1], &[1; 32][..]].concat()));
    let signer = StandardSigner::new(&secret).unwrap();
    let text = theirs::Checkpoint::new(ORIGIN, 70, their(tree(70).root()), "a line\n").unwrap().to_bytes();
    let mut note = TheirNote::new(&text, &[]).unwrap();
    note.add_sigs(&[&signer]).unwrap();
    let keys: [VerifyKey; 1] = [vkey.parse().unwrap()];
    let opened = Checkpoint::open(&note.to_bytes(), ORIGIN, &keys).unwrap();
    let expected =
        Checkpoint::with_extensions(ORIGIN, 70, tree(70).root(), vec!["a line".to_owned()]).unwrap();
    assert_eq!(opened.checkpoint, expected);
    assert_eq!(expected.sign(&log_key()).to_string().as_bytes(), note.to_bytes(), "Ed25519 leaves no choice");
    assert!(Note::parse(&note.to_bytes()).is_ok() && checkpoint(&tree(70), 70) != expected);
}
