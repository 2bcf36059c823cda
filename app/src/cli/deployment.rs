//! A deployment that lives in one folder: cluster, blobs, keys. `demo` makes it; other commands find it by `--data`.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use private_postgres::{Cluster, Options};
use tokio_postgres::{Client, Config as PgConfig, NoTls};

use super::which;
use crate::{
    Error, Result,
    config::{Backup, Config},
    db::{self, Access},
};

pub const DATABASE: &str = "renkei";

/// Starts (or takes over) the folder's cluster.
pub async fn start_cluster(data: &Path) -> Result<Cluster> {
    std::fs::create_dir_all(data)
        .map_err(|e| Error::Internal(format!("cannot make {}: {e}", data.display())))?;
    let data = data.canonicalize().map_err(Error::internal)?;
    let roles = db::LOGIN_ROLES.iter().map(|r| (*r).to_owned()).collect();
    let settings = archiving(&data)?;
    Cluster::start(Options { data, settings, port: 5432, roles }).await.map_err(Error::internal)
}

/// Where pgBackRest is installed, every cluster hands its log over; the first backup makes the repository.
fn archiving(data: &Path) -> Result<Vec<(String, String)>> {
    if pgbackrest::installed_version().is_none() {
        return Ok(Vec::new());
    }
    pgbackrest::server_settings(&Backup::in_folder(data).engine).map_err(Error::internal)
}

/// Roles, database, schema: everything that is missing. Returns whether the database is new.
pub async fn prepare(cluster: &Cluster) -> Result<bool> {
    let root = connect(&cluster.config("postgres", "postgres")).await?;
    db::bootstrap_roles(&root).await?;
    let known =
        root.query_opt("SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", &[&DATABASE]).await?;
    if known.is_none() {
        let sql = format!(
            "CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
        );
        root.batch_execute(&sql).await?;
    }
    let superuser = connect(&cluster.config("postgres", DATABASE)).await?;
    db::bootstrap_database(&superuser).await?;
    db::migrate_in_window(&superuser, &cluster.config("renkei_migrate", DATABASE), "start").await?;
    Ok(known.is_none())
}

/// Throws away what an interrupted planting left, and prepares an empty database.
pub async fn begin_anew(cluster: &Cluster, data: &Path) -> Result<()> {
    let root = connect(&cluster.config("postgres", "postgres")).await?;
    root.batch_execute(&format!("DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")).await?;
    let blobs = data.join("blobs");
    if blobs.exists() {
        std::fs::remove_dir_all(&blobs).map_err(Error::internal)?;
    }
    prepare(cluster).await.map(drop)
}

pub async fn connect(config: &PgConfig) -> Result<Client> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

pub fn access(cluster: &Cluster, connections: usize) -> Access {
    Access {
        app: cluster.config("renkei_app", DATABASE),
        auth: cluster.config("renkei_auth", DATABASE),
        job: cluster.config("renkei_job", DATABASE),
        operator: Some(cluster.config("renkei_operator", DATABASE)),
        family: Some(cluster.config("renkei_family", DATABASE)),
        sealer: Some(cluster.config("renkei_sealer", DATABASE)),
        connections,
        tls: db::Tls::default(),
    }
}

/// The database of a command: the one that runs, or, where a folder's server is down, one started for the command.
#[derive(Debug)]
pub struct Reached(Option<Cluster>);

impl Reached {
    pub async fn of(config: &Config) -> Result<Self> {
        let Some(data) = &config.data else { return Ok(Self(None)) };
        let runs = private_postgres::running(data).map_err(Error::internal)?.is_some();
        Ok(Self(if runs { None } else { Some(start_cluster(data).await?) }))
    }

    pub fn role(&self, config: &Config, role: &str) -> Result<PgConfig> {
        which::role(config, role)
    }

    pub fn access(&self, config: &Config) -> Result<Access> {
        which::access(config)
    }

    /// Ends what was started for the command.
    pub async fn leave(self) -> Result<()> {
        match self.0 {
            Some(cluster) => cluster.stop().await.map_err(Error::internal),
            None => Ok(()),
        }
    }
}

/// The cluster of an installation in one folder, running and up to date; `None` where the database is somebody else's.
pub async fn bring_up(config: &Config) -> Result<Option<Cluster>> {
    let Some(data) = &config.data else { return Ok(None) };
    let cluster = start_cluster(data).await?;
    prepare(&cluster).await?;
    Ok(Some(cluster))
}

/// Between two tries to bring the database up again.
const PAUSE: Duration = Duration::from_secs(2);

/// Brings the database that we manage up again whenever it ends by itself; what was acknowledged is in its log. While it
/// does not come up (the disk is full, say) the port goes on answering that it is unavailable. Never returns; may be dropped.
pub async fn keep_up(cluster: Option<&mut Cluster>) {
    let Some(cluster) = cluster else { return std::future::pending().await };
    loop {
        match cluster.ended().await {
            Ok(()) => tracing::warn!("the database has ended by itself; starting it again"),
            Err(error) => tracing::error!(%error, "the database cannot be watched"),
        }
        while let Err(error) = cluster.restart().await {
            tracing::error!(%error, "the database does not start; trying again");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// The configuration of a demo in a folder.
pub fn config(data: &Path, listen: SocketAddr) -> Config {
    let mut config = Config::in_folder(data, listen);
    config.database.connections = 24;
    // On the loopback, with a handful of sessions for everybody.
    config.limits = config.limits.without_rates();
    config
}

/// Where a demo keeps its data unless told otherwise. The server's own user must be able to pass through it, so for
/// root it is not root's home.
pub fn default_data() -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return PathBuf::from("/var/lib/renkei-demo");
    }
    std::env::var_os("HOME").map_or_else(
        || PathBuf::from("renkei-demo"),
        |home| PathBuf::from(home).join(".local/share/renkei-demo"),
    )
}
