//! The texts that the sources speak, read from the sources: for the tests of the catalogue.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What a line of Rust is made of, as far as these tests look.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

use Token::{Sign, Text, Word};

pub(super) fn is_japanese(text: &str) -> bool {
    text.chars()
        .any(|c| matches!(c, '\u{3000}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}'))
}

/// Every source file under `src` with what stands before its tests.
pub(super) fn all() -> Vec<(String, Vec<Token>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root.clone()], Vec::<PathBuf>::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of the sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let rust = files.into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    rust.map(|path| {
        let name = path.strip_prefix(&root).expect("under src").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a source file");
        (name, tokens(before_tests(&text)))
    })
    .collect()
}

fn before_tests(text: &str) -> &str {
    let cut = text
        .match_indices("#[cfg(test)]\nmod ")
        .find(|(at, found)| text[at + found.len()..].lines().next().is_some_and(|line| line.ends_with('{')));
    cut.map_or(text, |(at, _)| &text[..at])
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
        } else if let Some((text, after)) = raw(rest) {
            out.push(Text(text.to_owned()));
            rest = after;
        } else if c == '"' {
            let (text, after) = quoted(&rest[1..]);
            out.push(Text(text));
            rest = after;
        } else if c == '\'' {
            rest = after_quote(rest);
        } else if c.is_alphanumeric() || c == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            out.push(Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            if !c.is_whitespace() {
                out.push(Sign(c));
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn raw(text: &str) -> Option<(&str, &str)> {
    let after = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = after.find(|c| c != '#')?;
    let body = after[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    body.find(&close).map(|end| (&body[..end], &body[end + close.len()..]))
}

fn quoted(text: &str) -> (String, &str) {
    let (mut out, mut chars) = (String::new(), text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (out, &text[at + 1..]),
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                // A line that goes on: what begins the next one does not count.
                Some('\n') => {
                    let mut ahead = chars.clone();
                    while ahead.next().is_some_and(|(_, c)| c.is_whitespace()) {
                        chars.next();
                    }
                }
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    (out, "")
}

/// A character, or the name of a lifetime.
fn after_quote(text: &str) -> &str {
    let inner = &text[1..];
    let escaped = inner.starts_with('\\');
    let first = inner.chars().next().map_or(0, char::len_utf8);
    let skip = if escaped { 2 } else { first };
    match inner.get(skip..).and_then(|after| after.find('\'').map(|end| (after, end))) {
        Some((after, 0)) => &after[1..],
        Some((after, end)) if escaped => &after[end + 1..],
        // A lifetime: `'static` is no word.
        _ => inner.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_'),
    }
}

/// Key of the catalogue → the first file that speaks it: what stands in `t("…")`, and the words of tables, which `t(name)` speaks.
pub(super) fn spoken() -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    for (file, tokens) in all() {
        if file.starts_with("words/") {
            continue;
        }
        let tables = !super::exempt::tables(&file);
        let (mut depth, mut table): (i32, Option<(i32, bool)>) = (0, None);
        for (at, token) in tokens.iter().enumerate() {
            let word = |n: usize| match tokens.get(n) {
                Some(Word(word)) => word.as_str(),
                _ => "",
            };
            match token {
                Word(kind) if table.is_none() && (kind == "const" || kind == "static") => {
                    let name = word(at + 1);
                    let generic = at > 0 && matches!(tokens[at - 1], Sign('<' | ',' | '*'));
                    if !generic && !name.is_empty() && name != "fn" && name != "unsafe" {
                        table = Some((depth, !super::exempt::CONSTANTS.contains(&name)));
                    }
                }
                Word(name)
                    if table.is_none() && name == "coded" && tokens.get(at + 1) == Some(&Sign('!')) =>
                {
                    table = Some((depth, true));
                }
                Sign('(' | '[' | '{') => depth += 1,
                Sign(close @ (')' | ']' | '}')) => {
                    depth -= 1;
                    // A `coded!` ends with its brace, a constant with its semicolon.
                    let ends = *close == '}' && tokens.get(at + 1) != Some(&Sign(';'));
                    if ends && table.is_some_and(|(from, _)| from >= depth) && depth == 0 {
                        table = None;
                    }
                }
                Sign(';') if table.is_some_and(|(from, _)| from == depth) => table = None,
                Text(text) => {
                    let in_table = tables && table.is_some_and(|(_, counts)| counts) && is_japanese(text);
                    if let Some(meaning) = meaning(&tokens, at) {
                        keys.entry(format!("{text}|{meaning}")).or_insert_with(|| file.clone());
                    } else if in_table || is_spoken(&tokens, at) {
                        keys.entry(text.clone()).or_insert_with(|| file.clone());
                    }
                }
                _ => {}
            }
        }
    }
    keys
}

/// The second text of `t_in("…", "…")`, where this is the first.
fn meaning(tokens: &[Token], at: usize) -> Option<&str> {
    let called =
        at >= 2 && tokens[at - 1] == Sign('(') && matches!(&tokens[at - 2], Word(name) if name == "t_in");
    match tokens.get(at + 2) {
        Some(Text(meaning)) if called => Some(meaning),
        _ => None,
    }
}

/// Whether the text stands in `t("…")` or begins a `t_in("…", "…")`.
pub(super) fn is_spoken(tokens: &[Token], at: usize) -> bool {
    at >= 2
        && tokens[at - 1] == Sign('(')
        && matches!(&tokens[at - 2], Word(name) if name == "t" || name == "t_in")
}
