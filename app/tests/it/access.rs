//! `docs/access.txt`: every route × every kind of person -> status. Generated here, reviewed like code.
//!
//! `RENKEI_WRITE_ACCESS=1 cargo test -p renkei --test it access` writes the file anew.

mod by_token;
pub mod cases;
mod logged;
pub mod scene;
mod watched;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
};

use cases::{Body, CASES, Case, Reach};
use scene::{KINDS, Kind, Scene};

use crate::world::{Answer, Client, World};

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_every_kind_of_person_as_the_table_says() {
    let w = World::with(with_mail).await;
    let cast = scene::Cast::of(&w).await;
    let shared = Scene::of(&w, &cast).await;
    crate::log::seal(&w).await;
    let superuser = w.superuser().await;
    let mut table: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    let mut faults = Vec::new();
    // Only what was done uses a scene up: whoever is refused changes nothing, so the next one finds it as it was.
    let mut fresh = None;
    for case in CASES {
        let mut line = Vec::new();
        for kind in KINDS {
            if case.changes && case.reach == Reach::Everybody {
                // They all ask from one address: what one may is not to depend on how fast the others were.
                superuser.batch_execute("DELETE FROM sec.attempt").await.expect("nobody waits");
            }
            let status = if case.uses_up(&shared) && could_act(case, kind) {
                let scene = match fresh.take() {
                    Some(scene) => scene,
                    None => Scene::of(&w, &cast).await,
                };
                let status = ask(&w, &cast, &scene, case, kind).await;
                fresh = (status >= 400).then_some(scene);
                status
            } else {
                ask(&w, &cast, &shared, case, kind).await
            };
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

/// Whether the request could change anything for this kind of person: the others are led to the door, which `wrong` checks.
fn could_act(case: &Case, kind: Kind) -> bool {
    match kind {
        Kind::Nobody | Kind::Suspended | Kind::Departed | Kind::Expired => case.reach == Reach::Everybody,
        Kind::Operator => matches!(case.reach, Reach::Operator | Reach::Desk | Reach::Everybody),
        Kind::Secretariat => matches!(case.reach, Reach::Desk | Reach::Everybody),
        Kind::Relative => matches!(case.reach, Reach::Family | Reach::Everybody),
        _ => !matches!(case.reach, Reach::Operator | Reach::Desk | Reach::Family),
    }
}

/// Letters are written; nobody carries them.
fn with_mail(config: &mut renkei::config::Config) {
    config.mail.host = "localhost".into();
    config.mail.from = "renkei@example.jp".into();
    config.log = crate::log::settings(config);
}

async fn ask(w: &World, cast: &scene::Cast, scene: &Scene, case: &Case, kind: Kind) -> u16 {
    answer(&cast.client(w, kind).await, scene, case).await.status.as_u16()
}

async fn answer(client: &Client<'_>, scene: &Scene, case: &Case) -> Answer {
    let path = scene.fill(case.path);
    match (case.body)(scene) {
        Body::None if case.method == "GET" => client.get(&path).await,
        Body::None => client.call(case.method, &path, serde_json::Value::Null).await,
        Body::Json(body) => client.call_with(case.method, &path, body, case.headers).await,
        Body::Form(fields) => {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            client.form(&path, &fields).await
        }
        Body::Multipart(fields) => client.multipart(&path, &fields).await,
    }
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
    let console = matches!(kind, Kind::Operator | Kind::Secretariat);
    if case.path == "/api/v1/me" && console {
        return (status != 200).then_some("does not learn who they are");
    }
    if case.reach == Reach::Family {
        return match (kind, status) {
            (Kind::Relative, 303)
                if case.method == "GET" && case.path != "/family" && case.path != "/family/app" =>
            {
                Some("led away from the own timeline")
            }
            (Kind::Relative, 401) => Some("refused at the own door"),
            (Kind::Relative, _) | (_, 303 | 401) => None,
            _ => Some("somebody else is at the family's door"),
        };
    }
    if kind == Kind::Relative {
        // Her own calls of the JSON API; what they answer about the team's is 404.
        let shared = [
            "/api/v1/me",
            "/api/v1/groups",
            "/api/v1/events",
            "/api/v1/posts/{post}",
            "/api/v1/files/{file}",
        ];
        let own = case.method == "GET" && shared.contains(&case.path)
            || case.path == "/api/v1/groups/{group}/posts"
            || case.path == "/api/v1/groups/{group}/read"
            || case.path == "/api/v1/posts/{post}/corrections"
            || case.path == "/api/v1/posts/{post}/withdrawal"
            || case.path == "/api/v1/posts/{post}/acknowledgement";
        return match status {
            303 | 401 => None,
            200 if own && case.reach == Reach::SignedIn => None,
            404 if own => None,
            _ => Some("a relative gets past the wall"),
        };
    }
    let group = case.reach == Reach::Group;
    if matches!(case.reach, Reach::Operator | Reach::Desk) {
        return match (kind, status) {
            (Kind::Secretariat, 404) if case.reach == Reach::Operator => None,
            (Kind::Secretariat, _) if case.reach == Reach::Operator => {
                Some("a secretariat does an operator's work")
            }
            (Kind::Operator | Kind::Secretariat, 303) if case.method == "GET" => {
                Some("led away from the own console")
            }
            (Kind::Operator | Kind::Secretariat, 401) => Some("refused at the own console"),
            (Kind::Operator | Kind::Secretariat, 404) if case.reach == Reach::Desk => {
                Some("does not find what is its own")
            }
            (Kind::Operator | Kind::Secretariat, _) | (_, 303 | 401) => None,
            _ => Some("somebody else is at the console"),
        };
    }
    match kind {
        Kind::Nobody
        | Kind::Suspended
        | Kind::Departed
        | Kind::Expired
        | Kind::Operator
        | Kind::Secretariat
            if status != led_away && status != 401 =>
        {
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

/// Everything that the console shows to operators and secretariats, with words of a patient's record planted where people write them.
#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_the_console_shows_a_word_of_a_record() {
    let w = World::with(with_mail).await;
    let cast = scene::Cast::of(&w).await;
    let scene = Scene::of(&w, &cast).await;
    let canary = format!("canary{}", uuid::Uuid::new_v4().simple());
    let patient = w.patient(&cast.admin, &format!("{canary}-name")).await;
    let group = w.team(&cast.admin, patient, &[&cast.host, &cast.member]).await;
    let (host, member) = (w.as_(&cast.host), w.as_(&cast.member));
    let post = host.post(group, &format!("{canary}-body")).await.expect(201).json()["id"].clone();
    let gone = host.post(group, &format!("{canary}-gone")).await.expect(201).json()["id"].clone();
    let reason = serde_json::json!({"client_id": uuid::Uuid::new_v4(), "reason": format!("{canary}-reason")});
    let path = format!("/api/v1/posts/{}/withdrawal", gone.as_str().expect("an id"));
    host.call("POST", &path, reason).await.expect(201);
    let file =
        [("class", None, b"other".to_vec()), ("file", Some("canary.txt"), canary.clone().into_bytes())];
    host.multipart("/api/v1/files", &file).await.expect(201);
    // Whoever is in the team reads all of it: the words are there to be found.
    let page = member.get(&format!("/groups/{group}")).await.expect(200).text();
    for word in ["name", "body", "reason"] {
        assert!(page.contains(&format!("{canary}-{word}")), "{word}: {page}");
    }
    let path = format!("/api/v1/posts/{}", post.as_str().expect("an id"));
    assert!(member.get(&path).await.expect(200).text().contains(&canary));
    let sheet = member.get(&format!("/patients/{patient}/face-sheet")).await.expect(200).text();
    assert!(sheet.contains(&canary));
    for kind in [Kind::Operator, Kind::Secretariat] {
        let (client, mut opened) = (cast.client(&w, kind).await, 0);
        for case in CASES.iter().filter(|c| c.method == "GET" && !c.path.contains("events")) {
            let answer = client.get(&scene.fill(case.path)).await;
            assert!(!answer.text().contains(&canary), "{} as {}", case.path, kind.label());
            let console = matches!(case.reach, Reach::Operator | Reach::Desk);
            opened += usize::from(console && answer.status.is_success());
        }
        // All of the console was really open to them, but for what this scene has none of.
        let none = |c: &Case| c.path.contains("{nothing}") || c.path.ends_with("/versions/1");
        let own = |c: &&Case| {
            !none(c)
                && match kind {
                    Kind::Operator => matches!(c.reach, Reach::Operator | Reach::Desk),
                    _ => c.reach == Reach::Desk,
                }
        };
        let there = CASES.iter().filter(|c| c.method == "GET").filter(own).count();
        assert_eq!(opened, there, "pages of the console that opened as {}", kind.label());
        // And its lists of what belongs to one facility, group or person there by their ids.
        for path in [
            format!("/groups/{group}"),
            format!("/patients/{patient}/face-sheet"),
            format!("/api/v1/groups/{group}/posts"),
        ] {
            let answer = client.get(&path).await;
            assert!(matches!(answer.status.as_u16(), 303 | 401), "{path} as {}", kind.label());
        }
    }
}

fn render(table: &BTreeMap<String, Vec<u16>>) -> String {
    let mut text = String::from(
        "# Every route and what it answers to every kind of person. Written by tests/it/access.rs; review it like code.\n\
         # nobody: not signed in. stranger: staff elsewhere. other: a member's colleague at another facility. same: staff of the managing facility,\n\
         # not in the group. guest: after the end date. removed: taken out. admin: of the managing facility, not in the group. suspended: by the admin.\n\
         # departed: has left the facility. expired: a member whose session's time is over.\n\
         # unmanaged: the admin, both factors right, on a device that the facility has not approved. operator: signed in to the operator's\n\
         # console. secretariat: likewise, of the region in which the managing facility lies. relative: on the family timeline of the group.\n",
    );
    let _ = write!(text, "{:<62}", "#");
    for kind in KINDS {
        let _ = write!(text, " {:>11}", kind.label());
    }
    text.push('\n');
    for (route, line) in table {
        let _ = write!(text, "{route:<62}");
        for status in line {
            let _ = write!(text, " {status:>11}");
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
