//! A witness's answers: each refusal after the case that is allowed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use tlog::checkpoint::{Checkpoint, Cosigner};
use tlog::note::{Note, Signer};
use tlog::proof::{Nodes as _, prove_consistency};
use tlog::witness::{AddCheckpoint, Answer, Head, Log, Memory, Put, SIZE_TYPE, add_checkpoint, known_size};
use tlog::{Hash, Tree};

use crate::common::{ORIGIN, WITNESS, checkpoint, fork, leaf, log_key, signed, tree, witness_key};

/// A memory that lasts as long as the test.
#[derive(Default)]
pub struct Notebook(RefCell<BTreeMap<String, Head>>);

impl Memory for Notebook {
    type Error = std::convert::Infallible;

    fn get(&self, origin: &str) -> Result<Option<Head>, Self::Error> {
        Ok(self.0.borrow().get(origin).copied())
    }

    fn put(&self, origin: &str, known: Option<Head>, next: Head) -> Result<Put, Self::Error> {
        let mut heads = self.0.borrow_mut();
        match heads.get(origin) {
            Some(at) if Some(*at) != known && *at != next => Ok(Put::Outrun(*at)),
            _ => {
                heads.insert(origin.to_owned(), next);
                Ok(Put::Kept)
            }
        }
    }
}

pub fn logs() -> Vec<Log> {
    vec![Log { origin: ORIGIN.to_owned(), keys: vec![log_key().verify_key().clone()] }]
}

/// What a log sends to have its tree cosigned from `old` to `size`.
pub fn request(tree: &Tree, old: u64, size: u64) -> AddCheckpoint {
    AddCheckpoint { old, proof: prove_consistency(tree, old, size).unwrap(), checkpoint: signed(tree, size) }
}

pub fn ask<M: Memory>(memory: &M, request: &AddCheckpoint) -> Result<Answer, M::Error> {
    add_checkpoint(request.to_string().as_bytes(), &logs(), &witness_key(), memory, 1_700_000_000)
}

fn status(memory: &Notebook, request: &AddCheckpoint) -> u16 {
    ask(memory, request).unwrap().status()
}

/// A witness that knows the honest log at this size.
fn at(size: u64) -> Notebook {
    let memory = Notebook::default();
    assert_eq!(status(&memory, &request(&tree(size), 0, size)), 200);
    memory
}

#[test]
fn a_growing_log_is_cosigned_and_remembered() {
    let (memory, tree) = (Notebook::default(), tree(1000));
    for (old, size) in [(0, 1), (1, 1), (1, 2), (2, 255), (255, 256), (256, 700), (700, 1000)] {
        let answer = ask(&memory, &request(&tree, old, size)).unwrap();
        assert_eq!((answer.status(), answer.content_type()), (200, "text/plain; charset=utf-8"));
        let mut note = signed(&tree, size);
        let keys = [witness_key().verify_key().clone()];
        let taken = note.take(&answer.body(), &keys).unwrap();
        assert_eq!((taken.len(), taken[0].time), (1, Some(1_700_000_000)), "{old} {size}");
        let head = Head { size, root: tree.root_at(size).unwrap() };
        assert_eq!(memory.get(ORIGIN), Ok(Some(head)));
    }
    // An empty log may be cosigned too.
    assert_eq!(status(&Notebook::default(), &request(&tree, 0, 0)), 200);
}

#[test]
fn a_wrong_guess_of_what_it_knows_is_answered_with_the_size() {
    let (memory, tree) = (at(70), tree(100));
    for old in [0, 1, 69, 71, 100] {
        let answer = ask(&memory, &request(&tree, old, 100)).unwrap();
        assert_eq!(
            (answer.status(), answer.content_type(), answer.body()),
            (409, SIZE_TYPE, "70\n".to_owned())
        );
        assert_eq!(known_size(answer.content_type(), &answer.body()), Some(70));
    }
    assert_eq!(memory.get(ORIGIN).unwrap().unwrap().size, 70);
    assert_eq!(status(&memory, &request(&tree, 70, 100)), 200, "with what it said");
    for (kind, body) in [
        ("text/plain", "70\n"),
        (SIZE_TYPE, "70"),
        (SIZE_TYPE, "070\n"),
        (SIZE_TYPE, "\n"),
        (SIZE_TYPE, "7\n0\n"),
    ] {
        assert_eq!(known_size(kind, body), None, "{kind} {body:?}");
    }
}

