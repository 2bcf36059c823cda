//! The log of the record: what is sealed, what proves it, and who notices that something was altered.

mod altered;
mod begins;
mod copies;
mod page;
mod queue;
mod stamps;
mod witnesses;

use std::path::{Path, PathBuf};

use renkei::{
    cli::verify::{self, Report},
    config,
    log::{Round, Sealer, origin},
};
use serde_json::Value;
use tlog::{Hash, checkpoint::Checkpoint, note::VerifyKey, proof::verify_inclusion};
use uuid::Uuid;

use crate::world::{Person, World, id_of};

/// As an installation in one folder has them.
pub fn settings(config: &config::Config) -> config::Log {
    let folder = config.blobs.parent().expect("a folder");
    config::Log { patrol_seconds: 0, ..config::Log::in_folder(folder) }
}

/// Seals what there is, once.
pub async fn seal(w: &World) {
    let database = crate::world::cluster().await.config("renkei_sealer", &w.database);
    let mut sealer = Sealer::new(w.app.config.log.clone(), database, renkei::db::Tls::default());
    while sealer.round().await.expect("a round") != Round::Quiet
        || w.superuser().await.query_one(WAITS, &[]).await.expect("a row").get::<_, i64>(0) > 0
    {}
}

const WAITS: &str =
    "SELECT (SELECT count(*) FROM care.leaf_queue) + (SELECT count(*) FROM care.log_backfill)";

struct Scene {
    w: World,
    nurse: Person,
    outsider: Person,
    group: Uuid,
    post: Uuid,
}

async fn scene() -> Scene {
    scene_with(|_| {}).await
}

async fn scene_with(change: impl FnOnce(&mut config::Config)) -> Scene {
    let w = World::with(|config| {
        config.log = settings(config);
        change(config);
    })
    .await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "isha", "doctor").await;
    let nurse = w.staff(station, "kango", "nurse").await;
    let outsider = w.staff(station, "yoso", "nurse").await;
    let patient = w.patient(&admin, "試験 花子").await;
    let group = w.team(&admin, patient, &[&admin, &nurse]).await;
    let post = id_of(&w.as_(&admin).post(group, "痛み止めを変えました").await.expect(201).json());
    Scene { w, nurse, outsider, group, post }
}

impl Scene {
    async fn sealer(&self) -> Sealer {
        self.sealer_with(self.w.app.config.log.clone()).await
    }

    async fn sealer_with(&self, settings: config::Log) -> Sealer {
        let database = crate::world::cluster().await.config("renkei_sealer", &self.w.database);
        Sealer::new(settings, database, renkei::db::Tls::default())
    }

