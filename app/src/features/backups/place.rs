//! Where a deployment's database, files and backups stand, and as whom each is reached.

use std::{os::unix::fs::MetadataExt, path::Path};

use generations::{Bucket, Key, Store};
use pgbackrest::{Engine, Options, Pass, Repository};
use private_postgres::OsUser;
use tokio_postgres::{Config as PgConfig, config::Host};

use super::Trouble;
use crate::config::{Backup, Config, S3};

/// Everything that a backup touches.
#[derive(Debug)]
pub struct Place {
    pub config: Config,
    pub engine: Engine,
    /// The repository, beside the engine's own part of it.
    pub store: Store,
    pub key: Key,
    /// The database as the job and as the verifier.
    pub job: PgConfig,
    pub verify: PgConfig,
    owner: OsUser,
}

/// Folder of the engine's part in the repository.
pub const DATABASE: &str = "database";

impl Place {
    /// `job` also says where the server's socket is.
    pub fn open(config: &Config, job: &PgConfig) -> Result<Self, Trouble> {
        if !config.backup.is_on() {
            return Err(Trouble::Off);
        }
        let owner = owner(&config.backup.cluster)?;
        let key = key(&config.backup)?;
        let store = store(&config.backup)?;
        let engine = Engine::new(options(&config.backup, &key, job, &owner)?)?;
        let verify = match config.database.verify.as_str() {
            "" => job.clone().user("renkei_verify").to_owned(),
            url => url.parse().map_err(|_| Trouble::Refused("database.verify is not a valid URL".into()))?,
        };
        Ok(Self { config: config.clone(), engine, store, key, job: job.clone(), verify, owner })
    }

    /// The same repository for a restore into another folder.
    pub fn engine_into(&self, cluster: &Path, work: &Path, owner: &OsUser) -> Result<Engine, Trouble> {
        let mut options = options(&self.config.backup, &self.key, &self.job, owner)?;
        (options.cluster, options.work) = (cluster.to_owned(), work.to_owned());
        Ok(Engine::new(options)?)
    }

    pub fn owner(&self) -> &OsUser {
        &self.owner
    }

    pub fn public(&self) -> [u8; 32] {
        self.key.signer().public()
    }

    /// Whether the bucket lets nobody delete a generation before its time; `None` where the repository is a folder.
    pub async fn bucket_is_locked(&self) -> Result<Option<bool>, Trouble> {
        let Some(s3) = &self.config.backup.s3 else { return Ok(None) };
        let lock = generations::lock::of(&bucket(s3)?).await?;
        Ok(Some(lock.is_some_and(|lock| lock.holds_for(self.config.backup.generations))))
    }

    /// The second place for published heads; `None` where none is configured.
    pub fn published(&self) -> Result<Option<Store>, Trouble> {
        let folder = &self.config.backup.published;
        if folder.as_os_str().is_empty() {
            return Ok(None);
        }
        Ok(Some(Store::folder(folder)?))
    }
}

/// The owner of the database's files. Only this user and root can back them up.
fn owner(cluster: &Path) -> Result<OsUser, Trouble> {
    let me = OsUser::current()?;
    let owner = match std::fs::metadata(cluster) {
        Ok(found) => OsUser::with_id(found.uid())?,
        // After a disaster there is nothing: whoever restores will own it.
        Err(_) => return Ok(if me.uid == 0 { OsUser::for_server()? } else { me }),
    };
    if me.uid == 0 || me.uid == owner.uid {
        return Ok(owner);
    }
    Err(Trouble::Refused(format!(
        "the database's files belong to the OS user {0}: `renkei backup run` keeps backups as {0} or root",
        owner.name
    )))
}

fn key(section: &Backup) -> Result<Key, Trouble> {
    if let Some(folder) = section.key_file.parent() {
        std::fs::create_dir_all(folder).map_err(crate::Error::internal)?;
    }
    Ok(Key::open_or_create(&section.key_file)?)
}

fn store(section: &Backup) -> Result<Store, Trouble> {
    let Some(s3) = &section.s3 else {
        return Ok(Store::folder(&section.repository)?);
    };
    Ok(Store::bucket(&bucket(s3)?)?)
}

fn bucket(s3: &S3) -> Result<Bucket, Trouble> {
    s3.bucket().map_err(|error| Trouble::Refused(error.to_string()))
}

fn options(section: &Backup, key: &Key, job: &PgConfig, owner: &OsUser) -> Result<Options, Trouble> {
    let socket = job.get_hosts().iter().find_map(|host| match host {
        Host::Unix(folder) => Some(folder.clone()),
        Host::Tcp(_) => None,
    });
    let repository = match &section.s3 {
        None => Repository::Folder(section.repository.join(DATABASE)),
        Some(s3) => Repository::S3(pgbackrest::S3 {
            endpoint: s3.endpoint.clone(),
            bucket: s3.bucket.clone(),
            region: s3.region.clone(),
            folder: format!("/{DATABASE}"),
            key: s3.key.clone(),
            secret: Pass::new(bucket(s3)?.secret),
            ca_file: s3.ca_file.clone(),
        }),
    };
    Ok(Options {
        cluster: section.cluster.clone(),
        socket: socket.ok_or_else(|| {
            Trouble::Refused("backups run on the database's own host, over its Unix socket (database.job host=/run/postgresql)".into())
        })?,
        port: job.get_ports().first().copied().unwrap_or(5432),
        work: section.engine.clone(),
        repository,
        pass: Pass::new(key.repository_pass()),
        generations: section.generations,
        owner: owner.clone(),
    })
}
