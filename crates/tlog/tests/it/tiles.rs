//! Tiles on a disk: their names, growing logs, and a crash at any point.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tlog::checkpoint::Checkpoint;
use tlog::proof::{verify_consistency, verify_inclusion};
use tlog::tiles::{Error, Folder, Tile, TileTree};
use tlog::{Frontier, Hash};

use crate::common::{ORIGIN, fork, leaf, leaves, log_key, signed, tree};

pub fn folder() -> (TempDir, Folder) {
    let temp = tempfile::tempdir().unwrap();
    let folder = Folder::open(temp.path().join("log")).unwrap();
    (temp, folder)
}

/// A log of this many leaves.
pub fn log(size: u64) -> (TempDir, Folder, Frontier) {
    let (temp, folder) = folder();
    let frontier = folder.append(&Frontier::new(), &leaves(0, size)).unwrap();
    (temp, folder, frontier)
}

/// The paths of all files below `tile`.
fn files(folder: &Folder) -> BTreeSet<String> {
    fn walk(root: &Path, at: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(at).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(folder.path(), &folder.path().join("tile"), &mut found);
    found
}

fn paths(size: u64) -> BTreeSet<String> {
    Tile::all_of_tree(size).map(|tile| tile.path()).collect()
}

#[test]
fn names_have_one_spelling() {
    let named = |level, index, width| Tile { level, index, width };
    let names = [
        (named(0, 0, 256), "tile/0/000"),
        (named(0, 1_234_067, 256), "tile/0/x001/x234/067"),
        (named(1, 0, 17), "tile/1/000.p/17"),
        (named(2, 1000, 1), "tile/2/x001/000.p/1"),
        (named(0, u64::MAX >> 8, 255), "tile/0/x072/x057/x594/x037/x927/935.p/255"),
    ];
    for (tile, path) in names {
        assert_eq!((tile.path().as_str(), path.parse()), (path, Ok(tile)));
    }
    let misspelt = [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/8/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/../000",
        "tile/entries/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/０００",
    ];
    for path in misspelt {
        assert!(path.parse::<Tile>().is_err(), "{path}");
    }
}

#[test]
fn a_tree_has_the_tiles_that_the_standard_says() {
    let widths = |size, level| -> Vec<u64> {
        Tile::all_of_tree(size).filter(|tile| tile.level == level).map(|tile| tile.width).collect()
    };
    assert_eq!(widths(70_000, 0), [vec![256; 273], vec![112]].concat());
    assert_eq!((widths(70_000, 1), widths(70_000, 2), widths(70_000, 3)), (vec![256, 17], vec![1], vec![]));
    assert_eq!((widths(256, 0), widths(256, 1)), (vec![256], vec![1]));
    assert_eq!(Tile::all_of_tree(0).count(), 0);
    assert_eq!(Tile::of_tree(u64::MAX, 7, 0).unwrap().width, 255);
}

#[test]
fn a_log_written_at_once_is_the_tree_and_has_no_other_files() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 513, 1000] {
        let (_temp, folder, frontier) = log(size);
        let root = tree(size).root();
        assert_eq!((frontier.size(), frontier.root()), (size, root));
        assert_eq!(files(&folder), paths(size), "{size}");
        assert_eq!(folder.read_back(&Frontier::new(), size, &root).unwrap(), frontier, "{size}");
        assert_eq!(folder.frontier(size, &root).unwrap(), frontier, "{size}");
    }
}