#[test]
fn a_log_that_was_cut_or_rewritten_is_not_cosigned() {
    let (honest, memory) = (tree(200), at(70));
    let refused = |request: &AddCheckpoint, status: u16, what: &str| {
        assert_eq!(ask(&memory, request).unwrap().status(), status, "{what}");
        assert_eq!(memory.get(ORIGIN).unwrap().unwrap().size, 70, "{what}");
    };
    // Shorter: by the truth about the old size, by a lie about it, and with it as the old size of a shorter tree.
    refused(&request(&honest, 0, 69), 409, "cut, from nothing");
    refused(&request(&honest, 69, 69), 409, "cut");
    let cut = AddCheckpoint { old: 70, proof: Vec::new(), checkpoint: signed(&honest, 69) };
    refused(&cut, 400, "from more to less");
    // Equally long, another root.
    let forked = AddCheckpoint { old: 70, proof: Vec::new(), checkpoint: signed(&fork(69, 70), 70) };
    refused(&forked, 409, "forked");
    assert_eq!(ask(&memory, &forked), Ok(Answer::Forked));
    assert_eq!(known_size(Answer::Forked.content_type(), &Answer::Forked.body()), None);
    // Longer, but another: at the first entry, at the last that was known, and after a cut.
    for from in [0, 5, 69] {
        refused(&request(&fork(from, 200), 70, 200), 422, "rewritten");
    }
    refused(&request(&fork(60, 200), 60, 200), 409, "rewritten after a cut");
    // The same log, with a proof that is none.
    let mut bent = request(&honest, 70, 200);
    bent.proof.pop();
    refused(&bent, 422, "a proof cut off");
    bent = request(&honest, 70, 200);
    bent.proof.push(leaf(0));
    refused(&bent, 422, "a proof too long");
    bent = request(&honest, 70, 70);
    bent.proof.push(leaf(0));
    refused(&bent, 422, "a proof of nothing");
    assert_eq!(status(&memory, &request(&honest, 70, 200)), 200, "and the honest one still is");
}

#[test]
fn from_nothing_there_is_nothing_to_prove() {
    let memory = Notebook::default();
    let mut first = request(&tree(70), 0, 70);
    first.proof.push(leaf(0));
    assert_eq!(status(&memory, &first), 422);
    let wrong_empty = Checkpoint::new(ORIGIN, 0, leaf(0)).unwrap().sign(&log_key());
    let none = AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: wrong_empty };
    assert_eq!(status(&memory, &none), 409, "the empty tree has one root");
    assert_eq!(status(&memory, &request(&tree(70), 3, 70)), 409);
    first.proof.clear();
    assert_eq!(status(&memory, &first), 200);
}

#[test]
fn whose_log_it_is_and_who_signed_it() {
    let memory = Notebook::default();
    let with = |origin: &str, signers: &[Signer]| {
        let text = Checkpoint::new(origin, 70, tree(70).root()).unwrap().to_string();
        let mut checkpoint = Note::new(text).unwrap();
        signers.iter().for_each(|signer| checkpoint.sign(signer));
        status(&memory, &AddCheckpoint { old: 0, proof: Vec::new(), checkpoint })
    };
    let other = || Signer::from_seed(ORIGIN, &[9; 32]).unwrap();
    assert_eq!(with("other.example/log", &[log_key()]), 404);
    assert_eq!(with(ORIGIN, &[other()]), 403);
    // The log's signature, but over another checkpoint.
    let (good, bad) = (signed(&tree(70), 70).to_string(), signed(&tree(69), 69).to_string());
    let line = |note: &str| note.rsplit_once("\n\n").unwrap().1.to_owned();
    let body = |note: String| format!("old 0\n\n{note}");
    let ask = |body: String| {
        add_checkpoint(body.as_bytes(), &logs(), &witness_key(), &memory, 1_700_000_000).unwrap().status()
    };
    assert_eq!(ask(body(good.replace(&line(&good), &line(&bad)))), 403);
    assert_eq!(memory.get(ORIGIN), Ok(None), "nothing was remembered");
    assert_eq!(with(ORIGIN, &[other(), log_key()]), 200, "unknown keys do no harm");
    // A witness's own signature is not the log's.
    let mut cosigned = Note::new(checkpoint(&tree(70), 70).to_string()).unwrap();
    let line = Cosigner::from_seed(ORIGIN, &[1; 32]).unwrap().cosign(&checkpoint(&tree(70), 70), 5).unwrap();
    cosigned.add_cosignature(&checkpoint(&tree(70), 70), line).unwrap();
    assert_eq!(ask(format!("old 70\n\n{cosigned}")), 403);
}

