//! What was noted is there; what was tampered with is found.

use envelope::{DataKey, Secret};
use spool::{Ending, Error, Writer, head};
use uuid::Uuid;

fn key() -> DataKey {
    DataKey::from(Secret::from([7; 32]))
}

/// A spool with three notes: its folder and path.
fn three() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(folder.path(), Uuid::from_u128(9), key(), b"wrapped").unwrap();
    for note in ["一つ", "二つ", "三つ"] {
        writer.append(note).unwrap();
    }
    let path = writer.path().to_owned();
    (folder, path)
}

fn open(path: &std::path::Path) -> (Vec<String>, Ending) {
    let spool = head(path).unwrap().open(&key());
    (spool.notes, spool.ending)
}

#[test]
fn notes_come_back_in_order_and_are_nowhere_in_clear() {
    let (_folder, path) = three();
    assert_eq!(open(&path), (vec!["一つ".to_owned(), "二つ".into(), "三つ".into()], Ending::Whole));
    assert_eq!(head(&path).unwrap().wrapped, b"wrapped");
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows("二つ".len()).any(|w| w == "二つ".as_bytes()));
}

#[test]
fn a_note_cut_in_the_middle_is_torn_and_the_others_are_good() {
    let (_folder, path) = three();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    assert_eq!(open(&path), (vec!["一つ".to_owned(), "二つ".into()], Ending::Torn));
}

#[test]
fn every_changed_bit_is_found() {
    let (_folder, path) = three();
    let bytes = std::fs::read(&path).unwrap();
    let whole = open(&path).0;
    // The magic word is 16 bytes long; a change there makes it no spool at all.
    for at in 16..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        let found = match head(&path) {
            Err(Error::NotASpool) => continue,
            Err(error) => panic!("{at}: {error}"),
            Ok(head) => head.open(&key()),
        };
        assert!(found.ending != Ending::Whole, "byte {at}");
        assert!(found.notes.len() < whole.len() && whole.starts_with(&found.notes), "byte {at}");
    }
}

#[test]
fn a_note_taken_out_or_put_elsewhere_breaks_the_chain() {
    let (_folder, path) = three();
    let bytes = std::fs::read(&path).unwrap();
    let start = 16 + 16 + 2 + b"wrapped".len();
    // All three notes are equally long.
    let length = (bytes.len() - start) / 3;
    let note = |n: usize| &bytes[start + n * length..start + (n + 1) * length];
    for (order, at) in [([0, 2].as_slice(), 1), (&[1, 0, 2], 0), (&[0, 0, 1], 1)] {
        let changed =
            [&bytes[..start], &order.iter().map(|n| note(*n)).collect::<Vec<_>>().concat()].concat();
        std::fs::write(&path, changed).unwrap();
        assert_eq!(open(&path).1, Ending::Broken(at), "{order:?}");
    }
}

#[test]
fn another_key_opens_nothing_and_a_folder_that_is_gone_takes_nothing() {
    let (folder, path) = three();
    let other = head(&path).unwrap().open(&DataKey::from(Secret::from([8; 32])));
    assert_eq!((other.notes.len(), other.ending), (0, Ending::Broken(0)));
    assert!(matches!(
        Writer::create(&folder.path().join("gone"), Uuid::nil(), key(), b""),
        Err(Error::Io(_))
    ));
}
