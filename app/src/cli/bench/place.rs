//! Where a bench runs: a scratch cluster, or two databases of its own beside a deployment's. Nothing of a deployment is
//! read or written, and whatever the bench made is gone afterwards.

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use private_postgres::{Cluster, Socket};
use tokio_postgres::Config as PgConfig;

use super::{machine, reference, seal, world::World};
use crate::{
    Error, Result,
    cli::{Running, deployment, start},
    config::{self, Config},
    db::{self, Access},
    log::Sealer,
};

/// The product's database, and the reference's.
const OURS: &str = "renkei_bench";
const REFERENCE: &str = "renkei_bench_reference";
/// The login role of the reference's clients: not the owner of its tables, so row security binds it.
const CLIENT: &str = "renkei_app";
/// Connections of the server's pool: the default of a deployment.
const CONNECTIONS: usize = 24;
/// Where three servers share one cluster.
const FEWER: usize = 16;

#[derive(Debug)]
pub struct Place {
    server: Server,
    /// Keys and blobs of the bench, beside each database, and its cluster where it has one.
    folder: PathBuf,
}

#[derive(Debug)]
enum Server {
    /// A cluster that this program started, and ends.
    Started(Cluster),
    /// One that another program runs.
    Running(Socket),
    /// Any PostgreSQL, by URL.
    Urls { config: Box<Config>, superuser: Box<PgConfig> },
}

impl Place {
    pub async fn find(data: Option<&Path>, config: Option<&Path>, superuser: Option<&str>) -> Result<Self> {
        // Short, because sockets stand in it; and where the server's own user can pass.
        let folder = PathBuf::from(format!("/tmp/renkei-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(Error::internal)?;
        let server = match (data, config) {
            (Some(data), _) => match private_postgres::running(data).map_err(Error::internal)? {
                Some(socket) => Server::Running(socket),
                None => Server::Started(deployment::start_cluster(data).await?),
            },
            (None, Some(file)) => Server::Urls {
                config: Box::new(Config::load(file)?),
                superuser: Box::new(url(superuser.unwrap_or_default())?),
            },
            (None, None) => Server::Started(deployment::start_cluster(&folder).await?),
        };
        Ok(Self { server, folder })
    }

    /// How a role reaches one of the databases.
    pub fn role(&self, role: &str, database: &str) -> Result<PgConfig> {
        let (config, superuser) = match &self.server {
            Server::Started(cluster) => return Ok(cluster.config(role, database)),
            Server::Running(socket) => return Ok(socket.config(role, database)),
            Server::Urls { config, superuser } => (&config.database, superuser),
        };
        let mut access = match role {
            "renkei_app" => url(&config.app)?,
            "renkei_auth" => url(&config.auth)?,
            "renkei_job" => url(&config.job)?,
            "renkei_migrate" => url(&config.migrate)?,
            "renkei_sealer" => url(&config.sealer)?,
            _ => (**superuser).clone(),
        };
        access.dbname(database);
        Ok(access)
    }

    pub async fn superuser(&self, database: &str) -> Result<tokio_postgres::Client> {
        self.tls()?.connect(&self.role("postgres", database)?).await
    }

    /// For a PostgreSQL on another host.
    pub fn tls(&self) -> Result<db::Tls> {
        match &self.server {
            Server::Started(_) | Server::Running(_) => Ok(db::Tls::default()),
            Server::Urls { config, .. } => db::Tls::of(&config.database),
        }
    }

    async fn make_database(&self, name: &str) -> Result<()> {
        let root = self.superuser("postgres").await?;
        db::bootstrap_roles(&root).await?;
        drop_database(&root, name).await?;
        root.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await?;
        Ok(())
    }

    /// The real server with the real schema, on a free port of the loopback.
    pub async fn start_server(&self) -> Result<Running> {
        self.make_product(OURS).await?;
        let config = deployment::config(&self.folder, (Ipv4Addr::LOCALHOST, 0).into());
        self.serve(OURS, config, CONNECTIONS).await
    }

    /// The same on another database, with keys and blobs of its own. Nobody backs the cluster up a second time.
    pub async fn start_server_on(&self, name: &str) -> Result<Running> {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder).map_err(Error::internal)?;
        let mut config = deployment::config(&folder, (Ipv4Addr::LOCALHOST, 0).into());
        config.backup = config::Backup::default();
        self.serve(name, config, FEWER).await
    }

    /// A database of its own with the real schema, as its superuser.
    pub async fn make_product(&self, name: &str) -> Result<tokio_postgres::Client> {
        self.make_database(name).await?;
        let superuser = self.superuser(name).await?;
        db::bootstrap_database(&superuser).await?;
        db::migrate_in_window(&superuser, &self.role("renkei_migrate", name)?, "bench").await?;
        Ok(superuser)
    }

    /// The log's folder and key beside a database.
    pub fn log(&self, name: &str) -> config::Log {
        config::Log::in_folder(&self.folder.join(name))
    }

    pub fn sealer(&self, name: &str, settings: config::Log) -> Result<Sealer> {
        Ok(Sealer::new(settings, self.role("renkei_sealer", name)?, self.tls()?))
    }

    async fn serve(&self, name: &str, config: Config, connections: usize) -> Result<Running> {
        let access = Access {
            app: self.role("renkei_app", name)?,
            auth: self.role("renkei_auth", name)?,
            job: self.role("renkei_job", name)?,
            operator: None,
            family: None,
            sealer: None,
            connections,
            tls: self.tls()?,
        };
        start(config, access).await
    }

    pub async fn make_reference(&self, world: &World) -> Result<()> {
        self.make_database(REFERENCE).await?;
        reference::make(&self.superuser(REFERENCE).await?, CLIENT, world).await
    }

    /// How a client of the reference connects.
    pub fn reference(&self) -> Result<PgConfig> {
        self.role(CLIENT, REFERENCE)
    }

    pub async fn versions(&self) -> Result<serde_json::Value> {
        let root = self.superuser("postgres").await?;
        Ok(machine::versions(root.query_one("SHOW server_version", &[]).await?.get(0)))
    }

    /// Removes a database, with whatever is still connected to it.
    pub async fn drop_product(&self, name: &str) -> Result<()> {
        drop_database(&self.superuser("postgres").await?, name).await
    }

    /// Removes everything that the bench made.
    pub async fn leave(self) -> Result<()> {
        let root = self.superuser("postgres").await?;
        for name in seal::DATABASES.into_iter().chain([OURS, REFERENCE]) {
            drop_database(&root, name).await?;
        }
        drop(root);
        if let Server::Started(cluster) = self.server {
            cluster.stop().await.map_err(Error::internal)?;
        }
        std::fs::remove_dir_all(&self.folder).map_err(Error::internal)
    }
}

async fn drop_database(root: &tokio_postgres::Client, name: &str) -> Result<()> {
    Ok(root.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?)
}

fn url(text: &str) -> Result<PgConfig> {
    db::address(text)
}
