use std::{
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt,
    path::{Path as FilePath, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_lc_rs::digest::{Context, SHA256};
use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, buffered::BufWriter, local::LocalFileSystem, path::Path};

use super::{Reader, Stored, Writer, format::Cipher, writer::sha256};
use crate::Error;

/// Sealed bytes that one upload holds in memory; what fits is written in one go.
const BUFFER: usize = 4 << 20;

/// A directory of encrypted blobs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    files: Arc<dyn ObjectStore>,
    dir: PathBuf,
}

impl Store {
    /// Opens the directory, making it (for its owner only) if it is not there.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::NoSpace`].
    pub fn open(dir: &FilePath) -> Result<Self, Error> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let files = LocalFileSystem::new_with_prefix(dir)?.with_fsync(true);
        Ok(Self { files: Arc::new(files), dir: dir.to_owned() })
    }

    /// Stores a whole plaintext; see [`Store::writer`].
    ///
    /// # Errors
    /// As [`Store::writer`] and [`Writer::finish`].
    pub async fn put(
        &self,
        key: &str,
        file_key: &[u8; 32],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Stored, Error> {
        let mut writer = self.writer(key, file_key, aad).await?;
        writer.write(plaintext).await?;
        writer.finish().await
    }

    /// Begins a blob. `key` names it in the store: letters, digits, `.`, `_`, `-`, and `/` for folders; it
    /// stands in clear on disk, so it should be an id. `aad` must be given again to read (file id, variant).
    ///
    /// # Errors
    /// [`Error::BadKey`], [`Error::Exists`], [`Error::NoSpace`], [`Error::Io`].
    pub async fn writer(&self, key: &str, file_key: &[u8; 32], aad: &[u8]) -> Result<Writer, Error> {
        let path = path(key)?;
        match self.files.head(&path).await {
            Ok(_) => return Err(Error::Exists),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(other) => return Err(other.into()),
        }
        let out = BufWriter::with_capacity(Arc::clone(&self.files), path, BUFFER).with_max_concurrency(1);
        Writer::begin(Cipher::new(file_key, aad)?, out).await
    }

    /// Opens a blob for reading in ranges or as a stream.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Damaged`], [`Error::Io`].
    pub async fn reader(&self, key: &str, file_key: &[u8; 32], aad: &[u8]) -> Result<Reader, Error> {
        Reader::open(Arc::clone(&self.files), path(key)?, file_key, aad).await
    }

    /// The whole plaintext, in memory.
    ///
    /// # Errors
    /// As [`Store::reader`].
    pub async fn get(&self, key: &str, file_key: &[u8; 32], aad: &[u8]) -> Result<Vec<u8>, Error> {
        let reader = self.reader(key, file_key, aad).await?;
        reader.read_range(0..reader.len()).await
    }

    /// SHA-256 of the stored bytes, computed anew; needs no key.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Io`].
    pub async fn digest(&self, key: &str) -> Result<[u8; 32], Error> {
        let stored = self.files.get(&path(key)?).await?.into_stream();
        let context = stored.try_fold(Context::new(&SHA256), async |mut context, piece| {
            context.update(&piece);
            Ok(context)
        });
        Ok(sha256(context.await?))
    }

    /// Removes a blob, e.g. of an upload that no record came to use.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Io`].
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        Ok(self.files.delete(&path(key)?).await?)
    }

    /// Removes staging files that were last written longer ago than `age`, and says how many. Choose an
    /// age longer than any upload takes.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub async fn sweep(&self, age: Duration) -> Result<usize, Error> {
        let dir = self.dir.clone();
        let before = SystemTime::now() - age;
        let swept = tokio::task::spawn_blocking(move || sweep(&dir, before)).await;
        Ok(swept.map_err(std::io::Error::from)??)
    }
}

fn path(key: &str) -> Result<Path, Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let good =
        key.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && part.chars().all(plain));
    if good { Path::parse(key).map_err(|_| Error::BadKey) } else { Err(Error::BadKey) }
}

/// The store names staging files `target#number`; keys hold no `#`.
fn sweep(dir: &FilePath, before: SystemTime) -> std::io::Result<usize> {
    let mut swept = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            swept += sweep(&entry.path(), before)?;
        } else if entry.file_name().to_string_lossy().contains('#') && entry.metadata()?.modified()? < before
        {
            fs::remove_file(entry.path())?;
            swept += 1;
        }
    }
    Ok(swept)
}
