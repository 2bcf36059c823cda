//! Unmistakable words go into every field that holds something of a patient. Then the dump, the server's data folder
//! with its write-ahead log and temporary files, the stored files and the log are searched for them.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use renkei::features::face_sheets::fields::{FIELDS, Kind};
use serde_json::json;
use uuid::Uuid;

use crate::world::{Person, World, id_of};

/// A name that may stand in clear: the search must find it.
const IN_CLEAR: &str = "カナリア試験クリニック";

/// Every planted word begins with the same token, 24 characters that stand nowhere else, and ends with its field.
struct Planted {
    token: String,
    fields: usize,
}

impl Planted {
    fn new() -> Self {
        Self { token: format!("canary{}", &Uuid::new_v4().simple().to_string()[..18]), fields: 0 }
    }

    fn word(&mut self, field: &str) -> String {
        self.fields += 1;
        format!("{}-{field}", self.token)
    }

    /// As typed, as hexadecimal digits, as Base64, and as UTF-16.
    fn forms(&self) -> [Vec<u8>; 4] {
        [
            self.token.as_bytes().to_vec(),
            data_encoding::HEXLOWER.encode(self.token.as_bytes()).into_bytes(),
            data_encoding::BASE64_NOPAD.encode(self.token.as_bytes()).into_bytes(),
            self.token.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ]
    }
}

/// Everything that the program logs, down to debug.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics with the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn listen() -> Log {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_env_filter("debug,hyper=info,mio=info")
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .try_init()
        .expect("the only subscriber of these tests");
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_about_a_patient_is_found_nowhere_in_clear() {
    let log = listen();
    let (w, planted) = plant().await;
    assert!(planted.fields > 40);
    let places = [
        ("the dump", dump(&w).await),
        ("the server's folder", server_files(&w).await),
        ("stored files and keys", files(w.folder.path())),
        ("the log", vec![log.0.lock().expect("the log").clone()]),
    ];
    for (place, texts) in &places {
        for form in planted.forms() {
            assert_eq!(around(texts, &form), None, "in clear in {place}");
        }
        assert!(texts.iter().map(Vec::len).sum::<usize>() > 100, "{place} was read");
    }
    for (place, texts) in &places[..2] {
        assert!(contains_any(texts, IN_CLEAR.as_bytes()), "{place}: the search finds what is there");
    }
    let wal = contains_any(&wal_files().await, IN_CLEAR.as_bytes());
    assert!(wal, "the write-ahead log was read");
    let (debug, statement) = (b"DEBUG".as_slice(), b"act.".as_slice());
    assert!(
        contains(&places[3].1[0], debug) && contains(&places[3].1[0], statement),
        "the log holds statements"
    );
    assert!(contains(&places[3].1[0], b"renkei::access"), "and a line for each request");
}

async fn plant() -> (World, Planted) {
    let (w, mut p) = (World::new().await, Planted::new());
    let clinic = w.facility("clinic", IN_CLEAR).await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "kanri", "doctor").await;
    let nurse = w.staff(station, "nurse", "nurse").await;
    let fields: serde_json::Map<_, _> = FIELDS
        .iter()
        .filter(|f| matches!(f.kind, Kind::Short | Kind::Long | Kind::Tel) && f.max_chars >= 60)
        .map(|f| (f.key.to_owned(), json!(p.word(f.key))))
        .collect();
    assert!(fields.len() > 30);
    let body = json!({"client_id": Uuid::new_v4(), "number": p.word("number"), "fields": fields});
    let patient = id_of(&w.as_(&admin).call("POST", "/api/v1/patients", body).await.expect(201).json());
    let body =
        json!({"client_id": Uuid::new_v4(), "kind": "patient", "patient_id": patient, "host": admin.id});
    let group = id_of(&w.as_(&admin).call("POST", "/api/v1/groups", body).await.expect(201).json());
    w.join(&admin, group, &nurse).await;
    talk(&w, &mut p, &admin, group).await;
    saying(&w, &mut p, &admin, group).await;
    follow(&w, &mut p, &admin, group).await;
    change_sheet(&w, &mut p, &admin, patient).await;
    family(&w, &mut p, &admin, group).await;
    reasons(&w, &mut p, &admin, &nurse, group).await;
    spaces(&w, &mut p, &admin, &nurse, group).await;
    (w, p)
}

