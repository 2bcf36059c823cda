//! What can go wrong, in words that tell an operator what to do next.

use std::path::PathBuf;

/// Why a backup or restore did not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The tool is not installed.
    #[error("pgBackRest is not installed; on Debian: apt-get install pgbackrest")]
    NotInstalled,
    /// A path that cannot be written into the configuration or a shell command.
    #[error("the path {} cannot be used for backups: it must be absolute, without quotes, % and control characters", .0.display())]
    BadPath(PathBuf),
    /// A value with a line break.
    #[error("the value of {0} has a line break or a control character in it")]
    BadSetting(String),
    /// An answer of the tool that this program does not understand.
    #[error("pgBackRest's answer to {0} is not understood; is its version 2.45 or newer?")]
    Unreadable(&'static str),
    /// No generation is there, or none that is old enough for the wanted time.
    #[error("there is no backup to restore from: {0}")]
    NoBackup(String),
    /// The pass does not open the repository.
    #[error(
        "the backup key does not open this repository: it is the wrong key, or the repository's own index is damaged ({0})"
    )]
    WrongKey(String),
    /// Bytes in the repository are not those that were written.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// A file of the repository is gone.
    #[error("a file of the backup is missing: {0}")]
    Missing(String),
    /// Another run holds the lock.
    #[error("another backup is running; wait until it has ended")]
    Busy,
    /// The server's log does not arrive.
    #[error(
        "the database's log does not arrive in the repository: {0}. Is archive_mode on, and has the database been restarted since?"
    )]
    NotArchived(String),
    /// The database cannot be asked.
    #[error("pgBackRest cannot reach the database: {0}")]
    NoDatabase(String),
    /// The repository belongs to another cluster.
    #[error("the repository belongs to another database cluster: {0}")]
    OtherCluster(String),
    /// The store of the repository cannot be reached or refuses.
    #[error("the store of the backups cannot be used: {0}")]
    Store(String),
    /// Anything else that the tool said.
    #[error("pgBackRest {command} failed ({code}): {message}")]
    Tool {
        /// What it was asked to do.
        command: &'static str,
        /// Its exit code.
        code: i32,
        /// Its own words.
        message: String,
    },
    /// A file or process could not be worked with.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file, folder or program.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A folder of the cluster's owner could not be made.
    #[error(transparent)]
    Folder(#[from] private_postgres::Error),
}

impl Error {
    /// A short, stable word for tables and tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotInstalled => "not_installed",
            Self::BadPath(_) | Self::BadSetting(_) => "bad_setting",
            Self::Unreadable(_) | Self::Tool { .. } => "tool",
            Self::NoBackup(_) => "no_backup",
            Self::WrongKey(_) => "wrong_key",
            Self::Damaged(_) => "damaged",
            Self::Missing(_) => "missing",
            Self::Busy => "busy",
            Self::NotArchived(_) => "not_archived",
            Self::NoDatabase(_) => "no_database",
            Self::OtherCluster(_) => "other_cluster",
            Self::Store(_) => "store",
            Self::Io { .. } | Self::Folder(_) => "files",
        }
    }

    /// Reads pgBackRest's exit code (its error numbers) and the lines that it wrote.
    pub(crate) fn of_tool(command: &'static str, code: i32, output: &str) -> Self {
        let message = message(output);
        let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
        match code {
            95 => Self::WrongKey(message),
            _ if has(&["unable to load info file", "cipher header invalid", "unable to flush"])
                && has(&["CryptoError", "cipher"]) =>
            {
                Self::WrongKey(message)
            }
            // Checksum, format, and what a decompressor says about bytes that are not its own.
            26 | 29 => Self::Damaged(message),
            _ if has(&[
                "does not match expected checksum",
                "zst error",
                "invalid checksum",
                "actual checksum",
                "FormatError",
            ]) =>
            {
                Self::Damaged(message)
            }
            50 => Self::Busy,
            55 => Self::Missing(message),
            75 => Self::NoBackup(message),
            56 | 57 => Self::NoDatabase(message),
            82 => Self::NotArchived(message),
            28 | 51 => Self::OtherCluster(message),
            39 | 49 | 101 | 102 => Self::Store(message),
            _ => Self::Tool { command, code, message },
        }
    }
}

/// The error lines without time and process, one after the other.
fn message(output: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in output.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let line = line.split_once("ERROR: ").map_or(line, |(_, rest)| rest);
        let line = line.strip_prefix("HINT: ").unwrap_or(line);
        if !line.starts_with("WARN") && !line.contains("P00   WARN") && !lines.contains(&line) {
            lines.push(line);
        }
    }
    let mut text = lines.join("; ");
    if text.len() > 700 {
        text.truncate(text.floor_char_boundary(700));
        text.push('…');
    }
    text
}
