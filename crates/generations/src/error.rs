use std::path::{Path, PathBuf};

/// Why something of a generation could not be written, read or believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A key file that is missing, open to others or malformed.
    #[error("the backup key file {}: {why}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A signed file whose bytes are not those that were signed.
    #[error("{0} was changed after it was signed, or was signed by another key")]
    Forged(String),
    /// A signed file whose content has another form.
    #[error("{0} is not understood")]
    Malformed(String),
    /// A file that should be there.
    #[error("{0} is missing")]
    Missing(String),
    /// A file that was pulled before and now looks otherwise.
    #[error(
        "{0} differs from the copy that the vault took earlier; the copy is kept, the source is not believed"
    )]
    Changed(String),
    /// A store that does not answer or refuses.
    #[error("the store of the backups: {0}")]
    Store(String),
    /// A file or folder could not be worked with.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, Error>;
}

impl<T, E: Into<std::io::Error>> At<T> for Result<T, E> {
    fn at(self, path: &Path) -> Result<T, Error> {
        self.map_err(|error| Error::Io { path: path.to_owned(), source: error.into() })
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { path, .. } => Self::Missing(path),
            other => Self::Store(other.to_string()),
        }
    }
}
