//! Everything that can go wrong, in words that tell an operator what to do next.

use std::path::{Path, PathBuf};

/// Why a cluster could not be started, found or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No server of version 15 or newer is installed.
    #[error(
        "no PostgreSQL server of version 15 or newer was found in /usr/lib/postgresql/*/bin or through \
         pg_config; on Debian: apt-get install postgresql"
    )]
    NoServer,
    /// The cluster was made by a major version that is not installed, or is too old to run.
    #[error(
        "the cluster in {} belongs to PostgreSQL {found}, but the usable servers here are: {installed:?}. \
         Install the package postgresql-{found}, or move the data with pg_upgrade (15 or newer is needed)",
        cluster.display()
    )]
    ForeignVersion {
        /// The cluster's folder.
        cluster: PathBuf,
        /// The major version in its `PG_VERSION`.
        found: u32,
        /// The installed major versions, 15 and newer, newest first.
        installed: Vec<u32>,
    },
    /// `cluster/` holds something that is not a PostgreSQL data directory.
    #[error("{} is not empty and not a PostgreSQL cluster; choose another data folder", .0.display())]
    NotACluster(PathBuf),
    /// The cluster belongs to an OS user that the server cannot run as.
    #[error(
        "{} belongs to the OS user id {owner}, so the server cannot run as {expected}; \
         start the program as that user, or: chown -R {expected} {}", cluster.display(), cluster.display()
    )]
    WrongOwner {
        /// The cluster's folder.
        cluster: PathBuf,
        /// The OS user id that owns it.
        owner: u32,
        /// The OS user that the server would run as.
        expected: String,
    },
    /// The server's OS user cannot pass through a folder above the data.
    #[error(
        "the server runs as the OS user {user}, who cannot pass through {}; \
         choose a data folder elsewhere (such as one under /var/lib), or: chmod o+x {}",
        folder.display(), folder.display()
    )]
    NotTraversable {
        /// The folder that stops it.
        folder: PathBuf,
        /// The OS user that the server runs as.
        user: String,
    },
    /// Another program manages the cluster.
    #[error(
        "another program{} manages the cluster in {}; stop it first or choose another data folder",
        holder.map(|pid| format!(" (process {pid})")).unwrap_or_default(), data.display()
    )]
    Locked {
        /// The data folder.
        data: PathBuf,
        /// The process id that the holder wrote down, if it could be read.
        holder: Option<u32>,
    },
    /// No socket path short enough for the operating system could be found.
    #[error("no folder for the socket: {} is too long and none could be made in /tmp", .0.display())]
    SocketPath(PathBuf),
    /// An OS user without a name: peer authentication cannot work for it.
    #[error("the OS user id {0} has no name (no entry in passwd), which PostgreSQL needs")]
    NamelessUser(u32),
    /// A role or an OS user whose name could not be written into the ident map safely.
    #[error("the name {0:?} may hold only letters, digits, '_', '-', '.' and '$' to be used in an ident map")]
    UnsafeName(String),
    /// A setting with a malformed name, or a value with control characters.
    #[error("the setting {0:?} has a malformed name or value")]
    BadSetting(String),
    /// A setting that would change who can reach the server or where it lives.
    #[error("the setting {0:?} is fixed: the cluster is reached through its private socket alone")]
    FixedSetting(String),
    /// A tool ran and failed.
    #[error("{tool} failed: {output}")]
    Tool {
        /// The program's name.
        tool: &'static str,
        /// What it wrote to its error output.
        output: String,
    },
    /// The server ended before it answered.
    #[error("the database server did not start; the end of {}:\n{tail}", log.display())]
    DidNotStart {
        /// The server's log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The server lives but neither answers nor ends, or its processes do not go away.
    #[error("the database server (process {pid}) does not {what}; see {}", log.display())]
    Stuck {
        /// The process that is stuck.
        pid: u32,
        /// What it was asked to do.
        what: &'static str,
        /// The server's log file.
        log: PathBuf,
    },
    /// Something answers on the socket, but it serves another data directory.
    #[error("the server on the socket serves {actual}, not {}", expected.display())]
    Stranger {
        /// The data directory that was expected.
        expected: PathBuf,
        /// The data directory that the server reported.
        actual: String,
    },
    /// The server answered and refused us.
    #[error("the database server refused the connection: {0}")]
    Refused(#[source] tokio_postgres::Error),
    /// A file or process could not be worked with.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file, folder or program.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

/// Names the file in an I/O error.
pub(crate) trait At<T> {
    /// Turns an I/O error into [`Error::Io`] with this path.
    fn at(self, path: &Path) -> Result<T, Error>;
}

impl<T, E: Into<std::io::Error>> At<T> for Result<T, E> {
    fn at(self, path: &Path) -> Result<T, Error> {
        self.map_err(|error| Error::Io { path: path.to_owned(), source: error.into() })
    }
}
