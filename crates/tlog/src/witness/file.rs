use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Head, Memory, Put};
use crate::checkpoint::decimal;
use crate::{Hash, durable};

const HEADING: &str = "renkei/witness/v1";

/// A [`Memory`] in one small file (0600), replaced as a whole and on the disk before a `put` returns.
///
/// ```text
/// renkei/witness/v1
/// origin                      three lines for each log, by origin
/// size
/// root, base64
/// sum base64                  SHA-256 of all bytes before this line
/// ```
#[derive(Debug)]
pub struct FileMemory {
    path: PathBuf,
}

/// Why the memory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The disk. A missing file is such an error too: where there was a witness, it is a loss.
    #[error("{}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What.
        source: io::Error,
    },
    /// Not what was written. A witness must not begin anew: it would cosign a fork.
    #[error("{}: what this witness remembers is damaged; bring back the newest copy, or retire its key", .0.display())]
    Damaged(PathBuf),
}

type Heads = BTreeMap<String, Head>;

impl FileMemory {
    /// A new witness's memory, which knows no log yet. The folder must exist.
    ///
    /// # Errors
    /// [`FileError::Io`], also if the file is there already.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, FileError> {
        let memory = Self { path: path.into() };
        let made = || {
            let _alone = durable::lock(durable::folder_of(&memory.path))?;
            if fs::exists(&memory.path)? {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            memory.write(&Heads::new())
        };
        made().map_err(|source| memory.failed(source))?;
        Ok(memory)
    }

    /// The memory of a witness that has been at work.
    ///
    /// # Errors
    /// [`FileError::Io`] if it is not there, [`FileError::Damaged`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, FileError> {
        let memory = Self { path: path.into() };
        memory.heads()?;
        Ok(memory)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All logs that are remembered.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn heads(&self) -> Result<BTreeMap<String, Head>, FileError> {
        let bytes = fs::read(&self.path).map_err(|source| self.failed(source))?;
        read(&bytes).ok_or_else(|| FileError::Damaged(self.path.clone()))
    }

    fn failed(&self, source: io::Error) -> FileError {
        FileError::Io { path: self.path.clone(), source }
    }

    /// Only under the folder's lock.
    fn write(&self, heads: &Heads) -> io::Result<()> {
        let text = print(heads);
        if read(text.as_bytes()).is_none() {
            // An origin of several lines: it could not be read again.
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        durable::put(&self.path.with_file_name(name), &self.path, text.as_bytes(), 0o600)?;
        durable::sync(durable::folder_of(&self.path))
    }
}

impl Memory for FileMemory {
    type Error = FileError;

    fn get(&self, origin: &str) -> Result<Option<Head>, FileError> {
        Ok(self.heads()?.get(origin).copied())
    }

    fn put(&self, origin: &str, known: Option<Head>, next: Head) -> Result<Put, FileError> {
        let folder = durable::folder_of(&self.path);
        let _alone = durable::lock(folder).map_err(|source| self.failed(source))?;
        let mut heads = self.heads()?;
        let at = heads.get(origin).copied();
        if at == Some(next) {
            return Ok(Put::Kept);
        }
        match at {
            Some(head) if known != at || next.size <= head.size => return Ok(Put::Outrun(head)),
            // Forgotten meanwhile: whatever the caller compared with is not here.
            None if known.is_some() => return Err(FileError::Damaged(self.path.clone())),
            _ => {}
        }
        heads.insert(origin.to_owned(), next);
        self.write(&heads).map_err(|source| self.failed(source))?;
        Ok(Put::Kept)
    }
}

fn print(heads: &Heads) -> String {
    let mut text = format!("{HEADING}\n");
    for (origin, head) in heads {
        text += &format!("{origin}\n{}\n{}\n", head.size, head.root);
    }
    let sum = Hash::sha256(text.as_bytes());
    text + &format!("sum {sum}\n")
}

fn read(bytes: &[u8]) -> Option<Heads> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.lines();
    let mut heads = Heads::new();
    (lines.next()? == HEADING).then_some(())?;
    loop {
        let origin = lines.next()?;
        let Some(size) = lines.next() else { break };
        let head = Head { size: decimal(size)?, root: lines.next()?.parse().ok()? };
        heads.insert(origin.to_owned(), head);
    }
    // The sum, the order and every character: there is one file for what is remembered.
    (print(&heads) == text).then_some(heads)
}