#[test]
fn a_log_that_grows_over_every_edge_stays_one_tree() {
    let (_temp, folder) = folder();
    let whole = tree(70_000);
    let mut at = Frontier::new();
    let sizes = [1, 2, 255, 256, 257, 300, 511, 512, 65_535, 65_536, 65_537, 70_000];
    for size in sizes {
        let root = whole.root_at(size).unwrap();
        let new = folder.append(&at, &leaves(at.size(), size)).unwrap();
        assert_eq!((new.size(), new.root()), (size, root));
        assert_eq!(folder.read_back(&at, size, &root).unwrap(), new, "{size}");
        assert!(files(&folder).is_superset(&paths(size)));
        // A sealer that begins anew knows only what was signed.
        assert_eq!(folder.frontier(size, &root).unwrap(), new, "{size}");
        let seen = TileTree::open(&folder, size, root).unwrap();
        for old in [0, at.size(), size / 2, size] {
            let (proof, before) = (seen.consistency(old).unwrap(), seen.root_at(old).unwrap());
            assert_eq!(before, whole.root_at(old).unwrap());
            assert_eq!(verify_consistency(old, size, &before, &root, &proof), Ok(()), "{old} {size}");
        }
        for index in [0, size / 3, size - 1] {
            let proof = seen.inclusion(index).unwrap();
            assert_eq!(verify_inclusion(index, size, &leaf(index), &proof, &root), Ok(()), "{index} {size}");
        }
        folder.tidy(at.size(), size).unwrap();
        at = new;
    }
    assert_eq!(files(&folder), paths(70_000), "full tiles, and those of the last edge");
    assert_eq!(folder.read_back(&Frontier::new(), 70_000, &at.root()).unwrap(), at);
    // Old checkpoints can still be looked at: the tiles that were not full then are the beginnings of full ones.
    for size in &sizes[..9] {
        let seen = TileTree::open(&folder, *size, whole.root_at(*size).unwrap()).unwrap();
        assert_eq!(seen.leaf(size - 1).unwrap(), leaf(size - 1));
    }
}

#[test]
fn proofs_beyond_the_log_are_refused() {
    let (_temp, folder, at) = log(300);
    let seen = TileTree::open(&folder, 300, at.root()).unwrap();
    assert!(seen.inclusion(299).is_ok() && seen.consistency(300).is_ok() && seen.root_at(300).is_ok());
    for error in [seen.inclusion(300).err(), seen.consistency(301).err(), seen.leaf(u64::MAX).err()] {
        assert!(matches!(error, Some(Error::OutOfRange(_))));
    }
    assert!(matches!(seen.root_at(301), Err(Error::OutOfRange(_))));
    assert!(folder.read_back(&at, 300, &at.root()).is_ok());
    assert!(matches!(folder.read_back(&at, 299, &at.root()), Err(Error::OutOfRange(_))));
    assert!(matches!(folder.read_back(&at, 301, &at.root()), Err(Error::Missing(_))));
    assert!(matches!(folder.tidy(0, 512), Err(Error::Missing(_))), "it would remove the only copy");
    assert_eq!(folder.read_back(&Frontier::new(), 300, &at.root()).unwrap(), at);
}

#[test]
fn what_was_written_is_never_replaced() {
    let (_temp, folder, at) = log(300);
    let full = folder.append(&at, &leaves(300, 600)).unwrap();
    let before: Vec<_> =
        files(&folder).iter().map(|path| fs::read(folder.path().join(path)).unwrap()).collect();
    assert_eq!(folder.append(&at, &leaves(300, 600)).unwrap(), full, "the same again");
    let forged = |from, until| -> Vec<Hash> { (from..until).map(|n| Hash::leaf(&[n as u8, 1])).collect() };
    // A full tile; one that is not full; and a log from the beginning.
    assert!(matches!(folder.append(&at, &forged(300, 600)), Err(Error::Conflict(tile)) if tile.width == 256));
    let late = [leaves(300, 599), forged(599, 600)].concat();
    assert!(matches!(folder.append(&at, &late), Err(Error::Conflict(tile)) if tile.width == 88));
    assert!(matches!(folder.append(&Frontier::new(), &forged(0, 256)), Err(Error::Conflict(_))));
    let after: Vec<_> =
        files(&folder).iter().map(|path| fs::read(folder.path().join(path)).unwrap()).collect();
    assert!(before == after, "a refusal leaves everything as it was");
    // Nor is anything built upon an edge that is not the one on the disk.
    let other: Frontier = (0..300).map(|n| Hash::leaf(&[n as u8])).collect();
    assert!(matches!(folder.append(&other, &leaves(300, 301)), Err(Error::Altered(_))));
}

