//! Which deployment a command works on: a configuration file, or the folder of an installation on one machine.

use std::path::{Path, PathBuf};

use clap::Args;
use tokio_postgres::Config as PgConfig;

use super::deployment;
use crate::{Error, Result, config::Config};

/// The settings of an installation in one folder, when no other file holds them.
pub const IN_FOLDER: &str = "renkei.toml";

#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// The configuration file of a deployment.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder of a demo or of an installation on one machine.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

impl Which {
    /// What the person named.
    pub fn place(&self) -> &Path {
        self.config.as_deref().or(self.data.as_deref()).unwrap_or(Path::new("."))
    }

    /// The file that holds the settings; a demo's folder has none.
    pub fn file(&self) -> Option<PathBuf> {
        self.config.clone().or_else(|| self.data.as_ref().map(|d| d.join(IN_FOLDER)).filter(|f| f.exists()))
    }

    pub fn load(&self) -> Result<Config> {
        match (self.file(), &self.data) {
            (Some(file), _) => Config::load(&file),
            (None, Some(data)) if data.join("cluster").is_dir() => {
                Ok(deployment::config(data, ([127, 0, 0, 1], 8080).into()))
            }
            (None, _) => Err(Error::Internal(format!(
                "{} holds no installation; make one with: renkei init --data {0}",
                self.place().display()
            ))),
        }
    }
}

/// How to connect as one of the login roles. A private PostgreSQL must be running.
pub fn role(config: &Config, role: &str) -> Result<PgConfig> {
    if let Some(data) = &config.data {
        let socket = private_postgres::running(data).map_err(Error::internal)?.ok_or_else(|| {
            Error::Unavailable(format!(
                "the database in {} is not running; start Renkei first (systemctl start renkei)",
                data.display()
            ))
        })?;
        return Ok(socket.config(role, deployment::DATABASE));
    }
    let d = &config.database;
    let (name, url) = match role {
        "renkei_app" => ("app", &d.app),
        "renkei_auth" => ("auth", &d.auth),
        "renkei_job" => ("job", &d.job),
        "renkei_migrate" => ("migrate", &d.migrate),
        "renkei_verify" => ("verify", &d.verify),
        other => return Err(Error::Internal(format!("no setting holds a URL for {other}"))),
    };
    if url.is_empty() {
        return Err(Error::Internal(format!("database.{name} is not set")));
    }
    url.parse().map_err(|_| Error::Internal(format!("database.{name} is not a valid URL")))
}
