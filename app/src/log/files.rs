//! The log's folder: reading and writing it off the async threads, and what its faults mean.

use std::path::{Path, PathBuf};

use tlog::{
    Frontier, Hash,
    note::VerifyKey,
    tiles::{self, Folder},
};

use super::store::Finding;
use crate::{Error, Result, whole_file::write_whole};

/// Why the log does not go on.
#[derive(Debug)]
pub enum Stop {
    /// Something was altered: nothing is signed until a person has looked.
    Altered(Finding),
    /// The database or the disk: it is tried again.
    Fault(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Fault(error)
    }
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Altered(finding) => {
                Self::Internal(format!("the log is not signed: {} (docs/operations/log.md)", finding.what))
            }
            Stop::Fault(error) => error,
        }
    }
}

/// What the tiles' own error means for the log.
pub fn meaning(error: tiles::Error) -> Stop {
    match error {
        tiles::Error::Missing(_)
        | tiles::Error::Altered(_)
        | tiles::Error::Conflict(_)
        | tiles::Error::NotThisTree => {
            tracing::error!(%error, "the log's tiles are not what was signed");
            Stop::Altered(Finding::of_the_tree("tiles"))
        }
        other => Stop::Fault(Error::internal(other)),
    }
}

/// Work on the disk, or much hashing, where no request waits for it.
pub async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

pub async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, tiles::Error> + Send + 'static,
) -> Result<T, Stop> {
    beside(work).await?.map_err(meaning)
}

pub async fn open_folder(path: PathBuf) -> Result<Folder, Stop> {
    on_disk(move || Folder::open(path)).await
}

/// The bytes that are published now.
pub async fn published(folder: &Folder) -> Result<Option<Vec<u8>>, Stop> {
    let reader = folder.clone();
    on_disk(move || reader.checkpoint()).await
}

/// Whether the tiles after `from` are on this disk already and make up a tree: read, and not made again.
pub async fn holds(
    folder: &Folder,
    from: &Frontier,
    size: u64,
    root: Hash,
) -> Result<Result<Frontier, tiles::Error>> {
    let (reader, from) = (folder.clone(), from.clone());
    beside(move || reader.read_back(&from, size, &root)).await
}

/// Moves what was written after `size` leaves and never signed out of the way.
pub async fn leave_unsigned(folder: &Folder, size: u64) -> Result<(), Stop> {
    let writer = folder.clone();
    on_disk(move || writer.leave_after(size)).await
}

/// Beside the tiles, for whoever wants to check them.
pub async fn publish_key(folder: &Path, key: &VerifyKey) -> Result<()> {
    let (path, text) = (folder.join("key"), format!("{key}\n"));
    if tokio::fs::read_to_string(&path).await.is_ok_and(|there| there == text) {
        return Ok(());
    }
    beside(move || write_whole(&path, text.as_bytes())).await?.map_err(Error::internal)
}

/// Where the files of the log before number `epoch` are kept. What was begun and cut off there is gone on with; what is whole stays.
pub fn aside(folder: &Path, epoch: i32) -> PathBuf {
    let name =
        |n: u32| folder.join(if n == 0 { format!("before-{epoch}") } else { format!("before-{epoch}-{n}") });
    (0..).map(name).find(|path| !path.join("checkpoint").exists()).unwrap_or_else(|| name(0))
}

/// Moves the files of the log before this one aside, the checkpoint last: cut off anywhere, it is done to its end at the next start, and not again after
/// that. The folder itself stays
/// where it is: it may be a disk of its own.
pub async fn set_aside(folder: &Path, epoch: i32) -> Result<()> {
    let (from, to) = (folder.to_owned(), aside(folder, epoch));
    let moved = move || {
        std::fs::create_dir_all(&to)?;
        for name in ["tile", "key", "checkpoint"] {
            match std::fs::rename(from.join(name), to.join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => std::fs::File::open(&to)?.sync_all()?,
            }
        }
        std::fs::File::open(&from)?.sync_all()
    };
    beside(moved).await?.map_err(Error::internal)
}
