//! What the checks look at.

use std::path::{Path, PathBuf};

use tokio_postgres::{Client, NoTls};

use crate::{Error, Result, cli::which, config::Config};

/// A deployment seen from the machine that the command runs on.
#[derive(Debug)]
pub struct Site {
    /// As the person named it.
    pub place: PathBuf,
    /// The settings' file; a demo has none.
    pub file: Option<PathBuf>,
    pub config: Result<Config>,
    /// `/`; `etc/` and `proc/` are read below it.
    pub root: PathBuf,
}

impl Site {
    pub fn of(which: &which::Which) -> Self {
        Self { place: which.place(), file: which.file(), config: which.load(), root: PathBuf::from("/") }
    }

    /// The settings, where they could be read. The configuration's own check says why they could not.
    pub fn config(&self) -> Option<&Config> {
        self.config.as_ref().ok()
    }

    pub fn below_root(&self, path: &str) -> PathBuf {
        self.root.join(Path::new(path).strip_prefix("/").unwrap_or(Path::new(path)))
    }

    /// A connection as one of the login roles.
    pub async fn connect(&self, role: &str) -> Result<Client> {
        let config = self.config().ok_or_else(|| Error::Internal("no configuration".into()))?;
        let mut access = which::role(config, role)?;
        access.connect_timeout(std::time::Duration::from_secs(5));
        let (client, connection) = access.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}
