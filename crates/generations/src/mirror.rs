//! A copy of a folder whose files never change once written. Only folders that were touched since the last look are
//! listed again, so a look costs little however many files there are.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aws_lc_rs::digest::{Context, SHA256};
use futures_util::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::buffered::BufWriter;
use object_store::path::Path as Name;
use tokio::io::AsyncWriteExt;

use crate::error::At;
use crate::{Entry, Error, Store};

/// Folder of the mirror in the repository.
pub(crate) const UPLOADS: &str = "uploads";
/// Bytes that one copy holds in memory.
const BUFFER: usize = 4 << 20;

/// Copies new files of one folder into the repository.
#[derive(Debug)]
pub struct Mirror {
    source: PathBuf,
    store: Store,
    known: HashSet<String>,
    looked: HashMap<PathBuf, SystemTime>,
}

impl Mirror {
    /// Learns what the repository has already.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn open(source: &Path, store: &Store) -> Result<Self, Error> {
        let names = store.list(UPLOADS).await?;
        let known = names.into_iter().map(|(name, _)| below(&name)).collect();
        Ok(Self { source: source.to_owned(), store: store.clone(), known, looked: HashMap::new() })
    }

    /// Copies what is new. Returns how many files.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Store`].
    pub async fn ship(&mut self) -> Result<u64, Error> {
        let (mut todo, mut shipped) = (vec![self.source.clone()], 0);
        while let Some(folder) = todo.pop() {
            let Ok(found) = std::fs::metadata(&folder) else { continue };
            let changed = found.modified().at(&folder)?;
            let mut pending = false;
            for entry in std::fs::read_dir(&folder).at(&folder)?.flatten() {
                let path = entry.path();
                if entry.file_type().at(&path)?.is_dir() {
                    let touched = std::fs::metadata(&path).and_then(|m| m.modified()).at(&path)?;
                    if self.looked.get(&path) != Some(&touched) {
                        todo.push(path);
                    }
                } else if let Some(name) = self.name_of(&path) {
                    shipped += u64::from(self.copy(&path, &name).await?);
                } else {
                    pending = true;
                }
            }
            // A folder with a file that is still being written is looked at again, and so is the top.
            if !pending && folder != self.source {
                self.looked.insert(folder, changed);
            }
        }
        Ok(shipped)
    }

    /// `None` for what is still being written (`target#number`).
    fn name_of(&self, path: &Path) -> Option<String> {
        let name = path.strip_prefix(&self.source).ok()?.to_str()?;
        (!name.contains('#')).then(|| name.to_owned())
    }

    /// Whether it was new. A file that went away meanwhile was of an upload that nothing refers to.
    async fn copy(&mut self, path: &Path, name: &str) -> Result<bool, Error> {
        if self.known.contains(name) {
            return Ok(false);
        }
        let mut from = match tokio::fs::File::open(path).await {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error).at(path),
        };
        let target = Name::from(format!("{UPLOADS}/{name}"));
        let mut out =
            BufWriter::with_capacity(self.store.objects.clone(), target, BUFFER).with_max_concurrency(1);
        tokio::io::copy(&mut from, &mut out).await.at(path)?;
        out.shutdown().await.at(path)?;
        self.known.insert(name.to_owned());
        Ok(true)
    }

    /// Everything that the mirror holds, with the digests of the bytes as they stand in the repository now; `before`
    /// (an earlier list) saves reading again what it names.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn entries(store: &Store, before: &[Entry]) -> Result<Vec<Entry>, Error> {
        let before: HashMap<(&str, u64), &Entry> =
            before.iter().map(|e| ((e.path.as_str(), e.bytes), e)).collect();
        let mut entries = Vec::new();
        for (name, bytes) in store.list(UPLOADS).await? {
            let path = below(&name);
            match before.get(&(path.as_str(), bytes)) {
                Some(&known) => entries.push(known.clone()),
                None => entries.push(Entry { sha256: digest_of(store, &name).await?, path, bytes }),
            }
        }
        Ok(entries)
    }
}

pub(crate) fn below(name: &str) -> String {
    name.strip_prefix(UPLOADS).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name).to_owned()
}

/// SHA-256 of an object, hexadecimal.
pub(crate) async fn digest_of(store: &Store, name: &str) -> Result<String, Error> {
    let mut pieces = store.objects.get(&Name::from(name)).await?.into_stream();
    let mut context = Context::new(&SHA256);
    while let Some(piece) = pieces.try_next().await? {
        context.update(&piece);
    }
    Ok(hex::encode(context.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn new_files_are_copied_once_and_unfinished_ones_when_they_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (source, store) =
            (folder.path().join("blobs"), Store::folder(&folder.path().join("store")).unwrap());
        std::fs::create_dir_all(source.join("7f")).unwrap();
        std::fs::write(source.join("7f/one"), b"1").unwrap();
        std::fs::write(source.join("7f/two#1"), b"2").unwrap();
        let mut mirror = Mirror::open(&source, &store).await.unwrap();
        assert_eq!(mirror.ship().await.unwrap(), 1);
        assert_eq!(mirror.ship().await.unwrap(), 0);
        std::fs::rename(source.join("7f/two#1"), source.join("7f/two")).unwrap();
        assert_eq!(mirror.ship().await.unwrap(), 1);
        assert_eq!(
            Mirror::open(&source, &store).await.unwrap().ship().await.unwrap(),
            0,
            "another start knows"
        );
        let entries = Mirror::entries(&store, &[]).await.unwrap();
        assert_eq!(entries.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(), ["7f/one", "7f/two"]);
        let back = folder.path().join("back");
        assert_eq!(Mirror::bring_back(&store, &back).await.unwrap().written, 2);
        assert_eq!(std::fs::read(back.join("7f/two")).unwrap(), b"2");
    }
}
