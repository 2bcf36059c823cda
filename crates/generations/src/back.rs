//! Bringing mirrored files back, also where some of them are still there: after a crash of the database alone, or after a
//! restore that was cut off.

use std::fs::FileType;
use std::io::ErrorKind;
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
    /// Where files are that have a name of the mirror and another content.
    pub others: Vec<PathBuf>,
    /// What was not taken along, because it is neither a file nor a folder: a link could lead anywhere.
    pub left_out: Vec<PathBuf>,
}

impl Mirror {
    /// Brings files of the repository back into a folder. A file that is there and the same is kept; one that differs is
    /// put aside beside the folder (`FOLDER.replaced-SECONDS/`), never removed; so is a link, which is never followed.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Io`]. Everything that has its final name is whole, so another try goes on from there.
    pub async fn bring_back(store: &Store, into: &Path) -> Result<Brought, Error> {
        let aside = into.with_extension(format!("replaced-{}", Timestamp::now().as_second()));
        let mut brought = Brought::default();
        for (name, bytes) in store.list(UPLOADS).await? {
            let target = into.join(below(&name));
            if let Some(other) = in_the_way(into, &target)? {
                let name = other.strip_prefix(into).unwrap_or(&other);
                brought.others.push(put_aside(&other, &aside.join(name)).await?);
            }
            let there = kind(&target)?.is_some();
            if there && same(store, &name, bytes, &target).await? {
                brought.kept += 1;
                continue;
            }
            let fresh = fetch(store, &name, &target).await?;
            if there {
                brought.others.push(put_aside(&target, &aside.join(below(&name))).await?);
            }
            tokio::fs::rename(&fresh, &target).await.at(&target)?;
            brought.written += 1;
        }
        Ok(brought)
    }

    /// Makes a new folder with every file of the repository and whatever else `present` has, which is only read: what is
    /// the same there is linked (copied, where it is another disk), the others are fetched. So a result can be looked at
    /// before anything takes the place of anything.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Io`].
    pub async fn gather(store: &Store, present: &Path, into: &Path) -> Result<Brought, Error> {
        let mut brought = Brought::default();
        tokio::fs::create_dir_all(into).await.at(into)?;
        for (name, bytes) in store.list(UPLOADS).await? {
            let (here, target) = (present.join(below(&name)), into.join(below(&name)));
            let there = is_own_file(present, &here)?;
            if there && same(store, &name, bytes, &here).await? {
                take_along(&here, &target).await?;
                brought.kept += 1;
                continue;
            }
            let fresh = fetch(store, &name, &target).await?;
            tokio::fs::rename(&fresh, &target).await.at(&target)?;
            brought.written += 1;
            if there {
                brought.others.push(here);
            }
        }
        the_rest(present, into, &mut brought).await?;
        Ok(brought)
    }
}

/// What is at a path itself, without following a link; `None`: nothing.
fn kind(path: &Path) -> Result<Option<FileType>, Error> {
    match std::fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found.file_type())),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error).at(path),
    }
}

/// The folders between `root` and what lies in it, `root` itself not among them.
fn between<'a>(root: &'a Path, path: &'a Path) -> impl Iterator<Item = &'a Path> {
    path.ancestors().skip(1).take_while(move |folder| *folder != root && folder.starts_with(root))
}

/// Whether a file really lies in a real folder: neither it nor what leads to it is a link.
fn is_own_file(root: &Path, path: &Path) -> Result<bool, Error> {
    for folder in between(root, path).chain([root]) {
        if !kind(folder)?.is_some_and(|kind| kind.is_dir()) {
            return Ok(false);
        }
    }
    Ok(kind(path)?.is_some_and(|kind| kind.is_file()))
}

/// What stands where the way to a file needs a folder: a link to one is none.
fn in_the_way(root: &Path, path: &Path) -> Result<Option<PathBuf>, Error> {
    for folder in between(root, path) {
        if kind(folder)?.is_some_and(|kind| !kind.is_dir()) {
            return Ok(Some(folder.to_owned()));
        }
    }
    Ok(None)
}

/// Whole files that the repository does not have.
async fn the_rest(present: &Path, into: &Path, brought: &mut Brought) -> Result<(), Error> {
    match kind(present)? {
        None => return Ok(()),
        Some(kind) if !kind.is_dir() => {
            brought.left_out.push(present.to_owned());
            return Ok(());
        }
        Some(_) => {}
    }
    let mut todo = vec![present.to_owned()];
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(&folder).at(&folder)? {
            let path = entry.at(&folder)?.path();
            let Ok(name) = path.strip_prefix(present) else { continue };
            let (whole, target) = (!name.to_string_lossy().contains('#'), into.join(name));
            let wanted = whole && kind(&target)?.is_none();
            match kind(&path)? {
                Some(kind) if kind.is_dir() => todo.push(path),
                Some(kind) if !kind.is_file() => brought.left_out.push(path),
                Some(_) if wanted => {
                    take_along(&path, &target).await?;
                    brought.kept += 1;
                }
                Some(_) | None => {}
            }
        }
    }
    Ok(())
}

/// Links, or copies where the two are on different disks.
async fn take_along(from: &Path, to: &Path) -> Result<(), Error> {
    if let Some(folder) = to.parent() {
        tokio::fs::create_dir_all(folder).await.at(folder)?;
    }
    if tokio::fs::hard_link(from, to).await.is_err() {
        tokio::fs::copy(from, to).await.at(to)?;
    }
    Ok(())
}

