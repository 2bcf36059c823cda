//! `docs/access.txt`: every route × every kind of person -> status. Generated here, reviewed like code.
//!
//! `RENKEI_WRITE_ACCESS=1 cargo test -p renkei --test it access` writes the file anew.

mod cases;
mod scene;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
};

use cases::{Body, CASES, Case, Reach};
use scene::{KINDS, Kind, Scene};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_every_kind_of_person_as_the_table_says() {
    let w = World::new().await;
    let cast = scene::Cast::of(&w).await;
    let shared = Scene::of(&w, &cast).await;
    let mut table: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    let mut faults = Vec::new();
    for case in CASES {
        let mut line = Vec::new();
        for kind in KINDS {
            let own;
            let scene = if case.changes {
                own = Scene::of(&w, &cast).await;
                &own
            } else {
                &shared
            };
            let status = ask(&w, &cast, scene, case, kind).await;
            if let Some(why) = wrong(case, kind, status) {
                faults.push(format!("{} {} as {}: {status}, {why}", case.method, case.path, kind.label()));
            }
            line.push(status);
        }
        table.insert(format!("{:<6} {}", case.method, case.path), line);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    compare(&render(&table));
}

async fn ask(w: &World, cast: &scene::Cast, scene: &Scene, case: &Case, kind: Kind) -> u16 {
    let path = scene.fill(case.path);
    let client = cast.client(w, kind).await;
    let answer = match (case.body)(scene) {
        Body::None if case.method == "GET" => client.get(&path).await,
        Body::None => client.call(case.method, &path, serde_json::Value::Null).await,
        Body::Json(body) => client.call_with(case.method, &path, body, case.headers).await,
        Body::Form(fields) => {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            client.form(&path, &fields).await
        }
        Body::Multipart(fields) => client.multipart(&path, &fields).await,
    };
    answer.status.as_u16()
}

/// What must hold whatever the table says: who may not know gets 404, who is not signed in 401 or the sign-in page.
fn wrong(case: &Case, kind: Kind, status: u16) -> Option<&'static str> {
    let led_away = if case.path.starts_with("/api/") { 401 } else { 303 };
    if status >= 500 {
        return Some("a fault");
    }
    if case.reach == Reach::Everybody {
        return None;
    }
    if status == 400 {
        return Some("the table's own request is malformed");
    }
    let group = case.reach == Reach::Group;
    if case.reach == Reach::Operator {
        return match (kind, status) {
            (Kind::Operator, 303) if case.method == "GET" => Some("an operator is led away"),
            (Kind::Operator, 401) => Some("an operator is refused"),
            (Kind::Operator, _) | (_, 303 | 401) => None,
            _ => Some("somebody else is at the console"),
        };
    }
    match kind {
        Kind::Nobody | Kind::Suspended | Kind::Operator if status != led_away && status != 401 => {
            Some("not led to the door")
        }
        Kind::Unmanaged if ![303, 401, 403].contains(&status) => {
            Some("an unmanaged device does more than wait")
        }
        Kind::Stranger | Kind::OtherFacility | Kind::SameFacility | Kind::GuestAfterEnd | Kind::Removed
            if group && status != 404 =>
        {
            Some("learns that it exists")
        }
        Kind::FacilityAdmin if group && !case.admin_too && status != 404 => {
            Some("the admin learns more than who is in")
        }
        Kind::Member | Kind::Host if group && status == 404 => Some("a member is refused"),
        _ => None,
    }
}

fn render(table: &BTreeMap<String, Vec<u16>>) -> String {
    let mut text = String::from(
        "# Every route and what it answers to every kind of person. Written by tests/it/access.rs; review it like code.\n\
         # nobody: not signed in. stranger: staff elsewhere. other: a member's colleague at another facility. same: staff of the managing facility,\n\
         # not in the group. guest: after the end date. removed: taken out. admin: of the managing facility, not in the group. suspended: by the admin.\n\
         # unmanaged: the admin, both factors right, on a device that the facility has not approved. operator: signed in to the operator's\n\
         # console.\n",
    );
    let _ = write!(text, "{:<62}", "#");
    for kind in KINDS {
        let _ = write!(text, " {:>9}", kind.label());
    }
    text.push('\n');
    for (route, line) in table {
        let _ = write!(text, "{route:<62}");
        for status in line {
            let _ = write!(text, " {status:>9}");
        }
        text.push('\n');
    }
    text
}

fn compare(found: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/access.txt");
    if std::env::var_os("RENKEI_WRITE_ACCESS").is_some() {
        std::fs::write(&file, found).expect("docs/access.txt can be written");
        return;
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    let differs: Vec<_> = found.lines().filter(|line| !known.lines().any(|k| k == *line)).collect();
    assert!(
        differs.is_empty() && known.lines().count() == found.lines().count(),
        "docs/access.txt differs:\n{}",
        differs.join("\n")
    );
}

/// Every `.route("…")` and every `path = "…"` of the sources stands in the table.
#[test]
fn the_table_knows_every_route() {
    let known: BTreeSet<String> = CASES.iter().map(|c| shape(c.path)).collect();
    let mut found = BTreeSet::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(&file).expect("a source");
        for mark in [".route(\"", "path = \"/"] {
            for part in text.split(mark).skip(1) {
                let path: String = part.chars().take_while(|c| *c != '"').collect();
                found.insert(shape(&format!("/{}", path.trim_start_matches('/'))));
            }
        }
    }
    // Some routers name their addresses by the functions of `web/urls.rs`.
    let urls = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/urls.rs"))
        .expect("urls.rs");
    let fixed: BTreeMap<&str, &str> = urls
        .lines()
        .filter_map(|l| l.trim().strip_suffix("\";")?.split_once(" => \""))
        .filter(|(name, _)| !name.contains('('))
        .collect();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(&file).expect("a source");
        for part in text.split(".route(urls::").skip(1) {
            let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.insert(fixed.get(name.as_str()).unwrap_or_else(|| panic!("urls::{name}")).to_string());
        }
    }
    assert!(found.len() > 40, "the scan finds the routes: {}", found.len());
    let missing: Vec<_> = found.difference(&known).collect();
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "not in the table: {missing:?}; not in the sources: {gone:?}"
    );
}

/// A path with its ids made alike.
fn shape(path: &str) -> String {
    let path = path.split('?').next().unwrap_or(path);
    path.split('/')
        .map(|part| if part.starts_with('{') || part == "1" { "{}" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}
