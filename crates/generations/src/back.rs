//! Bringing mirrored files back, also where some of them are still there: after a crash of the database alone, or after a
//! restore that was cut off.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use futures_util::TryStreamExt;
use jiff::Timestamp;
use object_store::ObjectStoreExt;
use object_store::path::Path as Name;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::error::At;
use crate::mirror::{UPLOADS, below, digest_of};
use crate::{Error, Mirror, Store};

/// Bytes of a file that are read at once.
const PIECE: usize = 256 << 10;

/// What happened to the files of a mirror that was brought back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// Files that were written.
    pub written: u64,
    /// Files that were there already, byte for byte.
    pub kept: u64,
    /// Where files are now that had a name of the mirror and another content.
    pub aside: Vec<PathBuf>,
}

impl Mirror {
    /// Brings files of the repository back into a folder. A file that is there and the same is kept; one that differs is
    /// put aside beside the folder (`FOLDER.replaced-SECONDS/`), never removed.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Io`]. Everything that has its final name is whole, so another try goes on from there.
    pub async fn bring_back(store: &Store, into: &Path) -> Result<Brought, Error> {
        let aside = into.with_extension(format!("replaced-{}", Timestamp::now().as_second()));
        let mut brought = Brought::default();
        for (name, bytes) in store.list(UPLOADS).await? {
            let target = into.join(below(&name));
            let there = tokio::fs::try_exists(&target).await.at(&target)?;
            if there && same(store, &name, bytes, &target).await? {
                brought.kept += 1;
                continue;
            }
            let fresh = fetch(store, &name, &target).await?;
            if there {
                brought.aside.push(put_aside(&target, &aside.join(below(&name))).await?);
            }
            tokio::fs::rename(&fresh, &target).await.at(&target)?;
            brought.written += 1;
        }
        Ok(brought)
    }
}

async fn same(store: &Store, name: &str, bytes: u64, target: &Path) -> Result<bool, Error> {
    let found = tokio::fs::metadata(target).await.at(target)?;
    Ok(found.is_file()
        && found.len() == bytes
        && file_digest(target).await? == digest_of(store, name).await?)
}

async fn file_digest(path: &Path) -> Result<String, Error> {
    let mut file = tokio::fs::File::open(path).await.at(path)?;
    let (mut context, mut piece) = (Context::new(&SHA256), vec![0; PIECE]);
    loop {
        match file.read(&mut piece).await.at(path)? {
            0 => return Ok(hex::encode(context.finish())),
            read => context.update(&piece[..read]),
        }
    }
}

/// Writes a copy beside the target, under a name that counts as unfinished (`target#0`) to the mirror and to the sweep.
async fn fetch(store: &Store, name: &str, target: &Path) -> Result<PathBuf, Error> {
    if let Some(folder) = target.parent() {
        tokio::fs::create_dir_all(folder).await.at(folder)?;
    }
    let mut fresh = target.as_os_str().to_owned();
    fresh.push("#0");
    let fresh = PathBuf::from(fresh);
    let mut from = store.objects.get(&Name::from(name)).await?.into_stream();
    let mut file = tokio::fs::File::create(&fresh).await.at(&fresh)?;
    while let Some(piece) = from.try_next().await? {
        file.write_all(&piece).await.at(&fresh)?;
    }
    file.sync_all().await.at(&fresh)?;
    Ok(fresh)
}

/// Moves, or copies where the folder is a disk of its own.
async fn put_aside(target: &Path, aside: &Path) -> Result<PathBuf, Error> {
    if let Some(folder) = aside.parent() {
        tokio::fs::create_dir_all(folder).await.at(folder)?;
    }
    if tokio::fs::rename(target, aside).await.is_err() {
        tokio::fs::copy(target, aside).await.at(aside)?;
    }
    Ok(aside.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_that_are_left_are_kept_half_ones_replaced_and_other_ones_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::folder(&folder.path().join("store")).unwrap();
        for (name, text) in
            [("7f/left", "whole"), ("7f/half", "whole"), ("7f/other", "whole"), ("8a/gone", "x")]
        {
            store.put(&format!("uploads/{name}"), text.into()).await.unwrap();
        }
        let back = folder.path().join("blobs");
        std::fs::create_dir_all(back.join("7f")).unwrap();
        // A file that survived, one cut off under its temporary name and under its own, one of the same length.
        for (name, text) in [
            ("7f/left", "whole"),
            ("7f/half#0", "longer than whole"),
            ("7f/half", "wh"),
            ("7f/other", "OTHER"),
        ] {
            std::fs::write(back.join(name), text).unwrap();
        }
        let brought = Mirror::bring_back(&store, &back).await.unwrap();
        assert_eq!((brought.written, brought.kept, brought.aside.len()), (3, 1, 2));
        for name in ["7f/left", "7f/half", "7f/other"] {
            assert_eq!(std::fs::read(back.join(name)).unwrap(), b"whole", "{name}");
        }
        assert!(!back.join("7f/half#0").exists());
        let aside: Vec<_> = brought.aside.iter().map(|path| std::fs::read(path).unwrap()).collect();
        assert_eq!(aside, [b"wh".to_vec(), b"OTHER".to_vec()], "nothing is lost");
        let again = Mirror::bring_back(&store, &back).await.unwrap();
        assert_eq!(again, Brought { kept: 4, ..Brought::default() }, "another try finds everything there");
    }
}
