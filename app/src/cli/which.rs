//! Which deployment a command works on: a configuration file, or the folder of an installation on one machine. Given
//! neither, the two places that the package uses are looked at.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use clap::Args;
use tokio_postgres::{Client, Config as PgConfig};

use super::deployment;
use crate::{
    Error, Result,
    config::Config,
    db::{self, Access},
};

/// Where an administrator puts the settings of a deployment with a database of its own.
const SETTINGS: &str = "/etc/renkei/renkei.toml";
/// Where `renkei init` makes an installation on one machine.
pub const FOLDER: &str = "/var/lib/renkei";
/// The settings of an installation in one folder.
pub const IN_FOLDER: &str = "renkei.toml";

#[derive(Debug, Clone, Default, Args)]
#[group(multiple = false)]
pub struct Which {
    /// The configuration file of a deployment.
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// The folder of a demo or of an installation on one machine.
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
}

impl Which {
    /// What the person named, or what is found in its usual place.
    pub fn place(&self) -> PathBuf {
        let named = self.config.clone().or_else(|| self.data.clone());
        let usual = || if Path::new(SETTINGS).exists() { SETTINGS } else { FOLDER };
        named.unwrap_or_else(|| usual().into())
    }

    /// The file that holds the settings; a demo's folder has none.
    pub fn file(&self) -> Option<PathBuf> {
        let place = self.place();
        let file = if self.is_folder() { place.join(IN_FOLDER) } else { place };
        Some(file).filter(|f| !self.is_folder() || f.exists())
    }

    fn is_folder(&self) -> bool {
        self.data.is_some() || (self.config.is_none() && self.place() == Path::new(FOLDER))
    }

    /// The settings, for a user who may work on this deployment.
    pub fn load(&self) -> Result<Config> {
        let place = self.place();
        let config = match self.file() {
            Some(file) => {
                if self.is_folder() {
                    as_owner(&place)?;
                }
                Config::load(&file)?
            }
            // After a disaster only the backups may be left.
            None if place.join("cluster").is_dir() || place.join("backup").is_dir() => deployment::config(
                &std::path::absolute(&place).map_err(Error::internal)?,
                ([127, 0, 0, 1], 8080).into(),
            ),
            None => {
                return Err(Error::Internal(format!(
                    "{0} holds no installation; make one with: renkei init --data {0}",
                    place.display()
                )));
            }
        };
        as_owner(config.data.as_deref().unwrap_or(&config.master_key_file))?;
        Ok(config)
    }
}

/// A file that root makes beside the server's is one that the server cannot open: whoever owns the data runs the
/// commands. What is not there, or lies where only its owner may look, is found out later.
fn as_owner(path: &Path) -> Result<()> {
    let me = rustix::process::geteuid().as_raw();
    let owner = std::fs::metadata(path).map(|m| m.uid());
    match owner {
        Ok(owner) if owner != me => Err(Error::Internal(format!(
            "{} belongs to another user; run this as that user: sudo -u {} renkei …",
            path.display(),
            private_postgres::OsUser::named(owner).unwrap_or_else(|| format!("'#{owner}'"))
        ))),
        _ => Ok(()),
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
        "renkei_operator" => ("operator", &d.operator),
        "renkei_family" => ("family", &d.family),
        "renkei_bounce" => ("bounce", &d.bounce),
        "renkei_migrate" => ("migrate", &d.migrate),
        "renkei_verify" => ("verify", &d.verify),
        "renkei_sealer" => ("sealer", &d.sealer),
        other => return Err(Error::Internal(format!("no setting holds a URL for {other}"))),
    };
    if url.is_empty() {
        return Err(Error::Internal(format!("database.{name} is not set")));
    }
    db::address(url).map_err(|error| Error::Internal(format!("database.{name}: {error}")))
}

/// A connection as one of the login roles.
pub async fn connect(config: &Config, name: &str) -> Result<Client> {
    db::Tls::of(&config.database)?.connect(&role(config, name)?).await
}

/// How a command of a few statements reaches the database.
pub fn access(config: &Config) -> Result<Access> {
    if config.data.is_none() {
        return Ok(Access { connections: 2, ..Access::of(&config.database)? });
    }
    Ok(Access {
        app: role(config, "renkei_app")?,
        auth: role(config, "renkei_auth")?,
        job: role(config, "renkei_job")?,
        operator: Some(role(config, "renkei_operator")?),
        family: Some(role(config, "renkei_family")?),
        sealer: Some(role(config, "renkei_sealer")?),
        connections: 2,
        tls: db::Tls::default(),
    })
}
