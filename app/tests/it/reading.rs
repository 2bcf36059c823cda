//! Reading while the primary is away: marked, noted, and only what may be read. The primary's way is a symbolic link that
//! the test takes away; the standby is the same server in read-only transactions, where nothing can be written either.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use axum::http::header::RETRY_AFTER;
use renkei::{config::Reading, db::Access};
use serde_json::json;
use uuid::Uuid;

use crate::world::{Person, World, cluster};

/// A node whose way to the primary can be taken away.
struct Node {
    world: World,
    way: PathBuf,
    sockets: PathBuf,
}

impl Node {
    async fn of(w: &World, spool: &Path) -> Self {
        let sockets = cluster().await.socket_dir().to_owned();
        // A socket's path is short.
        let way = PathBuf::from(format!("/tmp/renkei-way-{}", &Uuid::new_v4().simple().to_string()[..12]));
        std::os::unix::fs::symlink(&sockets, &way).expect("a way");
        let url = |role: &str| {
            format!("host={} dbname={} user={role} application_name=way", way.display(), w.database)
                .parse()
                .expect("a URL")
        };
        let access = Access {
            app: url("renkei_app"),
            auth: url("renkei_auth"),
            job: url("renkei_job"),
            operator: None,
            family: None,
            sealer: None,
            tls: renkei::db::Tls::default(),
            connections: 4,
        };
        let reading = Reading {
            standby: format!(
                "host={} dbname={} user=renkei_app options='-c default_transaction_read_only=on'",
                sockets.display(),
                w.database
            ),
            spool: spool.to_owned(),
            ..Reading::default()
        };
        let world = w.node_with(|config| config.reading = reading, access).await;
        Self { world, way, sockets }
    }

    async fn take_away(&self) {
        std::fs::remove_file(&self.way).expect("the way was there");
        self.world
            .superuser()
            .await
            .execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'way' AND datname = current_database()", &[])
            .await
            .expect("ended");
        self.world.app.db.away().await;
    }

    async fn bring_back(&self) {
        std::os::unix::fs::symlink(&self.sockets, &self.way).expect("a way");
        let began = Instant::now();
        while self.world.app.db.confirm_away().await {
            assert!(began.elapsed() < Duration::from_secs(30), "the primary is not found again");
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.way);
    }
}

struct Scene {
    w: World,
    nurse: Person,
    stranger: Person,
    group: Uuid,
    spool: tempfile::TempDir,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.admin(clinic, "nurse", "nurse").await;
    let stranger = w.staff(clinic, "stranger", "nurse").await;
    let group = w.group(&nurse, &nurse, "試験 太郎").await;
    w.as_(&nurse).post(group, "血圧は落ちついています").await.expect(201);
    Scene { w, nurse, stranger, group, spool: tempfile::tempdir().expect("a folder") }
}

const VIEWS: &str = "SELECT count(*) FILTER (WHERE outcome = 'done'), count(*) FILTER (WHERE outcome = 'refused') FROM care.access_event
  WHERE act IN ('viewed_timeline', 'viewed_home', 'viewed_post') AND account_id = $1";

async fn views(w: &World, of: &Person) -> (i64, i64) {
    let row = w.superuser().await.query_one(VIEWS, &[&of.id]).await.expect("a count");
    (row.get(0), row.get(1))
}

