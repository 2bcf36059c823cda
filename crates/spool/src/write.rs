use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use envelope::DataKey;
use uuid::Uuid;

use crate::{EXTENSION, Error, LINK, Link, MAGIC, MOST, place, sha256};

/// A spool that takes notes.
#[derive(Debug)]
pub struct Writer {
    file: File,
    path: PathBuf,
    id: Uuid,
    key: DataKey,
    link: Link,
    notes: u64,
    failed: bool,
}

impl Writer {
    /// A new spool in `folder` (file 0600), sealed with `key`; `wrapped` is the key as only the deployment can unwrap it.
    /// On the disk, name included, when this returns.
    pub fn create(folder: &Path, id: Uuid, key: DataKey, wrapped: &[u8]) -> Result<Self, Error> {
        let length = u16::try_from(wrapped.len()).map_err(|_| Error::TooLarge)?.to_be_bytes();
        let head = [MAGIC, id.as_bytes(), &length, wrapped].concat();
        let path = folder.join(format!("{}.{EXTENSION}", id.simple()));
        let mut file = OpenOptions::new().create_new(true).append(true).mode(0o600).open(&path)?;
        file.write_all(&head)?;
        file.sync_all()?;
        File::open(folder)?.sync_all()?;
        Ok(Self { file, path, id, key, link: sha256(&[&head]), notes: 0, failed: false })
    }

    /// Adds a note. When this returns it is on the disk; after an error nothing more is taken.
    pub fn append(&mut self, note: &str) -> Result<(), Error> {
        if self.failed {
            return Err(Error::Closed);
        }
        let sealed = envelope::seal_text(&self.key, &place(self.id, self.notes), "note", note);
        if sealed.len() > MOST {
            return Err(Error::TooLarge);
        }
        let length = u32::try_from(sealed.len()).map_err(|_| Error::TooLarge)?.to_be_bytes();
        let link = sha256(&[LINK, &self.link, &sealed]);
        let written =
            self.file.write_all(&[&length[..], &sealed, &link].concat()).and_then(|()| self.file.sync_data());
        self.failed = written.is_err();
        written?;
        self.link = link;
        self.notes += 1;
        Ok(())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
