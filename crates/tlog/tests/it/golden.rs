//! `tests/vectors/log.json`: roots, proofs, tiles, notes and answers, byte for byte, which `tests/tlog_opinion.py` recomputes in
//! another language. The formats are published standards: the file only grows.
//! `RENKEI_WRITE_VECTORS=1 cargo test -p tlog` writes it.

use std::fs;
use std::path::Path;
use std::process::Command;

use data_encoding::BASE64;
use serde_json::{Map, Value, json};
use tlog::Hash;
use tlog::checkpoint::Checkpoint;
use tlog::note::Note;
use tlog::proof::{prove_consistency, prove_inclusion};
use tlog::tiles::{Folder, Source as _, Tile};
use tlog::witness::{AddCheckpoint, add_checkpoint};

use crate::common::{ORIGIN, WITNESS, checkpoint, leaf, log_key, signed, tree, witness_key};
use crate::tiles::log;
use crate::witness::{Notebook, logs, request};

const SIZES: [u64; 14] = [0, 1, 2, 3, 255, 256, 257, 600, 65_535, 65_536, 65_537, 65_792, 65_793, 70_000];
const NOW: u64 = 1_790_000_000;

fn texts(proof: &[Hash]) -> Vec<String> {
    proof.iter().map(Hash::to_string).collect()
}

/// Roots, and SHA-256 over all tiles: of each its path, a newline and its bytes; those of the leaves first.
fn roots() -> Value {
    let whole = tree(70_000);
    SIZES
        .map(|size| {
            let (_temp, folder, frontier) = log(size);
            let mut tiles = Vec::new();
            for tile in Tile::all_of_tree(size) {
                tiles.extend(format!("{tile}\n").into_bytes());
                tiles.extend(folder.read(tile).unwrap().unwrap());
            }
            assert_eq!(whole.root_at(size), Ok(frontier.root()));
            json!({"size": size, "root": frontier.root().to_string(), "tiles": Hash::sha256(&tiles).to_string()})
        })
        .into()
}

fn proofs() -> (Vec<Value>, Vec<Value>) {
    let whole = tree(70_000);
    let (mut inclusion, mut consistency) = (Vec::new(), Vec::new());
    for size in (1..=9).chain([255, 256, 257, 600, 65_537, 70_000]) {
        let root = whole.root_at(size).unwrap().to_string();
        for index in if size < 10 { (0..size).collect() } else { vec![0, 1, size / 2, size - 1] } {
            let proof = texts(&prove_inclusion(&whole, index, size).unwrap());
            let leaf = leaf(index).to_string();
            inclusion.push(json!({"index": index, "size": size, "leaf": leaf, "root": root, "proof": proof}));
        }
        for old in if size < 10 { (0..=size).collect() } else { vec![0, 1, size / 2, 128, size - 1, size] } {
            let proof = texts(&prove_consistency(&whole, old, size).unwrap());
            let before = whole.root_at(old).unwrap().to_string();
            consistency
                .push(json!({"old": old, "new": size, "old_root": before, "new_root": root, "proof": proof}));
        }
    }
    (inclusion, consistency)
}

/// A whole log, file by file.
fn files() -> Map<String, Value> {
    let (_temp, folder, _) = log(600);
    let read = |tile: Tile| (tile.path(), BASE64.encode(&folder.read(tile).unwrap().unwrap()).into());
    let mut files: Map<String, Value> = Tile::all_of_tree(600).map(read).collect();
    files.insert("checkpoint".to_owned(), cosigned(600).to_string().into());
    files
}

/// Signed by the log and by a witness.
fn cosigned(size: u64) -> Note {
    let of = checkpoint(&tree(size), size);
    let mut note = of.sign(&log_key());
    note.add_cosignature(&of, witness_key().cosign(&of, NOW).unwrap()).unwrap();
    note
}

