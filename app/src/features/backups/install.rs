//! Putting a restored deployment in the place of the present one, which is put aside and never removed. Whoever manages the
//! folder has a lock on it; it is taken before anything is restored, so nobody starts the database meanwhile.

use std::{
    fs,
    os::unix::fs::{MetadataExt, lchown},
    path::{Path, PathBuf},
};

use generations::Mirror;
use jiff::Timestamp;
use private_postgres::{Lock, OsUser};

use super::{Place, Trouble, restore::Report};
use crate::Error;

/// The deployment's own folder, held.
pub(super) struct Own {
    folder: PathBuf,
    _lock: Lock,
}

impl Own {
    /// Refused while its database runs, or where it is not one folder.
    pub(super) fn hold(place: &Place) -> Result<Self, Trouble> {
        let cluster = &place.config.backup.cluster;
        let folder = cluster.parent().filter(|folder| place.config.blobs.parent() == Some(folder));
        let Some(folder) = folder else {
            return Err(Trouble::Refused(
                "say where to: --into DIR (then move cluster/ and blobs/ into place)".into(),
            ));
        };
        fs::create_dir_all(folder).map_err(Error::internal)?;
        stopped(folder)?;
        let lock = Lock::take(folder).map_err(|error| match error {
            private_postgres::Error::Locked { .. } => running(),
            other => other.into(),
        })?;
        Ok(Self { folder: folder.to_owned(), _lock: lock })
    }

    /// Where the result is made: on the disk of the present one, so that it only needs another name.
    pub(super) fn room(&self) -> PathBuf {
        self.folder.join(format!("restoring-{}", uuid::Uuid::new_v4().simple()))
    }

    /// The files go first: they are the present ones and more, so that the present cluster could go on with them.
    pub(super) async fn install(
        &self,
        place: &Place,
        room: &Path,
        report: &mut Report,
    ) -> Result<(), Trouble> {
        // The lock keeps us out of each other's way; a server that was started by other means does not know of it.
        let left = |trouble: &dyn std::fmt::Display| {
            Trouble::Refused(format!("{trouble}. What was restored is whole and lies in {}", room.display()))
        };
        stopped(&self.folder).map_err(|trouble| left(&trouble))?;
        let (blobs, cluster) = (&place.config.blobs, &place.config.backup.cluster);
        let fresh = room.join("blobs");
        own_like(blobs, &fresh)?;
        let files = exchange(&fresh, blobs);
        if files.is_err() {
            // A disk of their own keeps its name; there each file that differs is put aside by itself.
            report.others =
                Mirror::bring_back(&place.store, blobs).await.map_err(|error| left(&error))?.others;
            report.left_out.clear();
        }
        let replaced = exchange(&room.join("cluster"), cluster);
        if let (Ok(aside), Err(error)) = (&files, &replaced) {
            undo(&fresh, blobs, aside.as_deref())
                .map_err(|undone| half_done(error, &undone, room, blobs, aside.as_deref()))?;
        }
        let replaced = replaced.map_err(|error| left(&error))?;
        if let Ok(aside) = files {
            for other in report.others.iter_mut().chain(&mut report.left_out) {
                let moved = aside.as_ref().zip(other.strip_prefix(blobs).ok());
                *other = moved.map_or_else(|| other.clone(), |(aside, name)| aside.join(name));
            }
            report.replaced.extend(aside);
        }
        report.replaced.extend(replaced);
        fs::remove_dir_all(room).map_err(Error::internal)?;
        report.folder.clone_from(&self.folder);
        Ok(())
    }
}

/// Gives `fresh` the name of `present`. Returns where that is now; `None` if there was none. Where it fails, both have the
/// names that they had.
fn exchange(fresh: &Path, present: &Path) -> std::io::Result<Option<PathBuf>> {
    let mut aside = None;
    if fs::symlink_metadata(present).is_ok() {
        let to = present.with_extension(format!("replaced-{}", Timestamp::now().as_second()));
        fs::rename(present, &to)?;
        aside = Some(to);
    }
    if let Err(error) = fs::rename(fresh, present) {
        if let Some(aside) = &aside {
            fs::rename(aside, present)?;
        }
        return Err(error);
    }
    Ok(aside)
}

/// Takes an exchange back.
fn undo(fresh: &Path, present: &Path, aside: Option<&Path>) -> std::io::Result<()> {
    fs::rename(present, fresh)?;
    aside.map_or(Ok(()), |aside| fs::rename(aside, present))
}

/// The files were exchanged, the cluster was not, and the files could not be put back: where everything is.
fn half_done(
    error: &std::io::Error,
    undone: &std::io::Error,
    room: &Path,
    blobs: &Path,
    aside: Option<&Path>,
) -> Trouble {
    let before = aside.map_or_else(|| "(there were none)".to_owned(), |path| path.display().to_string());
    Trouble::Refused(format!(
        "{error}; and the uploaded files could not be put back as they were: {undone}. Nothing is lost: the present cluster is in \
         its place, the files of before are in {before}, the restored ones in {} or {}, the restored cluster in {}",
        blobs.display(),
        room.join("blobs").display(),
        room.join("cluster").display()
    ))
}