async fn same(store: &Store, name: &str, bytes: u64, target: &Path) -> Result<bool, Error> {
    let found = tokio::fs::symlink_metadata(target).await.at(target)?;
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
    // Of a try that was cut off, or planted: a link of this name must not be written through.
    if kind(&fresh)?.is_some() {
        tokio::fs::remove_file(&fresh).await.at(&fresh)?;
    }
    let mut file =
        tokio::fs::OpenOptions::new().write(true).create_new(true).open(&fresh).await.at(&fresh)?;
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
    if tokio::fs::rename(target, aside).await.is_ok() {
        return Ok(aside.to_owned());
    }
    if kind(target)?.is_some_and(|kind| kind.is_symlink()) {
        let leads_to = tokio::fs::read_link(target).await.at(target)?;
        tokio::fs::symlink(leads_to, aside).await.at(aside)?;
        tokio::fs::remove_file(target).await.at(target)?;
    } else {
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
        assert_eq!((brought.written, brought.kept, brought.others.len()), (3, 1, 2));
        for name in ["7f/left", "7f/half", "7f/other"] {
            assert_eq!(std::fs::read(back.join(name)).unwrap(), b"whole", "{name}");
        }
        assert!(!back.join("7f/half#0").exists());
        let aside: Vec<_> = brought.others.iter().map(|path| std::fs::read(path).unwrap()).collect();
        assert_eq!(aside, [b"wh".to_vec(), b"OTHER".to_vec()], "nothing is lost");
        let again = Mirror::bring_back(&store, &back).await.unwrap();
        assert_eq!(again, Brought { kept: 4, ..Brought::default() }, "another try finds everything there");
    }

    #[tokio::test]
    async fn gathering_touches_nothing_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::folder(&folder.path().join("store")).unwrap();
        for (name, text) in [("7f/same", "whole"), ("7f/other", "theirs"), ("8a/gone", "x")] {
            store.put(&format!("uploads/{name}"), text.into()).await.unwrap();
        }
        let (present, into) = (folder.path().join("blobs"), folder.path().join("room/blobs"));
        std::fs::create_dir_all(present.join("7f")).unwrap();
        for (name, text) in
            [("7f/same", "whole"), ("7f/other", "ours"), ("7f/later", "new"), ("7f/half#0", "h")]
        {
            std::fs::write(present.join(name), text).unwrap();
        }
        let brought = Mirror::gather(&store, &present, &into).await.unwrap();
        assert_eq!((brought.written, brought.kept), (2, 2));
        assert_eq!(brought.others, [present.join("7f/other")]);
        for (name, text) in
            [("7f/same", "whole"), ("7f/other", "theirs"), ("8a/gone", "x"), ("7f/later", "new")]
        {
            assert_eq!(std::fs::read_to_string(into.join(name)).unwrap(), text, "{name}");
        }
        assert!(!into.join("7f/half#0").exists());
        assert_eq!(std::fs::read(present.join("7f/other")).unwrap(), b"ours", "the present one is as it was");
        assert!(!present.join("8a").exists());
    }

    /// A folder of uploads with planted links to a file and to a folder elsewhere, and that folder.
    fn planted(folder: &Path) -> (PathBuf, PathBuf) {
        let (present, elsewhere) = (folder.join("blobs"), folder.join("elsewhere"));
        for made in [present.join("7f"), elsewhere.clone()] {
            std::fs::create_dir_all(made).unwrap();
        }
        std::fs::write(elsewhere.join("x"), "secret").unwrap();
        std::fs::write(present.join("7f/later"), "new").unwrap();
        for name in ["7f/file", "7f/listed", "7f/listed#0"] {
            std::os::unix::fs::symlink(elsewhere.join("x"), present.join(name)).unwrap();
        }
        std::os::unix::fs::symlink(&elsewhere, present.join("8a")).unwrap();
        (present, elsewhere)
    }

    #[tokio::test]
    async fn planted_links_are_neither_followed_nor_taken_along_and_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::folder(&folder.path().join("store")).unwrap();
        // The same bytes as where the links lead: what is there must not count as the upload.
        for name in ["7f/listed", "8a/x"] {
            store.put(&format!("uploads/{name}"), "secret".into()).await.unwrap();
        }
        let (present, elsewhere) = planted(folder.path());
        let into = folder.path().join("room/blobs");
        let mut brought = Mirror::gather(&store, &present, &into).await.unwrap();
        brought.left_out.sort_unstable();
        let links = ["7f/file", "7f/listed", "7f/listed#0", "8a"].map(|name| present.join(name));
        assert_eq!((brought.written, brought.kept, brought.left_out), (2, 1, links.to_vec()));
        for name in ["7f/listed", "8a/x", "7f/later"] {
            assert!(is_own_file(&into, &into.join(name)).unwrap(), "{name}");
        }
        assert_eq!(kind(&into.join("7f/file")).unwrap(), None);

        let brought = Mirror::bring_back(&store, &present).await.unwrap();
        assert_eq!((brought.written, brought.others.len()), (2, 2), "the two in the way are put aside");
        assert!(brought.others.iter().all(|link| kind(link).unwrap().unwrap().is_symlink()));
        for name in ["7f/listed", "8a/x"] {
            assert!(is_own_file(&present, &present.join(name)).unwrap(), "{name}");
        }
        let left: Vec<_> = std::fs::read_dir(&elsewhere).unwrap().flatten().map(|e| e.file_name()).collect();
        assert_eq!(left, ["x"], "nothing was written where they lead");
        assert_eq!(std::fs::read(elsewhere.join("x")).unwrap(), b"secret");
    }
}