fn notes() -> Value {
    let (log, witness) = (log_key().verify_key().to_string(), witness_key().verify_key().to_string());
    let mut plain = Note::new("not a checkpoint\n\nof two paragraphs\n").unwrap();
    plain.sign(&log_key());
    let extended =
        Checkpoint::with_extensions(ORIGIN, 3, tree(3).root(), vec!["timeline 1".to_owned()]).unwrap();
    json!([
        {"note": plain.to_string(), "keys": [log], "by": [ORIGIN], "times": [null]},
        {"note": signed(&tree(0), 0).to_string(), "keys": [log, witness], "by": [ORIGIN], "times": [null]},
        {"note": cosigned(70).to_string(), "keys": [log, witness], "by": [ORIGIN, WITNESS], "times": [null, NOW]},
        {"note": cosigned(70).to_string(), "keys": [witness], "by": [WITNESS], "times": [NOW]},
        {"note": extended.sign(&log_key()).to_string(), "keys": [log], "by": [ORIGIN], "times": [null]},
    ])
}

/// What a log asked a witness, one after another, and was answered.
fn conversation() -> Value {
    let (memory, tree) = (Notebook::default(), tree(600));
    let mut asked = vec![request(&tree, 0, 70), request(&tree, 0, 300), request(&tree, 70, 300)];
    asked.push(request(&tree, 300, 300));
    asked.push(AddCheckpoint { proof: Vec::new(), ..request(&tree, 300, 600) });
    asked.push(request(&tree, 300, 600));
    let talk = asked.iter().map(|request| {
        let body = request.to_string();
        let answer = add_checkpoint(body.as_bytes(), &logs(), &witness_key(), &memory, NOW).unwrap();
        json!({"request": body, "status": answer.status(), "type": answer.content_type(), "answer": answer.body()})
    });
    talk.collect::<Vec<_>>().into()
}

fn vectors() -> Value {
    let (inclusion, consistency) = proofs();
    json!({
        "format": "renkei/tlog-vectors/v1",
        "entries": "entry 0, entry 1, …",
        "keys": {
            "log": {"seed": hex::encode([1; 32]), "vkey": log_key().verify_key().to_string()},
            "witness": {"seed": hex::encode([2; 32]), "vkey": witness_key().verify_key().to_string()},
        },
        "roots": roots(),
        "inclusion": inclusion,
        "consistency": consistency,
        "log": {"origin": ORIGIN, "size": 600, "files": files()},
        "notes": notes(),
        "witness": conversation(),
    })
}

#[test]
fn the_vectors_are_the_ones_that_were_published() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/log.json");
    let now = serde_json::to_string_pretty(&vectors()).unwrap() + "\n";
    if std::env::var_os("RENKEI_WRITE_VECTORS").is_some() {
        fs::write(&path, &now).unwrap();
    }
    assert!(now == fs::read_to_string(&path).unwrap(), "another implementation would no longer agree");
}

/// Runs the other verifier on a log's folder: whether it was content, and its last line.
fn second_opinion(folder: &Folder, keys: &[String]) -> (bool, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tlog_opinion.py");
    let output = Command::new("python3").arg(script).arg(folder.path()).args(keys).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    (output.status.success(), printed.lines().last().unwrap_or_default().to_owned())
}

#[test]
fn the_second_opinion_reads_a_log_and_finds_a_forged_one() {
    let (_temp, folder, at) = log(70_000);
    let keys = [log_key().verify_key().to_string(), witness_key().verify_key().to_string()];
    folder.publish(&cosigned(70_000)).unwrap();
    let tiles = Tile::all_of_tree(at.size()).count();
    let content = (true, format!("{} passed, 0 failed", tiles + 2));
    assert_eq!(second_opinion(&folder, &keys), content);
    for tile in [(0, 5), (1, 1), (2, 0)].map(|(level, index)| Tile::of_tree(70_000, level, index).unwrap()) {
        let path = folder.path().join(tile.path());
        let honest = fs::read(&path).unwrap();
        let mut bytes = honest.clone();
        bytes[9] ^= 4;
        fs::write(&path, bytes).unwrap();
        assert!(!second_opinion(&folder, &keys).0, "{tile}");
        fs::write(&path, honest).unwrap();
    }
    let other = [keys[1].clone()];
    assert!(second_opinion(&folder, &other).0, "a witness vouches too");
    // What the folder itself would not do.
    assert!(folder.publish(&cosigned(69_999)).is_err());
    fs::write(folder.path().join("checkpoint"), cosigned(69_999).to_string()).unwrap();
    assert!(!second_opinion(&folder, &keys).0, "the checkpoint of another size");
    folder.publish(&cosigned(70_000)).unwrap();
    assert_eq!(second_opinion(&folder, &keys), content);
}