    /// Until nothing waits: what is committed is taken when no older transaction of the whole cluster is open, also of another test.
    async fn sealed(&self, sealer: &mut Sealer) -> u64 {
        loop {
            let quiet = sealer.round().await.expect("a round") == Round::Quiet;
            if quiet && self.count(WAITS).await == 0 {
                return self.count("SELECT max(idx) + 1 FROM care.log_entry").await as u64;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// Until the last sealer's lock is gone with its connection.
    async fn nobody_seals(&self) {
        let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7236476 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        while self.count(held).await > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    fn folder(&self) -> PathBuf {
        self.w.app.config.log.folder.clone()
    }

    async fn verified(&self) -> Report {
        let access = crate::world::cluster().await.config("renkei_verify", &self.w.database);
        verify::check(&access, &self.w.app.config, None).await.expect("it runs")
    }

    async fn count(&self, sql: &str) -> i64 {
        self.w.superuser().await.query_one(sql, &[]).await.expect(sql).get(0)
    }

    async fn proof(&self, by: &Person, status: u16) -> Value {
        self.w.as_(by).get(&format!("/api/v1/posts/{}/proof", self.post)).await.expect(status).json()
    }
}

fn published(folder: &Path) -> (Checkpoint, VerifyKey) {
    let key: VerifyKey =
        std::fs::read_to_string(folder.join("key")).expect("a key").trim().parse().expect("a key");
    let bytes = std::fs::read(folder.join("checkpoint")).expect("a checkpoint");
    let keys = [key.clone()];
    let opened = Checkpoint::open(&bytes, key.name(), &keys).expect("signed");
    (opened.checkpoint, key)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_and_event_becomes_a_leaf_and_a_member_proves_a_post_to_anybody() {
    let s = scene().await;
    assert_eq!(s.proof(&s.nurse, 409).await["code"], "not_sealed_yet");
    let mut sealer = s.sealer().await;
    let size = s.sealed(&mut sealer).await;
    let everything = "SELECT (SELECT count(*) FROM care.post) + (SELECT count(*) FROM care.receipt) + (SELECT count(*) FROM care.membership_event)
      + (SELECT count(*) FROM care.face_sheet_version) + (SELECT count(*) FROM care.observation) + (SELECT count(*) FROM care.access_event)
      + (SELECT count(*) FROM care.operator_event)";
    assert_eq!(size as i64, s.count(everything).await);
    assert_eq!(s.count("SELECT count(*) FROM care.leaf_queue").await, 0);
    let (checkpoint, key) = published(&s.folder());
    assert_eq!(checkpoint.size(), size);
    let deployment: Uuid =
        s.w.superuser().await.query_one("SELECT id FROM care.deployment", &[]).await.expect("an id").get(0);
    assert_eq!(checkpoint.origin(), origin(deployment, 0));
    assert_eq!(sealer.verify_key(), Some(&key));

    // Somebody who has the key and this answer needs nothing else.
    let proof = s.proof(&s.nurse, 200).await;
    let note = proof["checkpoint"].as_str().expect("a note");
    let keys = [key];
    let signed = Checkpoint::open(note.as_bytes(), &origin(deployment, 0), &keys).expect("signed").checkpoint;
    let hash = hex::decode(proof["hash"].as_str().expect("a hash")).expect("hex");
    let path: Vec<Hash> = proof["path"]
        .as_array()
        .expect("hashes")
        .iter()
        .map(|h| h.as_str().unwrap().parse().unwrap())
        .collect();
    let index = proof["index"].as_u64().expect("an index");
    verify_inclusion(index, signed.size(), &Hash::leaf(&hash), &path, &signed.root())
        .expect("it is in the log");
    let other = Hash::leaf(&[7; 32]);
    assert!(verify_inclusion(index, signed.size(), &other, &path, &signed.root()).is_err());

    // A stranger is told nothing, and both are in the access log.
    s.proof(&s.outsider, 404).await;
    let looked = "SELECT count(*) FROM care.access_event WHERE act = 'viewed_proof' AND outcome = ";
    assert_eq!(s.count(&format!("{looked}'done'")).await, 2);
    assert_eq!(s.count(&format!("{looked}'refused'")).await, 1);
    let report = s.verified().await;
    assert!(report.bad.is_empty(), "{:?}", report.bad);
    assert_eq!(report.leaves, size);
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_reads_the_tree_and_nothing_but_the_tree() {
    let s = scene().await;
    let nobody = s.w.nobody();
    for path in ["/log/checkpoint", "/log/key", "/log/tile/0/000"] {
        nobody.get(path).await.expect(404);
    }
    let mut sealer = s.sealer().await;
    let size = s.sealed(&mut sealer).await;
    let note = nobody.get("/log/checkpoint").await.expect(200).text();
    assert_eq!(note.lines().nth(1), Some(size.to_string().as_str()), "{note}");
    assert!(!nobody.get("/log/key").await.expect(200).text().is_empty());
    assert!(size < 256, "one tile");
    let tile = nobody.get(&format!("/log/tile/0/000.p/{size}")).await.expect(200);
    assert_eq!(tile.body.len() as u64, 32 * size);
    for path in [
        "/log/tile/0/000",
        "/log/tile/0/0",
        "/log/tile/../key",
        "/log/tile/0/..%2f..%2fkeys%2fsealer",
        "/log/tile/0/000.p/0",
        "/log/entries/000",
    ] {
        nobody.get(path).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealer_that_stops_anywhere_goes_on_with_the_same_log() {
    let s = scene().await;
    let mut first = s.sealer().await;
    let size = s.sealed(&mut first).await;
    // Another one waits while this one works.
    let mut second = s.sealer().await;
    assert_eq!(second.round().await.expect("a round"), Round::Elsewhere);
    drop(first);
    s.w.as_(&s.nurse).post(s.group, "夕方の分です").await.expect(201);
    let mut grown = 0;
    for _ in 0..50 {
        if let Round::Signed(n) | Round::Growing(n) = second.round().await.expect("a round") {
            grown = n;
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(grown > size, "{grown}");
    // Cut off after the database knew of the checkpoint and before the disk did; and with the tiles gone.
    let (newest, _) = published(&s.folder());
    drop(second);
    std::fs::remove_file(s.folder().join("checkpoint")).expect("not there yet");
    let mut third = s.sealer().await;
    while third.round().await.expect("a round") == Round::Elsewhere {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(published(&s.folder()).0.size() >= newest.size());
    drop(third);
    std::fs::remove_dir_all(s.folder().join("tile")).expect("the tiles");
    let mut fourth = s.sealer().await;
    while fourth.round().await.expect("a round") == Round::Elsewhere {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    s.sealed(&mut fourth).await;
    let report = s.verified().await;
    assert!(report.bad.is_empty(), "{:?}", report.bad);
    assert_eq!(s.count("SELECT count(*) FROM care.log_finding").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sealer_writes_no_record_and_the_service_no_log() {
    let s = scene().await;
    let mut sealer = s.sealer().await;
    s.sealed(&mut sealer).await;
    let cluster = crate::world::cluster().await;
    let connect = async |role: &str| {
        let (client, connection) =
            cluster.config(role, &s.w.database).connect(tokio_postgres::NoTls).await.expect("a connection");
        tokio::spawn(connection);
        client
    };
    let as_sealer = connect("renkei_sealer").await;
    as_sealer.query("SELECT * FROM act.log_state()", &[]).await.expect("its own");
    for sql in [
        "INSERT INTO care.log_entry VALUES (99999, 1, gen_random_uuid(), 1, sha256('x'))",
        "UPDATE care.log_entry SET hash = sha256('x')",
        "DELETE FROM care.leaf_queue",
        "DELETE FROM care.checkpoint",
        "SELECT envelope FROM care.post",
        "SELECT * FROM care.access_event",
        "SELECT act.keep_copies(true)",
    ] {
        assert!(as_sealer.batch_execute(sql).await.is_err(), "{sql}");
    }
    let as_app = connect("renkei_app").await;
    for sql in [
        "SELECT act.take_leaves(0, 10)",
        "SELECT act.note_checkpoint(0, 1, sha256('x'), repeat('x', 50))",
        "SELECT * FROM care.log_entry",
        "INSERT INTO care.leaf_queue (kind, place, number, hash) VALUES (1, gen_random_uuid(), 1, sha256('x'))",
    ] {
        assert!(as_app.batch_execute(sql).await.is_err(), "{sql}");
    }
}