#[test]
fn only_the_one_spelling_of_a_request_is_read() {
    let memory = at(70);
    let good = request(&tree(100), 70, 100);
    let text = good.to_string();
    assert_eq!(AddCheckpoint::parse(text.as_bytes()), Ok(good.clone()));
    let root = tree(100).node(0, 0).unwrap().to_string();
    let bad = [
        String::new(),
        "old 70\n".to_owned(),
        text.replace("old 70", "old 070"),
        text.replace("old 70", "old  70"),
        text.replace("old 70", "old +70"),
        text.replace("old 70", "OLD 70"),
        text.replace("old 70", "old"),
        text.replace("old 70\n", ""),
        text.replace("old 70", "old 18446744073709551616"),
        text.replacen("=\n", "\n", 1),
        text.replacen("=\n", "=\r\n", 1),
        text.replacen("=\n", "=\nx\n", 1),
        text.replacen("\n\n", "\n", 1),
        text.replacen("\n\n", "\n\n\n", 1),
        text.trim_end().to_owned(),
        text.replacen("old 70\n", &format!("old 70\n{}", format!("{root}\n").repeat(60)), 1),
        // No checkpoint; or a checkpoint of fewer leaves than the old size.
        text.replacen(&format!("{ORIGIN}\n100\n"), &format!("{ORIGIN}\n0100\n"), 1),
        request(&tree(100), 70, 100).to_string().replace("old 70", "old 101"),
        "old 70\n".repeat(100_000),
    ];
    for body in bad {
        let answer = add_checkpoint(body.as_bytes(), &logs(), &witness_key(), &memory, 1).unwrap();
        assert_eq!(answer.status(), 400, "{:?}", body.chars().take(200).collect::<String>());
    }
    assert_eq!(add_checkpoint(b"old 70\xff\n\n", &logs(), &witness_key(), &memory, 1).unwrap().status(), 400);
    assert_eq!(status(&memory, &good), 200);
}

/// A memory whose disk fails at a certain step.
struct Failing {
    notebook: Notebook,
    at_put: Cell<bool>,
}

impl Memory for Failing {
    type Error = &'static str;

    fn get(&self, origin: &str) -> Result<Option<Head>, Self::Error> {
        if self.at_put.get() { Ok(self.notebook.get(origin).unwrap()) } else { Err("unreadable") }
    }

    fn put(&self, _: &str, _: Option<Head>, _: Head) -> Result<Put, Self::Error> {
        Err("full")
    }
}

#[test]
fn nothing_is_cosigned_that_is_not_remembered() {
    let memory = Failing { notebook: at(70), at_put: Cell::new(false) };
    let next = request(&tree(100), 70, 100);
    assert_eq!(ask(&memory, &next), Err("unreadable"));
    memory.at_put.set(true);
    assert_eq!(ask(&memory, &next), Err("full"));
    assert_eq!(status(&memory.notebook, &next), 200);
}

#[test]
fn a_witness_looks_after_several_logs_apart() {
    let other = Signer::from_seed("other.example/log", &[5; 32]).unwrap();
    let mut all = logs();
    all.push(Log { origin: "other.example/log".to_owned(), keys: vec![other.verify_key().clone()] });
    let memory = at(70);
    let theirs = Checkpoint::new("other.example/log", 30, fork(0, 30).root()).unwrap();
    let body =
        |key: &Signer| AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: theirs.sign(key) }.to_string();
    let ask = |key: &Signer| {
        add_checkpoint(body(key).as_bytes(), &all, &witness_key(), &memory, 1).unwrap().status()
    };
    assert_eq!(ask(&log_key()), 403, "one log's key does not sign for another");
    assert_eq!(ask(&other), 200);
    assert_eq!(memory.get(ORIGIN).unwrap().unwrap().size, 70);
    assert_eq!(memory.get("other.example/log").unwrap().unwrap().size, 30);
    assert_eq!(witness_key().verify_key().name(), WITNESS);
    assert_ne!(theirs.root(), Hash::EMPTY);
}