fn notes(spool: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(spool).expect("a folder");
    entries.map(|e| std::fs::read(e.expect("an entry").path()).expect("a file")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_come_from_the_standby_marked_and_every_view_is_in_the_log_afterwards() {
    let s = scene().await;
    let node = Node::of(&s.w, s.spool.path()).await;
    let nurse = node.world.as_(&s.nurse);
    let (posts, page) = (format!("/api/v1/groups/{}/posts", s.group), format!("/groups/{}", s.group));
    // With the primary: no mark, and the view is in the log at once.
    let answer = nurse.get(&posts).await.expect(200);
    assert!(!answer.headers.contains_key("renkei-mode"));
    assert!(!nurse.get(&page).await.expect(200).text().contains("書き込み準備中"));
    assert_eq!(node.world.nobody().get("/readyz").await.expect(200).text(), "ready\n");
    let before = views(&s.w, &s.nurse).await;
    assert!(before.0 > 0 && notes(s.spool.path()).is_empty());

    node.take_away().await;
    let answer = nurse.get(&posts).await.expect(200);
    assert_eq!(answer.headers["renkei-mode"], "reading");
    assert!(answer.text().contains("血圧は落ちついています"));
    for path in [page.as_str(), "/"] {
        let answer = nurse.get(path).await.expect(200);
        assert!(
            answer.text().contains("書き込み準備中") && answer.headers["renkei-mode"] == "reading",
            "{path}"
        );
    }
    assert_eq!(node.world.nobody().get("/readyz").await.expect(200).text(), "reading\n");
    node.world.nobody().get("/readyz?for=writes").await.expect(503);
    // Noted, sealed, not yet in the log.
    assert_eq!(views(&s.w, &s.nurse).await, before);
    let noted = notes(s.spool.path()).concat();
    assert!(!noted.is_empty());
    for clear in [s.nurse.id.to_string(), "viewed_".into(), s.group.to_string()] {
        assert!(!noted.windows(clear.len()).any(|w| w == clear.as_bytes()), "{clear} in clear");
    }

    node.bring_back().await;
    let spool = node.world.app.db.spool().expect("a spool");
    assert_eq!(spool.bring_in(&node.world.app.db).await.expect("brought in"), 1);
    // Home was looked at; the timeline was still open from before.
    assert_eq!(views(&s.w, &s.nurse).await, (before.0 + 1, before.1));
    assert!(notes(s.spool.path()).is_empty());
    assert!(!nurse.get(&posts).await.expect(200).headers.contains_key("renkei-mode"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_a_head_holds_no_other_up() {
    let s = scene().await;
    let node = Node::of(&s.w, s.spool.path()).await;
    let before = views(&s.w, &s.nurse).await;
    node.take_away().await;
    node.world.as_(&s.nurse).get("/").await.expect(200);
    // The oldest of all: the machine stopped while its head was written.
    std::fs::write(s.spool.path().join("00.spool"), b"renkei/sp").expect("written");
    node.bring_back().await;
    let spool = node.world.app.db.spool().expect("a spool");
    assert_eq!(spool.bring_in(&node.world.app.db).await.expect("brought in"), 1);
    assert_eq!(views(&s.w, &s.nurse).await, (before.0 + 1, before.1));
    let left: Vec<_> = std::fs::read_dir(s.spool.path())
        .expect("a folder")
        .map(|e| e.expect("an entry").file_name())
        .collect();
    assert_eq!(left, ["00.broken"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_of_a_wrong_clock_are_taken_once_and_those_of_nobody_are_not() {
    let s = scene().await;
    s.w.as_(&s.nurse).get("/").await.expect(200);
    let superuser = s.w.superuser().await;
    let session: Uuid = superuser
        .query_one("SELECT id FROM sec.session WHERE account_id = $1 LIMIT 1", &[&s.nurse.id])
        .await
        .expect("a session")
        .get(0);
    let note = |at: &str, session: Uuid| json!({"id": Uuid::new_v4(), "at": at, "act": "viewed_home", "outcome": "done", "account_id": s.nurse.id, "session_id": session});
    let notes = json!([
        note("2020-01-01T00:00:00Z", session),
        note("2999-01-01T00:00:00Z", session),
        note("2024-01-01T00:00:00Z", Uuid::new_v4()),
    ]);
    let before = views(&s.w, &s.nurse).await;
    for _ in 0..2 {
        let rows = s.w.app.db.job("SELECT act.ingest_views($1)", &[&notes]).await.expect("taken");
        assert_eq!(rows[0].get::<_, i32>(0), 2);
        assert_eq!(views(&s.w, &s.nurse).await, (before.0 + 2, before.1));
    }
    let ahead = "SELECT count(*) FROM care.access_event WHERE at > now()";
    assert_eq!(superuser.query_one(ahead, &[]).await.expect("a count").get::<_, i64>(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_waits_and_the_same_try_succeeds_afterwards() {
    let s = scene().await;
    let node = Node::of(&s.w, s.spool.path()).await;
    let nurse = node.world.as_(&s.nurse);
    let posts = format!("/api/v1/groups/{}/posts", s.group);
    let body = json!({"client_id": Uuid::new_v4(), "body": "送信待ちの記録"});
    nurse.get("/api/v1/patients").await.expect(200);
    node.take_away().await;
    let answer = nurse.call("POST", &posts, body.clone()).await.expect(503);
    assert!(answer.headers.contains_key(RETRY_AFTER));
    // Not among the routes that may be read elsewhere.
    nurse.get("/api/v1/patients").await.expect(503);
    node.bring_back().await;
    nurse.call("POST", &posts, body.clone()).await.expect(201);
    nurse.call("POST", &posts, body).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_ended_sessions_read_nothing() {
    let s = scene().await;
    let node = Node::of(&s.w, s.spool.path()).await;
    let posts = format!("/api/v1/groups/{}/posts", s.group);
    let gone = s.w.session(&s.nurse).await;
    let gone = Person { token: gone, ..s.nurse.clone() };
    node.world.as_(&gone).get(&posts).await.expect(200);
    s.w.as_(&gone).call("DELETE", "/api/v1/session", serde_json::Value::Null).await.expect(204);
    node.take_away().await;
    node.world.as_(&s.nurse).get(&posts).await.expect(200);
    node.world.as_(&s.stranger).get(&posts).await.expect(404);
    node.world.as_(&gone).get(&posts).await.expect(401);
    node.world.nobody().get(&posts).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_note_and_from_a_standby_that_is_behind_nothing_is_read() {
    let s = scene().await;
    let node = Node::of(&s.w, s.spool.path()).await;
    let nurse = node.world.as_(&s.nurse);
    let home = "/";
    node.take_away().await;
    nurse.get(home).await.expect(200);
    let superuser = s.w.superuser().await;
    superuser.execute("UPDATE sec.pulse SET at = at - interval '1 hour'", &[]).await.expect("an old standby");
    nurse.get(home).await.expect(503);
    superuser.execute("UPDATE sec.pulse SET at = at + interval '1 hour'", &[]).await.expect("a fresh one");
    nurse.get(home).await.expect(200);
    node.bring_back().await;
    node.world.app.db.spool().expect("a spool").bring_in(&node.world.app.db).await.expect("brought in");
    std::fs::remove_dir(s.spool.path()).expect("empty by now");
    node.take_away().await;
    nurse.get(home).await.expect(503);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_to_what_has_become_a_standby_is_not_used_again() {
    let s = scene().await;
    let sockets = cluster().await.socket_dir().display().to_string();
    let url = |role: &str| {
        format!(
            "host={sockets} dbname={} user={role} options='-c default_transaction_read_only=on'",
            s.w.database
        )
        .parse()
        .expect("a URL")
    };
    let access = Access {
        app: url("renkei_app"),
        auth: url("renkei_auth"),
        job: url("renkei_job"),
        operator: None,
        family: None,
        sealer: None,
        connections: 2,
        tls: renkei::db::Tls::default(),
    };
    let demoted = s.w.node_with(|_| {}, access).await;
    let answer = demoted.as_(&s.nurse).post(s.group, "どこにも残らない").await.expect(503);
    assert!(answer.headers.contains_key(RETRY_AFTER));
    let pool = format!("{:?}", demoted.app.db);
    assert!(pool.contains("size: 0"), "{pool}");
}