/// A relative's name, what both sides write to each other, when somebody reads, and why she was taken off.
async fn family(w: &World, p: &mut Planted, admin: &Person, group: Uuid) {
    let kin = w.kin(admin, group, "mika", "family", &p.word("kin-name")).await;
    w.kin_link(admin, group, "patient", &p.word("kin-invited")).await;
    let posts = format!("/api/v1/groups/{group}/posts");
    let new = |body: String| json!({"client_id": Uuid::new_v4(), "timeline": "family", "body": body});
    w.as_(admin).call("POST", &posts, new(p.word("to-family"))).await.expect(201);
    let word = p.word("from-family");
    w.as_kin(&kin).call("POST", &posts, new(word.clone())).await.expect(201);
    let read = w.as_(admin).get(&format!("{posts}?timeline=family")).await.expect(200).text();
    assert!(read.contains(&word) && read.contains("kin-name"), "whoever may read gets it back");
    let path = |what: &str| format!("/groups/{group}/family/{what}");
    let (id, words) = (Uuid::new_v4().to_string(), p.word("hours"));
    w.as_(admin).form(&path("hours"), &[("id", &id), ("words", &words)]).await.expect(303);
    let reason = p.word("kin-removed");
    let removal = path(&format!("{}/removal", kin.id));
    w.as_(admin).form(&removal, &[("client_id", &id), ("reason", &reason)]).await.expect(303);
}

async fn talk(w: &World, p: &mut Planted, admin: &Person, group: Uuid) {
    let client = w.as_(admin);
    let parts = [
        ("client_id", None, Uuid::new_v4().to_string().into_bytes()),
        ("class", None, b"other".to_vec()),
        ("file", Some(format!("{}.txt", p.word("file-name"))), p.word("file-bytes").into_bytes()),
    ];
    let parts: Vec<(&str, Option<&str>, Vec<u8>)> =
        parts.iter().map(|(field, name, bytes)| (*field, name.as_deref(), bytes.clone())).collect();
    let file = id_of(&client.multipart("/api/v1/files", &parts).await.expect(201).json());
    let posts = format!("/api/v1/groups/{group}/posts");
    let new =
        |body: String, files: Vec<Uuid>| json!({"client_id": Uuid::new_v4(), "body": body, "files": files});
    let word = p.word("body");
    let post = id_of(&client.call("POST", &posts, new(word.clone(), vec![file])).await.expect(201).json());
    let read = client.get(&format!("/api/v1/posts/{post}")).await.expect(200).json();
    assert_eq!(read["body"], json!(word), "whoever may read gets it back");
    let found = client.call("POST", "/api/v1/search", json!({"q": word})).await.expect(200).json();
    assert_eq!(found["items"][0]["post_id"], json!(post), "whoever may read finds it");
    client.form("/search", &[("q", &p.word("looked-for"))]).await.expect(200);
    let path = |what: &str| format!("/api/v1/posts/{post}/{what}");
    let other = new(p.word("correction"), vec![file]);
    let corrected = id_of(&client.call("POST", &path("corrections"), other).await.expect(201).json());
    let reason = json!({"client_id": Uuid::new_v4(), "reason": p.word("withdrawal")});
    client.call("POST", &format!("/api/v1/posts/{corrected}/withdrawal"), reason).await.expect(201);
    // What somebody puts into an address by mistake, and refused text, must not lie in the log either.
    client.get(&format!("/nowhere/{}?q={}", p.word("path"), p.word("query"))).await.expect(404);
    let refused = format!("{}\u{202e}", p.word("refused"));
    client.call("POST", &posts, new(refused, Vec::new())).await.expect(422);
    let unknown =
        json!({"client_id": Uuid::new_v4(), "body": "x", p.word("unknown-field"): p.word("unknown")});
    client.call("POST", &posts, unknown).await.expect(400);
}

