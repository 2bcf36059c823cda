//! What a witness remembers on its disk.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Barrier;

use tempfile::TempDir;
use tlog::witness::{AddCheckpoint, Answer, FileError, FileMemory, Head, Memory, Put};

use crate::common::{ORIGIN, fork, tree};
use crate::witness::{ask, request};

fn place() -> (TempDir, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("witness");
    (temp, path)
}

fn head(size: u64) -> Head {
    Head { size, root: tree(size).root() }
}

/// A memory that knows the honest log at 70 entries.
fn at_70() -> (TempDir, PathBuf, FileMemory) {
    let (temp, path) = place();
    let memory = FileMemory::create(&path).unwrap();
    assert_eq!(ask(&memory, &request(&tree(70), 0, 70)).unwrap().status(), 200);
    (temp, path, memory)
}

#[test]
fn what_was_cosigned_is_there_after_a_restart() {
    let (_temp, path, _) = at_70();
    let memory = FileMemory::open(&path).unwrap();
    assert_eq!(memory.get(ORIGIN).unwrap(), Some(head(70)));
    assert_eq!(memory.get("other.example/log").unwrap(), None);
    assert_eq!(ask(&memory, &request(&tree(200), 70, 200)).unwrap().status(), 200);
    assert_eq!(ask(&memory, &request(&fork(3, 300), 70, 300)).unwrap(), Answer::Conflict(200));
    assert_eq!(FileMemory::open(&path).unwrap().heads().unwrap().len(), 1);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!path.with_file_name("witness.new").exists());
}

#[test]
fn a_damaged_or_missing_file_is_no_new_beginning() {
    let (_temp, path, memory) = at_70();
    let honest = fs::read(&path).unwrap();
    assert!(FileMemory::open(&path).is_ok());
    let refused = |bytes: &[u8], what: usize| {
        fs::write(&path, bytes).unwrap();
        assert!(matches!(FileMemory::open(&path), Err(FileError::Damaged(_))), "{what}");
        // One that is running already stops cosigning too.
        assert!(ask(&memory, &request(&tree(200), 70, 200)).is_err(), "{what}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "it is left as it was, to be looked at");
    };
    for at in 0..honest.len() {
        for bit in 0..8 {
            let mut bytes = honest.clone();
            bytes[at] ^= 1 << bit;
            refused(&bytes, at);
        }
        refused(&honest[..at], at);
    }
    refused(&[&honest[..], b"\n"].concat(), 0);
    fs::remove_file(&path).unwrap();
    assert!(matches!(FileMemory::open(&path), Err(FileError::Io { .. })));
    assert!(ask(&memory, &request(&tree(200), 0, 200)).is_err());
    fs::write(&path, &honest).unwrap();
    assert!(matches!(FileMemory::create(&path), Err(FileError::Io { .. })), "it does not write over another");
    assert_eq!(ask(&memory, &request(&tree(200), 70, 200)).unwrap().status(), 200);
}

#[test]
fn a_crash_while_writing_leaves_the_old_state() {
    let (_temp, path, _) = at_70();
    fs::write(path.with_file_name("witness.new"), b"half of a").unwrap();
    let memory = FileMemory::open(&path).unwrap();
    assert_eq!(memory.get(ORIGIN).unwrap(), Some(head(70)));
    assert_eq!(ask(&memory, &request(&tree(90), 70, 90)).unwrap().status(), 200);
}

#[test]
fn it_never_goes_back() {
    let (_temp, _, memory) = at_70();
    let put = |known: Option<Head>, next| memory.put(ORIGIN, known, next).unwrap();
    assert_eq!(put(Some(head(70)), head(80)), Put::Kept);
    assert_eq!(put(Some(head(80)), head(80)), Put::Kept, "the same again");
    let forked = Head { size: 80, root: fork(79, 80).root() };
    for (known, next) in [
        (Some(head(80)), head(70)),
        (Some(head(80)), forked),
        (Some(head(70)), head(90)),
        (Some(forked), head(90)),
        (None, head(90)),
    ] {
        assert_eq!(put(known, next), Put::Outrun(head(80)), "{known:?} {next:?}");
    }
    assert!(memory.put("other.example/log", Some(head(1)), head(2)).is_err(), "somebody has forgotten it");
    assert!(memory.put("two\nlines", None, head(2)).is_err());
    assert_eq!(memory.heads().unwrap().len(), 1);
}

#[test]
fn of_many_forks_at_once_one_wins() {
    let (_temp, path, _) = at_70();
    let forks: Vec<AddCheckpoint> = (70..82)
        .map(|from| request(&fork(from, 100), 70, 100))
        .chain([request(&tree(100), 70, 100)])
        .collect();
    let start = Barrier::new(forks.len());
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let asked: Vec<_> = forks
            .iter()
            .map(|request| {
                scope.spawn(|| {
                    // As separate processes would: each with its own handle.
                    let memory = FileMemory::open(&path).unwrap();
                    start.wait();
                    ask(&memory, request).unwrap()
                })
            })
            .collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let won: Vec<usize> = (0..forks.len()).filter(|n| answers[*n].status() == 200).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Answer::Conflict(100)).count(), forks.len() - 1);
}

/// Lets another request through between what is read and what is written.
struct Slow<'m> {
    memory: &'m FileMemory,
    meanwhile: RefCell<Option<AddCheckpoint>>,
}

impl Memory for Slow<'_> {
    type Error = FileError;

    fn get(&self, origin: &str) -> Result<Option<Head>, FileError> {
        let head = self.memory.get(origin)?;
        if let Some(request) = self.meanwhile.take() {
            assert_eq!(ask(self.memory, &request)?.status(), 200);
        }
        Ok(head)
    }

    fn put(&self, origin: &str, known: Option<Head>, next: Head) -> Result<Put, FileError> {
        self.memory.put(origin, known, next)
    }
}

#[test]
fn a_request_that_was_overtaken_is_told_so() {
    let (_temp, _, memory) = at_70();
    let slow = |meanwhile| Slow { memory: &memory, meanwhile: RefCell::new(meanwhile) };
    assert_eq!(ask(&slow(None), &request(&tree(80), 70, 80)).unwrap().status(), 200);
    // The race of the standard: the larger one first, then the smaller would roll it back.
    let overtaken = slow(Some(request(&tree(120), 80, 120)));
    assert_eq!(ask(&overtaken, &request(&tree(100), 80, 100)).unwrap(), Answer::Conflict(120));
    assert_eq!(memory.get(ORIGIN).unwrap(), Some(head(120)));
    // And a fork.
    let overtaken = slow(Some(request(&tree(200), 120, 200)));
    assert_eq!(ask(&overtaken, &request(&fork(150, 200), 120, 200)).unwrap(), Answer::Conflict(200));
}
