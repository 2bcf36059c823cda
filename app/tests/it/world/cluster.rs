//! One private PostgreSQL cluster for the whole run. It ends with the process that made it.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use private_postgres::{Cluster, Options};
use renkei::db;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

pub const TEMPLATE: &str = "renkei_template";

static SHARED: OnceCell<Cluster> = OnceCell::const_new();

pub async fn shared() -> &'static Cluster {
    SHARED.get_or_init(start).await
}

async fn start() -> Cluster {
    // A short path (sockets allow 107 bytes) that the server's own user can pass.
    let data = place().join(format!("renkei-test-{}", std::process::id()));
    // Nothing here outlives the run: no work for a day after a crash.
    let settings =
        [("fsync", "off"), ("wal_compression", "off"), ("max_wal_size", "256MB"), ("max_connections", "300")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let roles = db::LOGIN_ROLES.iter().map(|r| (*r).to_owned()).collect();
    let cluster = Cluster::start(Options { data: data.clone(), settings, port: 5432, roles })
        .await
        .expect("the test cluster starts");
    end_with_this_process(cluster.postmaster_pid(), &data);
    make_template(&cluster).await;
    cluster
}

/// In memory where there is room: most of what a test costs is its database, which is 1,600 files.
fn place() -> &'static Path {
    const ROOM: u64 = 4 << 30;
    let memory = Path::new("/dev/shm");
    let allowed = rustix::fs::statvfs(memory).map_or(0, |s| s.f_bavail.saturating_mul(s.f_frsize));
    let free = || {
        let all = std::fs::read_to_string("/proc/meminfo").ok()?;
        let line = all.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    };
    if allowed.min(free().unwrap_or(0)) >= ROOM { memory } else { Path::new("/tmp") }
}

/// Statics are not dropped at exit, so a small watcher ends the cluster when this process is gone.
#[allow(clippy::zombie_processes, reason = "the watcher outlives this process, that is its purpose")]
fn end_with_this_process(postmaster: u32, data: &Path) {
    let script = format!(
        "while kill -0 {me} 2>/dev/null; do sleep 0.5; done; kill -QUIT {postmaster}; sleep 1; rm -rf '{data}'",
        me = std::process::id(),
        data = data.display()
    );
    std::process::Command::new("setsid")
        .args(["sh", "-c", &script])
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("sh is there");
}

async fn make_template(cluster: &Cluster) {
    let root = connect(&cluster.config("postgres", "postgres")).await;
    db::bootstrap_roles(&root).await.expect("roles");
    root.batch_execute(db::SEED_ROLE).await.expect("the sample role");
    root.batch_execute(&format!("CREATE DATABASE {TEMPLATE} TEMPLATE template0 ENCODING 'UTF8'"))
        .await
        .expect("template");
    let superuser = connect(&cluster.config("postgres", TEMPLATE)).await;
    db::bootstrap_database(&superuser).await.expect("bootstrap");
    db::migrate_in_window(&superuser, &cluster.config("renkei_migrate", TEMPLATE), "first migration")
        .await
        .expect("migrations");
}

/// Databases of tests that are over.
static LEFT: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A database of one test. When nothing holds it any more, it goes.
#[derive(Clone)]
pub struct Kept(#[allow(dead_code, reason = "held")] Arc<Left>);

struct Left(String);

impl Drop for Left {
    fn drop(&mut self) {
        LEFT.lock().unwrap().push(std::mem::take(&mut self.0));
    }
}

/// A fresh database with the present schema.
pub async fn fresh_database() -> (String, Kept) {
    let cluster = shared().await;
    let name = format!("t{}", Uuid::new_v4().simple());
    let root = connect(&cluster.config("postgres", "postgres")).await;
    // Two tests copying at once would meet "source database is being accessed": one after the other.
    root.batch_execute("SELECT pg_advisory_lock(1)").await.expect("lock");
    let left = std::mem::take(&mut *LEFT.lock().unwrap());
    for name in left {
        let dropped = root.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
        dropped.expect("what a test has left goes");
    }
    root.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
        .await
        .expect("copy of the template");
    (name.clone(), Kept(Arc::new(Left(name))))
}

pub async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("the test cluster answers");
    tokio::spawn(connection);
    client
}