/// Reads the log as it was published: what a sealer does when it starts.
fn published(folder: &Folder) -> Frontier {
    let keys = [log_key().verify_key().clone()];
    let bytes = folder.checkpoint().unwrap().unwrap();
    let opened = Checkpoint::open(&bytes, ORIGIN, &keys).unwrap().checkpoint;
    let seen = TileTree::open(folder, opened.size(), opened.root()).unwrap();
    for index in [0, opened.size() - 1] {
        seen.inclusion(index).unwrap();
    }
    seen.frontier().clone()
}

#[test]
fn a_crash_between_tiles_and_checkpoint_loses_nothing() {
    let (_temp, folder, at) = log(300);
    assert_eq!(folder.checkpoint().unwrap(), None);
    folder.publish(&signed(&tree(300), 300)).unwrap();
    assert_eq!(published(&folder), at);
    // All tiles of 700 were written, and then the machine stopped; once more, after tidying up.
    let new = folder.append(&at, &leaves(300, 700)).unwrap();
    assert_eq!(published(&folder), at);
    folder.tidy(300, 700).unwrap();
    assert_eq!(published(&folder), at);
    // It stopped earlier: the tile above was not written, and half of a file was.
    fs::remove_dir_all(folder.path().join("tile/1/000.p")).unwrap();
    fs::create_dir_all(folder.path().join("tile/1/000.p")).unwrap();
    fs::write(folder.path().join("tile/1/000.p/1"), leaf_top()).unwrap();
    fs::write(folder.path().join(".fresh"), b"half").unwrap();
    assert_eq!(published(&folder), at);
    assert!(folder.read_back(&at, 700, &new.root()).is_err(), "what is not whole is not signed");
    // The same leaves again, and more that have come since.
    assert_eq!(folder.append(&at, &leaves(300, 700)).unwrap(), new);
    assert_eq!(folder.read_back(&at, 700, &new.root()).unwrap(), new);
    let more = folder.append(&at, &leaves(300, 800)).unwrap();
    assert_eq!(folder.read_back(&at, 800, &more.root()).unwrap(), more);
    folder.publish(&signed(&tree(800), 800)).unwrap();
    assert_eq!(published(&folder), more);
    // Leaves that come back in another order are another log.
    assert!(matches!(
        folder.append(&at, &[leaves(301, 700), leaves(300, 301)].concat()),
        Err(Error::Conflict(_))
    ));
    assert_eq!(published(&folder), more);
}

#[test]
fn a_crash_after_any_file_is_made_good_by_appending_again() {
    let (_temp, folder, at) = log(300);
    folder.publish(&signed(&tree(300), 300)).unwrap();
    let before = files(&folder);
    let new = folder.append(&at, &leaves(300, 1300)).unwrap();
    // In the order in which they were written.
    let written: Vec<Tile> = Tile::all_of_tree(1300).filter(|tile| !before.contains(&tile.path())).collect();
    assert_eq!(written.len(), 6);
    for whole in 0..written.len() {
        for tile in &written[whole..] {
            fs::remove_file(folder.path().join(tile.path())).unwrap();
        }
        assert_eq!(published(&folder), at, "after {whole} files");
        assert!(matches!(folder.read_back(&at, 1300, &new.root()), Err(Error::Missing(_))));
        // More has come meanwhile, then it is as it was.
        assert!(folder.append(&at, &leaves(300, 1400)).is_ok());
        assert_eq!(folder.append(&at, &leaves(300, 1300)).unwrap(), new);
        assert_eq!(folder.read_back(&Frontier::new(), 1300, &new.root()).unwrap(), new);
    }
}

/// The only hash of level 1 at 300 leaves.
fn leaf_top() -> Vec<u8> {
    tree(256).root().as_bytes().to_vec()
}

#[test]
fn another_tree_is_not_taken_for_this_one() {
    let (_temp, folder, at) = log(1000);
    assert!(TileTree::open(&folder, 1000, at.root()).is_ok());
    for (size, root) in
        [(1000, fork(999, 1000).root()), (1000, tree(999).root()), (1000, Hash::EMPTY), (0, at.root())]
    {
        assert!(matches!(TileTree::open(&folder, size, root), Err(Error::NotThisTree)), "{size}");
    }
    assert!(matches!(TileTree::open(&folder, 1001, at.root()), Err(Error::Missing(_))));
    assert!(TileTree::open(&folder, 0, Hash::EMPTY).is_ok());
}