/// A restored cluster begins a timeline of its own, but while it is checked it archives nothing, so PostgreSQL would never
/// archive where that timeline left the old one. Then no older generation found the way to what is written from now on, and
/// another restore would use the timeline's number again. As soon as it archives, it begins with this.
pub(super) fn announce(cluster: &Path, owner: &OsUser) -> Result<(), Trouble> {
    let log = cluster.join("pg_wal");
    let names = fs::read_dir(&log).map_err(Error::internal)?.flatten().map(|entry| entry.file_name());
    let histories =
        names.filter_map(|name| name.to_str().filter(|n| n.ends_with(".history")).map(str::to_owned));
    let Some(newest) = histories.max() else { return Ok(()) };
    let ready = log.join("archive_status").join(format!("{newest}.ready"));
    Ok(private_postgres::files::replace(&ready, "", owner)?)
}

fn stopped(folder: &Path) -> Result<(), Trouble> {
    if private_postgres::running(folder)?.is_some() { Err(running()) } else { Ok(()) }
}

fn running() -> Trouble {
    Trouble::Refused(
        "the database is running: stop renkei first, or restore elsewhere with --into DIR".into(),
    )
}

/// Where root restores, the files belong to whom they belonged to. Nothing here follows a link.
fn own_like(present: &Path, fresh: &Path) -> Result<(), Trouble> {
    let Ok(found) = fs::symlink_metadata(present) else { return Ok(()) };
    if found.is_dir() {
        fs::set_permissions(fresh, found.permissions()).map_err(Error::internal)?;
    }
    if rustix::process::geteuid().is_root() { give(fresh, found.uid(), found.gid()) } else { Ok(()) }
}

fn give(fresh: &Path, user: u32, group: u32) -> Result<(), Trouble> {
    let mut todo = vec![fresh.to_owned()];
    while let Some(path) = todo.pop() {
        lchown(&path, Some(user), Some(group)).map_err(Error::internal)?;
        if fs::symlink_metadata(&path).map_err(Error::internal)?.is_dir() {
            todo.extend(fs::read_dir(&path).map_err(Error::internal)?.flatten().map(|entry| entry.path()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gives_way_is_put_aside_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let (fresh, present) = (folder.path().join("room"), folder.path().join("blobs"));
        for (at, text) in [(&fresh, "new"), (&present, "old")] {
            fs::create_dir_all(at).and_then(|()| fs::write(at.join("a"), text)).expect("files");
        }
        let aside = exchange(&fresh, &present).expect("exchanged").expect("there was one");
        assert_eq!(fs::read_to_string(aside.join("a")).expect("the old"), "old");
        assert_eq!(fs::read_to_string(present.join("a")).expect("the new"), "new");
        fs::create_dir_all(&fresh).expect("a folder");
        assert_eq!(exchange(&fresh, &folder.path().join("none")).expect("moved"), None);
    }

    #[test]
    fn what_cannot_be_exchanged_stays_as_it_was_and_what_was_can_be_taken_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let (fresh, present) = (folder.path().join("room"), folder.path().join("blobs"));
        fs::create_dir_all(&present).and_then(|()| fs::write(present.join("a"), "old")).expect("files");
        let a = |folder: &Path| fs::read_to_string(folder.join("a")).expect("a file");
        assert!(exchange(&fresh, &present).is_err(), "there is nothing to exchange it for");
        assert_eq!(a(&present), "old");
        fs::create_dir_all(&fresh).and_then(|()| fs::write(fresh.join("a"), "new")).expect("files");
        let aside = exchange(&fresh, &present).expect("exchanged");
        assert_eq!(a(&present), "new");
        undo(&fresh, &present, aside.as_deref()).expect("taken back");
        assert_eq!((a(&present), a(&fresh)), ("old".to_owned(), "new".to_owned()));
    }

    #[test]
    fn owners_are_given_without_following_links() {
        let folder = tempfile::tempdir().expect("a folder");
        let (fresh, elsewhere) = (folder.path().join("blobs"), folder.path().join("elsewhere"));
        for made in [&fresh, &elsewhere] {
            fs::create_dir_all(made).and_then(|()| fs::write(made.join("x"), "x")).expect("files");
        }
        for (to, name) in [(elsewhere.join("x"), "file"), (elsewhere.clone(), "folder")] {
            std::os::unix::fs::symlink(to, fresh.join(name)).expect("a link");
        }
        // Only root can give files away; anybody else can give them only to themselves.
        let root = rustix::process::geteuid().is_root();
        let before = fs::metadata(&elsewhere).expect("there");
        let user = if root { 12_345 } else { before.uid() };
        give(&fresh, user, before.gid()).expect("given");
        assert_eq!(fs::metadata(fresh.join("x")).expect("there").uid(), user);
        for path in [elsewhere.join("x"), elsewhere] {
            assert_eq!(fs::metadata(path).expect("there").uid(), before.uid());
        }
    }
}
