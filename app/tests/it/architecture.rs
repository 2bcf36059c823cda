//! The walls of the house, checked on the source itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).expect("a source file")
}

/// Capabilities named in a file as `features::x` or `features::{x, y…}`.
fn named(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for part in text.split("features::").skip(1) {
        match part.strip_prefix('{') {
            Some(list) => {
                let (mut depth, mut word) = (0, String::new());
                for c in list.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        _ if depth == 0 && (c.is_alphanumeric() || c == '_') => word.push(c),
                        ':' | ',' | ' ' | '\n' if depth == 0 && !word.is_empty() => {
                            names.insert(std::mem::take(&mut word));
                        }
                        _ => {}
                    }
                }
                if !word.is_empty() {
                    names.insert(word);
                }
            }
            None => {
                names.insert(part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            }
        }
    }
    names
}

/// The folders that know no capability.
const KIT: [&str; 11] =
    ["auth", "audit", "config", "db", "jobs", "log", "mail", "outbound", "seal", "watch", "web"];

fn capabilities() -> BTreeSet<String> {
    let folder = src().join("features");
    std::fs::read_dir(folder)
        .expect("capabilities")
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.is_dir())
        .map(|p| p.file_name().expect("a name").to_string_lossy().into_owned())
        .collect()
}

#[test]
fn the_kit_names_no_capability() {
    let all = capabilities();
    assert!(all.contains("posts") && all.len() > 8, "{all:?}");
    // `app.rs`, `router.rs`, the command line and the sample are where the parts meet.
    for kit in KIT {
        for file in sources(&src().join(kit)) {
            let text = read(&file);
            let found: Vec<_> = named(&text).into_iter().filter(|n| all.contains(n)).collect();
            assert!(found.is_empty(), "{} names {found:?}", file.display());
        }
    }
}

/// Sources without their tests: what a capability's acts and reads call. Views may borrow one another's markup.
fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let all = capabilities();
    let mut edges = BTreeMap::new();
    for capability in &all {
        let mut to = BTreeSet::new();
        let folder = src().join("features").join(capability);
        for file in sources(&folder) {
            // Inside the capability: its own name, or that of a folder above, may say "view" too.
            let path = file.strip_prefix(&folder).expect("below it").to_string_lossy().into_owned();
            let page = ["view", "pages.rs", "routes.rs", "present.rs", "room.rs", "summary.rs", "api.rs"]
                .iter()
                .any(|p| path.contains(p));
            if !page {
                to.extend(named(&read(&file)).into_iter().filter(|n| all.contains(n) && n != capability));
            }
        }
        edges.insert(capability.clone(), to);
    }
    edges
}

#[test]
fn acts_do_not_call_each_other_in_circles() {
    let edges = edges();
    assert!(edges.values().any(|to| !to.is_empty()), "the scan finds calls");
    for start in edges.keys() {
        let (mut seen, mut todo) = (BTreeSet::new(), vec![start.clone()]);
        while let Some(at) = todo.pop() {
            for next in &edges[&at] {
                assert!(next != start, "{start} is reached again through {at}");
                if seen.insert(next.clone()) {
                    todo.push(next.clone());
                }
            }
        }
    }
}

#[test]
fn every_table_has_one_owner() {
    let migrations =
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).expect("migrations");
    let schema: String = migrations.map(|f| read(&f.expect("an entry").path())).collect();
    let tables: BTreeSet<&str> = schema
        .lines()
        .filter_map(|l| l.strip_prefix("CREATE TABLE "))
        .filter_map(|l| l.split([' ', '(']).next())
        .filter(|t| !t.contains("access_event_rest"))
        .collect();
    assert!(tables.contains("care.post"));
    let kit = [
        "care.deployment",
        "care.epoch",
        "care.stream",
        "care.stream_head",
        "care.facility_key",
        "care.data_key",
        "sec.ctx_key",
    ];
    let owners = capabilities().into_iter().map(|c| src().join("features").join(c).join("mod.rs"));
    let kit_owners = KIT.iter().map(|k| src().join(k).join("mod.rs"));
    let headers: Vec<(PathBuf, String)> = owners
        .chain(kit_owners)
        .map(|p| {
            (p.clone(), read(&p).lines().take_while(|l| l.starts_with("//!")).collect::<Vec<_>>().join(" "))
        })
        .collect();
    for table in tables.iter().filter(|t| !kit.contains(*t)) {
        let marked = format!("`{table}`");
        let owners = headers
            .iter()
            .filter(|(_, text)| text.split("*Emits*").next().is_some_and(|owns| owns.contains(&marked)))
            .count();
        assert_eq!(owners, 1, "{table} has {owners} owners");
    }
}

#[test]
fn no_sql_is_built_from_pieces_and_no_text_is_logged() {
    for file in sources(&src()) {
        let text = read(&file);
        let path = file.display();
        for (n, line) in text.lines().enumerate() {
            let builds = line.contains("format!(\"SELECT")
                || line.contains("format!(\"UPDATE")
                || line.contains("format!(\"INSERT")
                || line.contains("format!(\"DELETE");
            assert!(!builds, "{path}:{} builds SQL", n + 1);
            let logs =
                ["tracing::", "info!(", "warn!(", "error!(", "debug!("].iter().any(|m| line.contains(m));
            let words = ["body", "reason", "fields", "kana", "login_id", "name ="]
                .iter()
                .any(|w| line.contains(&format!("%{w}")) || line.contains(&format!("?{w}")));
            assert!(!(logs && words), "{path}:{} logs text", n + 1);
        }
    }
}

/// Two that share one would wait for each other for ever, and nobody would see why.
#[test]
fn every_advisory_lock_of_the_database_has_one_place() {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let statements =
        std::fs::read_dir(migrations).expect("migrations").map(|entry| entry.expect("an entry").path());
    let mut places: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in sources(&src()).into_iter().chain(statements) {
        let text = read(&file).replace("7_236_", "7236");
        let numbers: BTreeSet<String> = text
            .match_indices("7236")
            .filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_ascii_digit()))
            .map(|(at, _)| text[at..].chars().take_while(char::is_ascii_digit).collect::<String>())
            .filter(|number| number.len() == 7)
            .collect();
        for number in numbers {
            places.entry(number).or_default().push(file.clone());
        }
    }
    assert!(places.len() > 5, "{places:?}");
    for (number, places) in places {
        assert_eq!(places.len(), 1, "{number}: {places:?}");
    }
}
