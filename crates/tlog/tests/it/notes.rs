//! Signed notes, keys, checkpoints and cosignatures.

use aws_lc_rs::signature::Ed25519KeyPair;
use data_encoding::BASE64;
use tlog::checkpoint::{Checkpoint, Cosigner, NoTime, NotACheckpoint, Refused};
use tlog::note::{
    Algorithm, BadNote, MAX_BYTES, MAX_LINES, MAX_SIGNATURES, NotSigned, Note, Signer, VerifyKey,
};

use crate::common::{ORIGIN, WITNESS, checkpoint, fork, log_key, signed, tree, witness_key};

/// From the tests of golang.org/x/mod/sumdb/note.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const QUOTATION: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n\
    — EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

fn key(text: &str) -> VerifyKey {
    text.parse().unwrap()
}

fn names(note: &Note, keys: &[VerifyKey]) -> Result<Vec<String>, NotSigned> {
    Ok(note.verify(keys)?.iter().map(|by| by.key.name().to_owned()).collect())
}

#[test]
fn a_note_of_another_implementation_is_read_and_believed() {
    let note = Note::parse(QUOTATION.as_bytes()).unwrap();
    assert_eq!(note.to_string(), QUOTATION);
    assert!(note.text().ends_with("problem is.\n"));
    assert_eq!(names(&note, &[key(PETER), key(ENOCH)]).unwrap(), ["PeterNeumann", "EnochRoot"]);
    assert_eq!(names(&note, &[key(ENOCH)]).unwrap(), ["EnochRoot"]);
    let sum = key("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
    assert_eq!(names(&note, &[sum]), Err(NotSigned::Unknown));
    assert_eq!(names(&note, &[]), Err(NotSigned::Unknown));
}

#[test]
fn a_key_has_one_spelling() {
    for text in [PETER, ENOCH, &log_key().verify_key().to_string(), &witness_key().verify_key().to_string()] {
        assert_eq!(key(text).to_string(), text);
    }
    assert_eq!(key(PETER).algorithm(), Algorithm::Ed25519);
    assert_eq!(witness_key().verify_key().algorithm(), Algorithm::Cosignature);
    let (id, public) = ("c74f20a3", "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    let other_type = BASE64.encode(&[&[2], &BASE64.decode(public.as_bytes()).unwrap()[1..]].concat());
    for text in [
        format!("PeterNeumann+C74F20A3+{public}"),
        format!("PeterNeumann+c74f20a4+{public}"),
        format!("PeterNeuman+{id}+{public}"),
        format!("Peter Neumann+{id}+{public}"),
        format!("+{id}+{public}"),
        format!("PeterNeumann+{id}+{public}="),
        format!("PeterNeumann+{id}+{}", &public[..40]),
        format!("PeterNeumann+{id}+{other_type}"),
        format!("PeterNeumann+{id}"),
        format!(" {PETER}"),
        format!("{PETER}\n"),
        String::new(),
    ] {
        assert!(text.parse::<VerifyKey>().is_err(), "{text}");
    }
    for name in ["", "a b", "a+b", "a\u{3000}b", "a\nb", "a\u{7}"] {
        assert!(Signer::from_seed(name, &[1; 32]).is_err(), "{name:?}");
    }
    assert!(Signer::from_seed("病院.example/log", &[1; 32]).is_ok());
}

#[test]
fn secret_keys_do_not_print() {
    let printed = format!("{:?} {:?}", log_key(), witness_key());
    assert!(printed.contains(ORIGIN) && !printed.contains("1, 1, 1"), "{printed}");
}

#[test]
fn several_sign_and_a_forged_line_spoils_the_note() {
    let (a, b) = (Signer::from_seed("a", &[1; 32]).unwrap(), Signer::from_seed("b", &[2; 32]).unwrap());
    let mut note = Note::new("text\n\nwith an empty line\n").unwrap();
    assert_eq!(names(&note, &[a.verify_key().clone()]), Err(NotSigned::Unknown));
    note.sign(&a);
    note.sign(&b);
    note.sign(&a);
    let both = [a.verify_key().clone(), b.verify_key().clone()];
    assert_eq!(note.signatures().len(), 2, "signing again replaces");
    assert_eq!(names(&note, &both).unwrap(), ["b", "a"]);
    let read = Note::parse(note.to_string().as_bytes()).unwrap();
    assert_eq!(read, note);
    // By the same name or the same id, but not both: unknown, and no harm.
    let namesake = Signer::from_seed("a", &[3; 32]).unwrap();
    let mut two = note.clone();
    two.sign(&namesake);
    assert_eq!(names(&two, &both).unwrap(), ["b", "a"]);
    assert_eq!(names(&two, &[namesake.verify_key().clone()]).unwrap(), ["a"]);
    // b's signature over another text.
    let mut other = Note::new("other\n").unwrap();
    other.sign(&b);
    let line = other.signatures()[0].to_string();
    let forged = note.to_string().replace(&note.signatures()[0].to_string(), &line);
    let forged = Note::parse(forged.as_bytes()).unwrap();
    assert_eq!(names(&forged, &both), Err(NotSigned::Forged));
    assert_eq!(names(&forged, &both[..1]).unwrap(), ["a"], "who does not know b ignores the line");
}

#[test]
fn only_the_one_spelling_of_a_note_is_read() {
    let good = signed(&tree(3), 3).to_string();
    assert!(Note::parse(good.as_bytes()).is_ok());
    let (text, line) = good.rsplit_once("\n\n").unwrap();
    let line = line.trim_end();
    let bad: [(String, BadNote); 13] = [
        (String::new(), BadNote::Shape),
        (text.to_owned(), BadNote::Shape),
        (format!("{text}\n{line}\n"), BadNote::Shape),
        (format!("{text}\n\n"), BadNote::Signature),
        (format!("{text}\n\n{line}"), BadNote::Signature),
        (format!("{text}\n\n{line}\n\n"), BadNote::Signature),
        (format!("{text}\n\n{}\n", line.replace('—', "-")), BadNote::Signature),
        (format!("{text}\n\n{}\n", line.replace("— ", "—")), BadNote::Signature),
        (format!("{text}\n\n{line} \n"), BadNote::Signature),
        (format!("{text}\n\n{}\n", &line[..line.len() - 1]), BadNote::Signature),
        (format!("{text}\n\n— a+b AAAAAAA=\n"), BadNote::Signature),
        (format!("{text}\n\n— name AAAAAA==\n"), BadNote::Signature),
        (format!("{text}\r\n\n{line}\n"), BadNote::NotText),
    ];
    for (note, why) in bad {
        assert_eq!(Note::parse(note.as_bytes()), Err(why), "{note:?}");
    }
    assert_eq!(Note::parse(b"\xff\n\n\xe2\x80\x94 a AAAAAAA=\n"), Err(BadNote::NotText));
    assert_eq!(Note::new("no newline"), Err(BadNote::Shape));
}

#[test]
fn a_note_has_limits_that_are_wide_enough() {
    let long = format!("{}\n", "x".repeat(MAX_BYTES - 1));
    assert!(Note::new(long.clone()).is_ok());
    assert_eq!(Note::new(format!("x{long}")), Err(BadNote::TooLong));
    assert!(Note::new("x\n".repeat(MAX_LINES)).is_ok());
    assert_eq!(Note::new("x\n".repeat(MAX_LINES + 1)), Err(BadNote::TooLong));
    // Sixteen of 5 kB each must be read.
    let line = format!("— post.quantum/key {}\n", BASE64.encode(&[7; 5000]));
    let with = |lines: usize, line: &str| Note::parse(format!("text\n\n{}", line.repeat(lines)).as_bytes());
    assert_eq!(with(16, &line).unwrap().signatures().len(), 16);
    assert_eq!(with(60, &line), Err(BadNote::TooLong));
    assert!(with(MAX_SIGNATURES, "— a AAAAAAA=\n").is_ok());
    assert_eq!(with(MAX_SIGNATURES + 1, "— a AAAAAAA=\n"), Err(BadNote::TooLong));
}

#[test]
fn a_checkpoint_has_one_spelling() {
    let plain = checkpoint(&tree(70), 70);
    let root = plain.root().to_string();
    assert_eq!(plain.to_string(), format!("{ORIGIN}\n70\n{root}\n"));
    let more = Checkpoint::with_extensions(ORIGIN, 70, plain.root(), vec!["timeline 3".into(), "次".into()])
        .unwrap();
    for checkpoint in [&plain, &more, &Checkpoint::new("o", i64::MAX as u64, plain.root()).unwrap()] {
        assert_eq!(Checkpoint::parse(&checkpoint.to_string()).as_ref(), Ok(checkpoint));
    }
    for text in [
        format!("{ORIGIN}\n70\n{root}"),
        format!("{ORIGIN}\n70\n"),
        format!("{ORIGIN}\n70\n{root}\n\n"),
        format!("{ORIGIN}\n70\n{root}\n\nx\n"),
        format!("\n70\n{root}\n"),
        format!("{ORIGIN}\n070\n{root}\n"),
        format!("{ORIGIN}\n+70\n{root}\n"),
        format!("{ORIGIN}\n-1\n{root}\n"),
        format!("{ORIGIN}\n 70\n{root}\n"),
        format!("{ORIGIN}\n\n{root}\n"),
        format!("{ORIGIN}\n0x46\n{root}\n"),
        format!("{ORIGIN}\n９\n{root}\n"),
        format!("{ORIGIN}\n9223372036854775808\n{root}\n"),
        format!("{ORIGIN}\n18446744073709551616\n{root}\n"),
        format!("{ORIGIN}\n70\n{}\n", &root[..40]),
        format!("{ORIGIN}\n70\n{root}=\n"),
        format!("{ORIGIN}\n70\n{root} \n"),
        format!("{ORIGIN}\t\n70\n{root}\n"),
        String::new(),
    ] {
        assert_eq!(Checkpoint::parse(&text), Err(NotACheckpoint), "{text:?}");
    }
    for origin in ["", "a\nb", "a\r"] {
        assert_eq!(Checkpoint::new(origin, 1, plain.root()), Err(NotACheckpoint), "{origin:?}");
    }
    assert!(Checkpoint::with_extensions(ORIGIN, 1, plain.root(), vec![String::new()]).is_err());
}

#[test]
fn a_checkpoint_is_opened_only_as_its_log_signed_it() {
    let keys = [log_key().verify_key().clone()];
    let note = signed(&tree(70), 70);
    let bytes = note.to_string().into_bytes();
    let opened = Checkpoint::open(&bytes, ORIGIN, &keys).unwrap();
    assert_eq!((opened.checkpoint, opened.note), (checkpoint(&tree(70), 70), note.clone()));
    assert_eq!((opened.by[0].key, opened.by[0].time), (&keys[0], None));
    let open = |bytes: &[u8], origin| Checkpoint::open(bytes, origin, &keys).map(|opened| opened.checkpoint);
    assert_eq!(open(&bytes, "other.example/log"), Err(Refused::Origin));
    let mut unsigned = checkpoint(&tree(70), 70).sign(&Signer::from_seed(ORIGIN, &[9; 32]).unwrap());
    assert_eq!(open(unsigned.to_string().as_bytes(), ORIGIN), Err(Refused::Signature(NotSigned::Unknown)));
    unsigned.sign(&log_key());
    assert!(open(unsigned.to_string().as_bytes(), ORIGIN).is_ok());
    let mut no_checkpoint = Note::new(format!("{ORIGIN}\n70\n")).unwrap();
    no_checkpoint.sign(&log_key());
    assert_eq!(open(no_checkpoint.to_string().as_bytes(), ORIGIN), Err(Refused::Text(NotACheckpoint)));
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut other = bytes.clone();
            other[at] ^= 1 << bit;
            assert!(open(&other, ORIGIN).is_err(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn a_cosignature_says_when_and_holds_for_this_text_only() {
    let (tree, key) = (tree(70), [witness_key().verify_key().clone()]);
    let of = checkpoint(&tree, 70);
    let mut note = signed(&tree, 70);
    let line = witness_key().cosign(&of, 1_679_315_147).unwrap();
    assert!(line.to_string().starts_with(&format!("— {WITNESS} ")));
    let taken = note.take(&line.to_string(), &key).unwrap();
    assert_eq!((taken.len(), taken[0].time), (1, Some(1_679_315_147)));
    let by = note.verify(&key).unwrap();
    assert_eq!((by.len(), by[0].key, by[0].time), (1, &key[0], Some(1_679_315_147)));
    assert_eq!(note.verify(&[key[0].clone(), log_key().verify_key().clone()]).unwrap().len(), 2);
    // A later one takes its place.
    note.add_cosignature(&of, witness_key().cosign(&of, 1_679_315_148).unwrap()).unwrap();
    assert_eq!((note.signatures().len(), note.verify(&key).unwrap()[0].time), (2, Some(1_679_315_148)));
    assert_eq!(note.add_cosignature(&checkpoint(&tree, 69), line.clone()), Err(NotACheckpoint));
    for time in [0, 1 << 63, u64::MAX] {
        assert_eq!(witness_key().cosign(&of, time), Err(NoTime));
    }
    // Every bit of the line: id, time, signature.
    let encoded = line.to_string().rsplit_once(' ').unwrap().1.trim_end().to_owned();
    let raw = BASE64.decode(encoded.as_bytes()).unwrap();
    assert_eq!(raw.len(), 4 + 8 + 64);
    for bit in 0..raw.len() * 8 {
        let mut other = raw.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        let mut note = signed(&tree, 70);
        let line = format!("— {WITNESS} {}\n", BASE64.encode(&other));
        assert!(note.take(&line, &key).unwrap().is_empty(), "bit {bit}");
        assert_eq!(note.signatures().len(), 1);
    }
}

#[test]
fn a_time_without_end_is_refused_even_if_it_was_signed() {
    let (of, keys) = (checkpoint(&tree(9), 9), [witness_key().verify_key().clone()]);
    let pair = Ed25519KeyPair::from_seed_unchecked(&[2; 32]).unwrap();
    let taken = |time: u64| {
        let signature = pair.sign(format!("cosignature/v1\ntime {time}\n{of}").as_bytes());
        let line = [&keys[0].id()[..], &time.to_be_bytes(), signature.as_ref()].concat();
        let line = format!("— {WITNESS} {}\n", BASE64.encode(&line));
        Note::new(of.to_string()).unwrap().take(&line, &keys).unwrap().len()
    };
    assert_eq!((taken(1), taken(i64::MAX as u64)), (1, 1));
    assert_eq!((taken(1 << 63), taken(u64::MAX)), (0, 0));
}

#[test]
fn signatures_of_one_kind_are_not_those_of_the_other() {
    // The same secret, as a log's key and as a witness's.
    let cosigner = Cosigner::from_seed(ORIGIN, &[1; 32]).unwrap();
    assert_ne!(cosigner.verify_key().id(), log_key().verify_key().id());
    let of = checkpoint(&tree(9), 9);
    let mut note = Note::new(of.to_string()).unwrap();
    note.add_cosignature(&of, cosigner.cosign(&of, 5).unwrap()).unwrap();
    assert!(note.verify(&[cosigner.verify_key().clone()]).is_ok());
    assert_eq!(note.verify(&[log_key().verify_key().clone()]), Err(NotSigned::Unknown));
    // Nor is what a witness signs a note that a log signed: its first line is not an origin of ours.
    assert_eq!(signed(&tree(9), 9).verify(&[cosigner.verify_key().clone()]), Err(NotSigned::Unknown));
}

#[test]
fn only_fitting_lines_of_known_witnesses_are_taken() {
    let (tree, known) = (tree(70), [witness_key().verify_key().clone()]);
    let of = checkpoint(&tree, 70);
    let stranger = Cosigner::from_seed("witness.example/w2", &[3; 32]).unwrap();
    let lines = [
        stranger.cosign(&of, 7).unwrap().to_string(),
        witness_key().cosign(&checkpoint(&fork(69, 70), 70), 7).unwrap().to_string(),
        witness_key().cosign(&of, 8).unwrap().to_string(),
    ];
    let mut note = signed(&tree, 70);
    let taken = note.take(&lines.concat(), &known).unwrap();
    assert_eq!((taken.len(), taken[0].time, note.signatures().len()), (1, Some(8), 2));
    for lines in ["", "\n", "429 too many\n", lines[0].trim_end()] {
        assert_eq!(note.take(lines, &known), Err(BadNote::Signature), "{lines:?}");
    }
}
