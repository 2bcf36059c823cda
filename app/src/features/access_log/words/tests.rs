//! Finds every code that a migration or a source writes into the access log, and looks for its words.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::WORDS;

/// What `member_` is put before: the kinds of membership event.
const MEMBERSHIP_KINDS: &str = "kind IN ('opened',";

/// How sources write a code; wrappers pass one on by its name, which `is_reading` knows.
const CALLS: [&str; 6] =
    ["audit::viewed(", "audit::refused(", "opened(", "refused_patient(", "noting_refusal(", "noted("];

/// A code that says of itself that something was read.
fn is_reading(text: &str) -> bool {
    let verbs = ["viewed_", "searched_", "unfolded_", "downloaded_", "exported_", "printed_"];
    verbs.iter().any(|verb| text.starts_with(verb) && text != *verb)
        && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

#[test]
fn every_act_that_is_written_has_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut codes = BTreeSet::new();
    for path in files(&root.join("migrations")) {
        let sql = read(&path);
        calls(&sql, "sec.log(")
            .chain(calls(&sql, "sec.log_own("))
            .filter_map(|call| arguments(call).get(1).copied())
            .for_each(|act| {
                codes.extend(sql_codes(act));
            });
        if let Some(at) = sql.find(MEMBERSHIP_KINDS) {
            let list = sql[at..].split_once(')').map_or("", |(list, _)| list);
            codes.extend(literals(list, '\'').map(|kind| format!("member_{kind}")));
        }
    }
    assert!(codes.len() > 20, "the migrations were read: {codes:?}");
    let from_sql = codes.len();
    for path in files(&root.join("src")).into_iter().filter(|p| !p.ends_with("words/tests.rs")) {
        let source = read(&path);
        codes.extend(literals(&source, '"').filter(|text| is_reading(text)).map(str::to_owned));
        for name in CALLS {
            for call in calls(&source, name) {
                arguments(call).iter().for_each(|argument| codes.extend(rust_codes(argument)));
            }
        }
    }
    assert!(codes.len() > from_sql, "the sources were read: {codes:?}");
    let missing: Vec<&String> = codes.iter().filter(|c| !WORDS.iter().any(|row| row.0 == *c)).collect();
    assert!(missing.is_empty(), "acts without words: {missing:?}");
}

#[test]
fn a_code_stands_once_and_says_something() {
    let codes: BTreeSet<&str> = WORDS.iter().map(|row| row.0).collect();
    assert_eq!(codes.len(), WORDS.len());
    assert!(WORDS.iter().all(|row| row.1.chars().count() >= 4));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of this crate");
    let paths = entries.map(|e| e.expect("an entry").path());
    paths.flat_map(|p| if p.is_dir() { files(&p) } else { vec![p] }).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// What stands between the parentheses of each call of `name`.
fn calls<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(name).filter_map(move |(at, _)| {
        let inside = &text[at + name.len()..];
        let mut depth = 1;
        let end = inside.char_indices().find(|(_, c)| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        end.map(|(end, _)| &inside[..end])
    })
}

/// The arguments of a call, cut at its own commas.
fn arguments(call: &str) -> Vec<&str> {
    let (mut depth, mut from, mut out) = (0, 0, Vec::new());
    for (at, c) in call.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                out.push(call[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    out.push(call[from..].trim());
    out
}

fn literals(text: &str, quote: char) -> impl Iterator<Item = &str> {
    text.split(quote).skip(1).step_by(2)
}

/// `'post'`, or each outcome of a CASE. A variable's codes are found where they are passed.
fn sql_codes(act: &str) -> Vec<String> {
    if act.starts_with("CASE") {
        let outcomes = act.split(" THEN ").skip(1).flat_map(|rest| rest.split(" ELSE "));
        return outcomes.filter_map(|o| literals(o, '\'').next()).map(str::to_owned).collect();
    }
    let whole = act.starts_with('\'') && !act.contains("||");
    literals(act, '\'').filter(|_| whole).map(str::to_owned).collect()
}

/// The codes in an argument: its own text literals, not those inside further calls.
fn rust_codes(argument: &str) -> Vec<String> {
    let code = |text: &&str| {
        text.len() > 3 && text.contains('_') && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    let plain = !argument.contains('(');
    literals(argument, '"').filter(|_| plain).filter(code).map(str::to_owned).collect()
}