/// Templates, the note of a bookmark, and a form that is filled in.
async fn saying(w: &World, p: &mut Planted, admin: &Person, group: Uuid) {
    let client = w.as_(admin);
    for owner in ["person", "facility"] {
        let (name, content) = (p.word("template"), format!("{}：[文]", p.word("template-line")));
        let body = json!({"client_id": Uuid::new_v4(), "owner": owner, "name": name, "content": content});
        let made = client.call("POST", "/api/v1/templates", body).await.expect(201).json();
        assert_eq!(made["name"], json!(name), "whoever may read gets it back");
        let (id, key, typed) = (id_of(&made), Uuid::new_v4().to_string(), p.word("filled-in"));
        let form = [("client_id", key.as_str()), ("version", "1"), ("f0", typed.as_str()), ("more", "")];
        client.form(&format!("/groups/{group}/templates/{id}"), &form).await.expect(303);
    }
    let post = id_of(&client.post(group, &p.word("bookmarked")).await.expect(201).json());
    let note = json!({"note": p.word("bookmark-note")});
    client.call("PUT", &format!("/api/v1/posts/{post}/bookmark"), note).await.expect(204);
    let refused = format!("{}\u{202e}", p.word("refused-note"));
    let path = format!("/posts/{post}/bookmark");
    client.form(&path, &[("on", "true"), ("note", refused.as_str())]).await.expect(422);
}

/// Tasks, the calendar, a visit record: every word of them, and what is said when they change.
async fn follow(w: &World, p: &mut Planted, admin: &Person, group: Uuid) {
    let client = w.as_(admin);
    let day = jiff::Timestamp::now().to_zoned(renkei::japan::zone()).date().to_string();
    let id = Uuid::new_v4;
    let body = json!({"client_id": id(), "what": p.word("task"), "due_date": day});
    let path = format!("/api/v1/groups/{group}/tasks");
    let task = id_of(&client.call("POST", &path, body).await.expect(201).json());
    let path = format!("/api/v1/tasks/{task}");
    let words = json!({"client_id": id(), "what": p.word("task-changed"), "due_date": day, "version": 1});
    client.call("PUT", &path, words).await.expect(200);
    let done = json!({"client_id": id(), "state": "done", "text": p.word("task-result")});
    client.call("PUT", &path, done).await.expect(200);
    let body = json!({"client_id": id(), "kind": "medical", "date": day, "start": "10:00", "end": "10:30", "note": p.word("visit-note")});
    let path = format!("/api/v1/groups/{group}/visits");
    let visit = id_of(&client.call("POST", &path, body).await.expect(201).json());
    let body = json!({"client_id": id(), "change": "cancel", "day": day, "reason": p.word("visit-reason")});
    client.call("PUT", &format!("/api/v1/visits/{visit}"), body).await.expect(200);
    let record = json!({"client_id": id(), "kind": "medical", "date": day, "did": p.word("record-did"), "condition": p.word("record-condition"),
        "plan_changed": true, "plan": p.word("record-plan"), "cautions": p.word("record-cautions")});
    client.call("POST", &format!("/api/v1/groups/{group}/visit-records"), record).await.expect(201);
    for page in ["schedule", "tasks", "visit-records", "before-visit", "digest", "partners"] {
        client.get(&format!("/groups/{group}/{page}")).await.expect(200);
    }
}

async fn change_sheet(w: &World, p: &mut Planted, admin: &Person, patient: Uuid) {
    let path = format!("/api/v1/patients/{patient}/face-sheet");
    let now = w.as_(admin).get(&path).await.expect(200).json();
    let mut fields = now["fields"].clone();
    fields["cautions"] = json!(p.word("cautions-changed"));
    let body = json!({"client_id": Uuid::new_v4(), "fields": fields, "reason": p.word("sheet-reason")});
    let version = format!("\"{}\"", now["version"]);
    w.as_(admin).call_with("PUT", &path, body, &[("if-match", &version)]).await.expect(200);
}

async fn reasons(w: &World, p: &mut Planted, admin: &Person, nurse: &Person, group: Uuid) {
    let client = w.as_(admin);
    let path = format!("/api/v1/groups/{group}/members/{}", nurse.id);
    let reason = json!({"client_id": Uuid::new_v4(), "reason": p.word("removal")});
    client.call("DELETE", &path, reason).await.expect(204);
    let path = format!("/api/v1/groups/{group}/archive");
    for archived in [true, false] {
        let reason = p.word(if archived { "archive" } else { "reopening" });
        let body = json!({"client_id": Uuid::new_v4(), "archived": archived, "reason": reason});
        client.call("PUT", &path, body).await.expect(200);
    }
}

