//! `tests/vectors/records.json`: every kind of record with its bytes and hashes, which a second implementation
//! recomputes. The file never changes while the format is `renkei/record/v1`; new kinds only add to it.
//! `RENKEI_WRITE_VECTORS=1 cargo test -p record` writes it.

mod common;

use std::path::Path;
use std::process::Command;

use common::{chain, id, streams};
use record::{Content, DumpLine, Kind, StreamKind, stream_root};
use serde_json::{Value, json};

fn vectors() -> Value {
    let streams = (1..).zip(streams()).map(|(stream, (kind, contents))| {
        let records: Vec<Value> = chain(stream, kind, contents)
            .into_iter()
            .map(|sealed| {
                json!({
                    "content": sealed.content,
                    "content_bytes": hex::encode(sealed.content.to_bytes()),
                    "salt": hex::encode(sealed.salt.as_bytes()),
                    "header_bytes": hex::encode(sealed.header.to_bytes()),
                    "hash": sealed.header.hash(),
                    "header": sealed.header,
                })
            })
            .collect();
        let root = stream_root(id(0), id(stream), kind);
        json!({"deployment": id(0), "stream": id(stream), "kind": kind, "root": root, "records": records})
    });
    json!({"format": "renkei/vectors/v1", "streams": streams.collect::<Vec<_>>()})
}

#[test]
fn the_vectors_are_the_ones_that_were_published() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/records.json");
    let now = serde_json::to_string_pretty(&vectors()).unwrap() + "\n";
    if std::env::var_os("RENKEI_WRITE_VECTORS").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap();
    assert!(now == published, "the hashed bytes changed: every record ever written would stop verifying");
}

#[test]
fn every_kind_of_record_and_of_stream_has_a_vector() {
    let streams = streams();
    let kinds: Vec<Kind> =
        streams.iter().flat_map(|(_, contents)| contents.iter().map(Content::kind)).collect();
    for kind in Kind::ALL {
        assert!(kinds.contains(kind), "{kind} has no vector");
        assert_eq!(kind.as_str().parse(), Ok(*kind));
    }
    for kind in StreamKind::ALL {
        assert!(streams.iter().any(|(stream, _)| *stream == kind), "{kind} has no vector");
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}

#[test]
fn contents_read_back_as_they_were_written() {
    for content in streams().into_iter().flat_map(|(_, contents)| contents) {
        let bytes = content.to_bytes();
        assert!(Content::from_bytes(content.kind(), &bytes).unwrap() == content);
        let spaced = [b" ", &bytes[..]].concat();
        assert!(Content::from_bytes(content.kind(), &spaced).is_err(), "another spelling was accepted");
        let text = String::from_utf8(bytes).unwrap();
        let unknown = text.replacen('{', r#"{"￿":1,"#, 1);
        assert!(
            Content::from_bytes(content.kind(), unknown.as_bytes()).is_err(),
            "an unknown field was accepted"
        );
        assert!(!text.contains("null"), "an absent field is left out");
    }
}

#[test]
fn what_people_wrote_does_not_print() {
    for content in streams().into_iter().flat_map(|(_, contents)| contents) {
        assert_eq!(format!("{content:?}"), format!("Content({}, …)", content.kind()));
    }
    let error = Content::from_bytes(Kind::Post, br#"{"body":"secret","id":3}"#).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[test]
fn the_second_opinion_reads_a_dump_and_finds_a_forged_one() {
    let mut lines = Vec::new();
    for (stream, (stream_kind, contents)) in (1..).zip(streams()) {
        for sealed in chain(stream, stream_kind, contents) {
            let salt = Some(hex::encode(sealed.salt.as_bytes()));
            let content = Some(String::from_utf8(sealed.content.to_bytes()).unwrap());
            let line =
                DumpLine { stream_kind, hash: sealed.header.hash(), header: sealed.header, salt, content };
            let text = serde_json::to_string(&line).unwrap();
            assert!(serde_json::from_str::<DumpLine>(&text).unwrap() == line);
            lines.push(text);
        }
    }
    assert_eq!(second_opinion("honest.jsonl", &lines), (true, format!("{} passed, 0 failed", lines.len())));
    let last = lines.len() - 1;
    lines[last] = lines[last].replace(&id(31).to_string(), &id(32).to_string());
    let verdict = (false, format!("{last} passed, 1 failed"));
    assert_eq!(second_opinion("forged.jsonl", &lines), verdict);
}

/// Runs the other verifier: whether it was content, and its last line.
fn second_opinion(name: &str, lines: &[String]) -> (bool, String) {
    let dump = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&dump, lines.join("\n")).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/second_opinion.py");
    let output = Command::new("python3").arg(script).arg(dump).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    (output.status.success(), printed.lines().last().unwrap_or_default().to_owned())
}
