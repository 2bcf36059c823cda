use std::io;

/// Everything that can go wrong in this crate. The texts never hold a file name, a path or content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The upload has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The upload is longer than the caller allows.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The limit that was passed in, in bytes.
        limit: u64,
    },
    /// The picture would need too much memory once unpacked.
    #[error("the picture has more than {limit} pixels")]
    TooManyPixels {
        /// The limit that was passed in: width times height.
        limit: u64,
    },
    /// The file ends too early or does not follow its own format.
    #[error("the file is damaged or incomplete")]
    Broken,
    /// A picture format this crate cannot re-encode.
    #[error("this picture format is not supported")]
    Unsupported,
    /// A program that makes previews is not installed, or no limited child process can be started.
    #[error("{tool} is not available")]
    ToolMissing {
        /// The program's name.
        tool: &'static str,
    },
    /// A program ended with a failure or left no output.
    #[error("{tool} could not read the file")]
    ToolFailed {
        /// The program's name.
        tool: &'static str,
    },
    /// A program was killed because it used up its time.
    #[error("{tool} took too long")]
    ToolTimedOut {
        /// The program's name.
        tool: &'static str,
    },
    /// A storage key with characters other than `A-Z a-z 0-9 . _ - /`, or an empty or dotted segment.
    #[error("the storage key is not well formed")]
    BadKey,
    /// Nothing is stored under the key.
    #[error("no such blob")]
    NotFound,
    /// Something is already stored under the key; blobs are written once.
    #[error("the blob exists already")]
    Exists,
    /// Stored bytes were cut, changed, swapped or reordered, or key or associated data are not theirs.
    #[error("the stored bytes do not authenticate")]
    Damaged,
    /// A byte range that does not lie inside the plaintext.
    #[error("the range lies outside the blob")]
    BadRange,
    /// The disk or the quota is used up. Nothing was stored.
    #[error("no space left for the file")]
    NoSpace,
    /// Any other failure of the operating system.
    #[error("storage failed: {0}")]
    Io(io::ErrorKind),
}

impl Error {
    /// Finds the operating system's reason below any wrapping error; the wrapping texts hold paths
    /// and are dropped here.
    pub(crate) fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut cause = Some(error);
        let mut kind = io::ErrorKind::Other;
        while let Some(error) = cause {
            if let Some(io) = error.downcast_ref::<io::Error>() {
                kind = io.kind();
            }
            cause = error.source();
        }
        Self::of_kind(kind)
    }

    fn of_kind(kind: io::ErrorKind) -> Self {
        match kind {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace,
            kind => Self::Io(kind),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::of(&error)
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound,
            object_store::Error::AlreadyExists { .. } => Self::Exists,
            object_store::Error::InvalidPath { .. } => Self::BadKey,
            other => Self::of(&other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_found_below_wrapping_errors() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let wrapped = object_store::Error::Generic { store: "test", source: Box::new(full) };
        assert_eq!(Error::from(wrapped), Error::NoSpace);
    }

    #[test]
    fn texts_hold_no_path() {
        let source = io::Error::new(io::ErrorKind::PermissionDenied, "open /secret/place");
        assert_eq!(Error::from(source).to_string(), "storage failed: permission denied");
    }
}