/// Titles, greetings, consultations, and a text that was only looked at.
async fn spaces(w: &World, p: &mut Planted, admin: &Person, nurse: &Person, group: Uuid) {
    let client = w.as_(admin);
    let new = json!({"client_id": Uuid::new_v4(), "kind": "free", "title": p.word("title"), "purpose": p.word("purpose")});
    let free = id_of(&client.call("POST", "/api/v1/groups", new).await.expect(201).json());
    let other = json!({"client_id": Uuid::new_v4(), "title": p.word("retitle")});
    client.call("PUT", &format!("/api/v1/groups/{free}/title"), other).await.expect(200);
    let looked = json!({"body": format!("{} 生年月日", p.word("wording"))});
    client.call("POST", &format!("/api/v1/groups/{free}/wording"), looked).await.expect(200);
    let ask = json!({"client_id": Uuid::new_v4(), "account_id": nurse.id, "facility_id": nurse.facility.id, "greeting": p.word("greeting")});
    client.call("POST", "/api/v1/connections", ask).await.expect(201);
    let new =
        json!({"client_id": Uuid::new_v4(), "title": p.word("consultation"), "body": p.word("question")});
    let path = format!("/api/v1/groups/{group}/consultations");
    let opened = id_of(&client.call("POST", &path, new).await.expect(201).json());
    let close = json!({"client_id": Uuid::new_v4(), "state": "closed", "words": p.word("result")});
    client.call("PUT", &format!("/api/v1/consultations/{opened}"), close).await.expect(200);
}

async fn dump(w: &World) -> Vec<Vec<u8>> {
    let cluster = crate::world::cluster().await;
    let output = tokio::process::Command::new(cluster.bin_dir().join("pg_dump"))
        .arg("--host")
        .arg(cluster.socket_dir())
        .args(["--username", "postgres", &w.database])
        .output()
        .await
        .expect("pg_dump is beside the server");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    vec![output.stdout]
}

/// Every file of this database, of the cluster's shared parts and of the write-ahead log, after a checkpoint.
async fn server_files(w: &World) -> Vec<Vec<u8>> {
    let superuser = w.superuser().await;
    superuser.batch_execute("CHECKPOINT").await.expect("a checkpoint");
    let row = superuser
        .query_one("SELECT oid::text FROM pg_database WHERE datname = current_database()", &[])
        .await;
    let own: String = row.expect("this database").get(0);
    let root = data_folder(&superuser).await;
    let mut all = files(&root.join("base").join(own));
    for part in ["global", "pg_xact", "pg_wal", "pg_stat", "pg_stat_tmp", "base/pgsql_tmp", "log"] {
        all.extend(files(&root.join(part)));
    }
    all.extend(superuser_logs(&root));
    all
}

async fn data_folder(superuser: &tokio_postgres::Client) -> PathBuf {
    let folder: String = superuser.query_one("SHOW data_directory", &[]).await.expect("a setting").get(0);
    folder.into()
}

async fn wal_files() -> Vec<Vec<u8>> {
    let cluster = crate::world::cluster().await;
    let superuser = crate::world::connect(&cluster.config("postgres", "postgres")).await;
    files(&data_folder(&superuser).await.join("pg_wal"))
}

/// The server's own log lies beside its data.
fn superuser_logs(root: &Path) -> Vec<Vec<u8>> {
    let beside = root.parent().map(std::fs::read_dir).and_then(Result::ok);
    let paths = beside.into_iter().flatten().flatten().map(|e| e.path());
    paths.filter(|p| p.is_file()).filter_map(|p| std::fs::read(p).ok()).collect()
}

/// The contents of all files below a folder; none if there is no such folder.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut all = Vec::new();
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            all.extend(files(&path));
        } else if let Ok(bytes) = std::fs::read(&path) {
            all.push(bytes);
        }
    }
    all
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(text, word).is_some()
}

fn contains_any(texts: &[Vec<u8>], word: &[u8]) -> bool {
    texts.iter().any(|text| contains(text, word))
}

/// The first place where the word stands, with what is around it.
fn around(texts: &[Vec<u8>], word: &[u8]) -> Option<String> {
    texts.iter().find_map(|text| {
        let at = memchr::memmem::find(text, word)?;
        let part = &text[at.saturating_sub(200)..(at + word.len() + 100).min(text.len())];
        Some(String::from_utf8_lossy(part).into_owned())
    })
}
