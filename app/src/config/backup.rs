use std::path::{Path, PathBuf};

use jiff::civil::Time;
use serde::Deserialize;

use crate::{Error, Result};

/// Where backups go, and when.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Backup {
    /// Folder of the backups, best on another disk. Empty, and no bucket: there are no backups.
    pub repository: PathBuf,
    /// A bucket instead of the folder.
    pub s3: Option<S3>,
    /// The backup key (0600). Made with the first backup; `renkei backup keys split` puts it into shares.
    pub key_file: PathBuf,
    /// The PostgreSQL data directory on this host. Backups run as its owner.
    pub cluster: PathBuf,
    /// Working folder of pgBackRest, of the cluster's owner.
    pub engine: PathBuf,
    /// A second place for what the deployment last published about its record: on another disk or another host's share.
    pub published: PathBuf,
    /// The vault's folder, for showing what it says; empty where there is none.
    pub vault: PathBuf,
    /// Time of the daily backup and of the nightly drill, Asia/Tokyo.
    pub at: String,
    pub drill_at: String,
    /// Daily generations that are kept, at least 3.
    pub generations: u32,
}

/// A bucket with Object Lock and a default retention.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// `host` or `host:port`; TLS always.
    pub endpoint: String,
    pub bucket: String,
    pub region: String,
    pub key: String,
    /// File (0600) with the secret key.
    pub secret_file: PathBuf,
    /// Certificates of a private authority, PEM.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            repository: PathBuf::new(),
            s3: None,
            key_file: PathBuf::new(),
            cluster: PathBuf::new(),
            engine: PathBuf::new(),
            published: PathBuf::new(),
            vault: PathBuf::new(),
            at: "02:00".into(),
            drill_at: "03:30".into(),
            generations: 8,
        }
    }
}

impl Backup {
    /// Of a deployment that lives in one folder.
    pub fn in_folder(data: &Path) -> Self {
        let mut section = Self::default();
        section.settle_in(data);
        section
    }

    /// Fills in what a folder decides: there, backups are on without a word of configuration.
    pub(super) fn settle_in(&mut self, data: &Path) {
        self.cluster = data.join("cluster");
        self.engine = data.join("pgbackrest");
        let fill = |path: &mut PathBuf, name: &str| {
            if path.as_os_str().is_empty() {
                *path = data.join(name);
            }
        };
        if self.s3.is_none() {
            fill(&mut self.repository, "backup");
        }
        fill(&mut self.key_file, "keys/backup");
        fill(&mut self.published, "published");
    }

    /// Whether there are backups at all.
    pub fn is_on(&self) -> bool {
        self.s3.is_some() || !self.repository.as_os_str().is_empty()
    }

    pub fn backup_time(&self) -> Result<Time> {
        time("backup.at", &self.at)
    }

    pub fn drill_time(&self) -> Result<Time> {
        time("backup.drill_at", &self.drill_at)
    }

    pub(super) fn check(&self) -> Result<()> {
        self.backup_time()?;
        self.drill_time()?;
        if !self.is_on() {
            return Ok(());
        }
        let wrong = |key: &str, why: &str| Err(Error::Internal(format!("backup.{key} {why}")));
        for (key, path) in
            [("key_file", &self.key_file), ("cluster", &self.cluster), ("engine", &self.engine)]
        {
            if !path.is_absolute() {
                return wrong(key, "must be an absolute path");
            }
        }
        match self.generations {
            3..=100 => Ok(()),
            _ => wrong("generations", "must be between 3 and 100"),
        }
    }
}

pub(super) fn example() -> String {
    let Backup { at, drill_at, generations, .. } = Backup::default();
    format!(
        r#"
# Daily backups with the log in between: any second can be restored. Needs pgBackRest on the database's host, and runs as
# the owner of the database's files. See docs/operations/backup.md.
[backup]
# Folder of the backups, best on another disk. Empty: no backups.
repository = ""
# Made with the first backup. Put it into shares (renkei backup keys split): without it no backup can be restored.
key_file = "/var/lib/renkei/keys/backup"
# The PostgreSQL data directory.
cluster = "/var/lib/postgresql/15/main"
# Working folder of pgBackRest.
engine = "/var/lib/postgresql/renkei-pgbackrest"
# A second place, on another disk, for what the deployment last published about its record.
published = ""
# Folder of the vault, if its host shares it with this one (read-only): its state is shown.
vault = ""
# Times in Asia/Tokyo.
at = "{at}"
drill_at = "{drill_at}"
# Daily generations that are kept.
generations = {generations}
"#
    )
}

fn time(key: &str, text: &str) -> Result<Time> {
    Time::strptime("%H:%M", text).map_err(|_| Error::Internal(format!("{key} must be a time such as 02:00")))
}
