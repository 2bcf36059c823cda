//! Drives the installed [pgBackRest](https://pgbackrest.org) for one cluster and one repository.
//!
//! Any user may run it for a cluster of their own; a root program runs it as the cluster's owner. The repository is
//! encrypted (AES-256-CBC, by pgBackRest) with a pass that stands in the configuration file (0600, the owner's alone),
//! because the server's `archive_command` needs it. Files are compressed (zstd) and bundled.
//!
//! pgBackRest's own `verify` ends with 0 on corruption, so this crate does not offer it: what proves a backup is
//! restoring it.
//!
//! ```text
//! work/                 the owner's, 0700
//!   pgbackrest.conf     every setting, with the pass
//!   log/ lock/ spool/
//! repository/           pgBackRest's own layout: archive/, backup/
//! ```

mod config;
mod error;
mod info;
mod run;
mod segments;

use std::path::PathBuf;

use private_postgres::OsUser;
use zeroize::Zeroizing;

pub use error::Error;
pub use info::{Archive, Generation, Info};
pub use run::{Engine, Target, installed_version, server_settings};
pub use segments::Gap;

/// The name that the cluster has in the repository.
pub const STANZA: &str = "renkei";

/// One cluster, one repository.
#[derive(Debug, Clone)]
pub struct Options {
    /// The PostgreSQL data directory; where a restore goes.
    pub cluster: PathBuf,
    /// The folder of the server's socket.
    pub socket: PathBuf,
    /// The number at the end of the socket's name.
    pub port: u16,
    /// Configuration, logs, locks.
    pub work: PathBuf,
    /// Where the backups are.
    pub repository: Repository,
    /// The repository's pass.
    pub pass: Pass,
    /// Full backups that are kept, with the log from the oldest on.
    pub generations: u32,
    /// The cluster's owner.
    pub owner: OsUser,
}

/// Where the backups are.
#[derive(Debug, Clone)]
pub enum Repository {
    /// A folder, the owner's.
    Folder(PathBuf),
    /// A bucket. Path-style addresses, TLS.
    S3(S3),
}

/// A bucket in an S3-compatible store.
#[derive(Debug, Clone)]
pub struct S3 {
    /// `host` or `host:port`.
    pub endpoint: String,
    /// Name of the bucket.
    pub bucket: String,
    /// Region, as the store calls it.
    pub region: String,
    /// Folder in the bucket, beginning with `/`.
    pub folder: String,
    /// Access key.
    pub key: String,
    /// Secret key.
    pub secret: Pass,
    /// Certificates of a private authority.
    pub ca_file: Option<PathBuf>,
}

/// A secret text: wiped when dropped, never printed.
#[derive(Clone)]
pub struct Pass(Zeroizing<String>);

impl Pass {
    /// Takes a secret over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pass(…)")
    }
}
