use std::io;
use std::path::PathBuf;

/// Why something sealed does not open. Never says more: not which key, not how much of it was right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Too short, or another form of message than was asked for.
    #[error("this is not a sealed message of the expected form")]
    Malformed,
    /// Another key, another place, or altered bytes.
    #[error("the sealed message does not belong here or was altered")]
    Refused,
    /// Wrapped by a master key that this store does not hold (any more).
    #[error("wrapped by the master key {0}, which is not in the key store")]
    UnknownKey(String),
    /// The key store did not answer; the same call may succeed later.
    #[error("the key store is not available: {0}")]
    Unavailable(String),
}

/// Why a master key file cannot be used. The messages say what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file or its folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Somebody besides the owner may read or write it.
    #[error("{0}: the key file is open to other users (mode {mode:04o}); run: chmod 600 {0}", path.display())]
    LooseMode {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to another user than the one this program runs as.
    #[error("{}: the key file belongs to uid {owner}, but this program runs as uid {me}", path.display())]
    ForeignOwner {
        /// The key file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who we are.
        me: u32,
    },
    /// A folder, a pipe, a device.
    #[error("{}: the key file is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// The text is not that of a key file. Restore it from its backup; nothing opens without it.
    #[error("{}: line {line} is not a key; restore the file from its backup", path.display())]
    Damaged {
        /// The key file.
        path: PathBuf,
        /// The line, from 1; 0 when there is no key at all.
        line: usize,
    },
}
