//! Tiles that somebody has changed: found at every level, by the whole reading and by each proof that leads through them.

use std::fs;
use std::path::PathBuf;

use tlog::Frontier;
use tlog::proof::verify_inclusion;
use tlog::tiles::{Error, Folder, Tile, TileTree};

use crate::common::{leaf, leaves};
use crate::tiles::log;

/// What can be done to a file of hashes, `None` for its removal.
fn changes(bytes: &[u8]) -> Vec<Option<Vec<u8>>> {
    let flipped = |at: usize, bit: u8| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= bit;
        Some(bytes)
    };
    let mut all =
        vec![None, Some(Vec::new()), Some([bytes, &[0; 32]].concat()), Some([bytes, b"x"].concat())];
    all.extend([0, bytes.len() / 2, bytes.len() - 1].map(|at| flipped(at, 1)));
    all.push(flipped(40 % bytes.len(), 0x80));
    all.push(Some(bytes[..bytes.len() - 32].to_vec()));
    all.push(Some(bytes[..bytes.len() - 1].to_vec()));
    all
}

fn path(folder: &Folder, tile: Tile) -> PathBuf {
    folder.path().join(tile.path())
}

fn found(error: &Error) -> bool {
    matches!(error, Error::Altered(_) | Error::Missing(_) | Error::NotThisTree)
}

/// All leaves that a tile stands for: first and last.
fn below(tile: Tile) -> [u64; 2] {
    let each = 1 << (8 * u32::from(tile.level));
    let first = tile.index * 256 * each;
    [first, first + tile.width * each - 1]
}

#[test]
fn a_changed_tile_is_found_at_every_level() {
    let size = 66_000;
    let (_temp, folder, at) = log(size);
    let root = at.root();
    assert_eq!(folder.read_back(&Frontier::new(), size, &root).unwrap(), at);
    let first_and_last = [(0, 0), (0, 100), (0, 256), (0, 257), (1, 0), (1, 1), (2, 0)];
    for tile in first_and_last.map(|(level, index)| Tile::of_tree(size, level, index).unwrap()) {
        let honest = fs::read(path(&folder, tile)).unwrap();
        for index in below(tile) {
            let proof = TileTree::open(&folder, size, root).unwrap().inclusion(index).unwrap();
            assert_eq!(verify_inclusion(index, size, &leaf(index), &proof, &root), Ok(()));
        }
        for (number, changed) in changes(&honest).into_iter().enumerate() {
            fs::remove_file(path(&folder, tile)).unwrap();
            if let Some(bytes) = changed {
                fs::write(path(&folder, tile), bytes).unwrap();
            }
            for index in below(tile) {
                let proof = TileTree::open(&folder, size, root).and_then(|seen| seen.inclusion(index));
                assert!(found(&proof.unwrap_err()), "{tile}, change {number}, leaf {index}");
            }
            if number == 4 {
                assert!(found(&folder.read_back(&Frontier::new(), size, &root).unwrap_err()), "{tile}");
            }
            fs::write(path(&folder, tile), &honest).unwrap();
        }
    }
    assert_eq!(folder.read_back(&Frontier::new(), size, &root).unwrap(), at);
}

#[test]
fn no_hash_of_a_changed_tile_is_given_out() {
    // At some of these sizes a well-known reader takes the second leaf for authenticated.
    for size in [768, 1000, 65_536, 70_000] {
        let (_temp, folder, at) = log(size);
        let tile = Tile { level: 0, index: 0, width: 256 };
        let seen = |index| TileTree::open(&folder, size, at.root()).and_then(|tree| tree.leaf(index));
        assert_eq!(seen(1).unwrap(), leaf(1));
        let mut bytes = fs::read(path(&folder, tile)).unwrap();
        bytes[40] ^= 1;
        fs::write(path(&folder, tile), &bytes).unwrap();
        for index in 0..256 {
            assert!(matches!(seen(index), Err(Error::Altered(named)) if named == tile), "{size} {index}");
        }
        assert_eq!(seen(256).unwrap(), leaf(256), "what does not lead through it is still proved");
    }
}

#[test]
fn two_tiles_that_agree_with_each_other_but_not_with_the_root_are_found() {
    let (_temp, folder, at) = log(600);
    let leaf_tile = Tile { level: 0, index: 0, width: 256 };
    let above = Tile { level: 1, index: 0, width: 2 };
    assert!(TileTree::open(&folder, 600, at.root()).unwrap().inclusion(3).is_ok());
    let mut bytes = fs::read(path(&folder, leaf_tile)).unwrap();
    bytes[40] ^= 1;
    let top: Frontier = bytes.as_chunks::<32>().0.iter().map(|hash| (*hash).into()).collect();
    let mut row = fs::read(path(&folder, above)).unwrap();
    row[..32].copy_from_slice(top.root().as_bytes());
    fs::write(path(&folder, leaf_tile), bytes).unwrap();
    fs::write(path(&folder, above), row).unwrap();
    assert!(matches!(TileTree::open(&folder, 600, at.root()), Err(Error::NotThisTree)));
    // As a whole it is a tree, but not the signed one.
    let read = folder.read_back(&Frontier::new(), 600, &at.root());
    assert!(matches!(read, Err(Error::NotThisTree)));
}

#[test]
fn nothing_is_built_upon_a_changed_edge() {
    for level in [0, 1] {
        let (_temp, folder, at) = log(600);
        let tile = Tile::of_tree(600, level, if level == 0 { 2 } else { 0 }).unwrap();
        let honest = fs::read(path(&folder, tile)).unwrap();
        let mut bytes = honest.clone();
        bytes[7] ^= 1;
        fs::write(path(&folder, tile), &bytes).unwrap();
        assert!(
            matches!(folder.append(&at, &leaves(600, 1200)), Err(Error::Altered(named)) if named == tile)
        );
        fs::write(path(&folder, tile), honest).unwrap();
    }
    let (_temp, folder, at) = log(600);
    assert_eq!(folder.append(&at, &leaves(600, 1200)).unwrap().root(), crate::common::tree(1200).root());
}

#[test]
fn what_the_disk_lost_after_writing_is_found_before_signing() {
    let (_temp, folder, at) = log(300);
    let new = folder.append(&at, &leaves(300, 900)).unwrap();
    assert_eq!(folder.read_back(&at, 900, &new.root()).unwrap(), new);
    for tile in Tile::all_of_tree(900).filter(|tile| (tile.level, tile.index) != (0, 0)) {
        let honest = fs::read(path(&folder, tile)).unwrap();
        for changed in changes(&honest) {
            fs::remove_file(path(&folder, tile)).unwrap();
            if let Some(bytes) = changed {
                fs::write(path(&folder, tile), bytes).unwrap();
            }
            let error = folder.read_back(&at, 900, &new.root()).unwrap_err();
            assert!(found(&error), "{tile}: {error}");
            fs::write(path(&folder, tile), &honest).unwrap();
        }
    }
    assert_eq!(folder.read_back(&at, 900, &new.root()).unwrap(), new);
}
