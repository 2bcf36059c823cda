use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::grow::grow;
use super::tile::entries;
use super::{Error, Source, Tile, WIDTH, recompute};
use crate::checkpoint::Checkpoint;
use crate::note::Note;
use crate::{Frontier, Hash, durable};

/// A log's files. Nobody else writes into this folder; of several processes, one at a time does.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

/// While a file is written, it has this name.
const FRESH: &str = ".fresh";
const CHECKPOINT: &str = "checkpoint";
const TILES: &str = "tile";

impl Folder {
    /// The folder, made if it is not there.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let root = path.into();
        let made = || {
            if !fs::exists(&root)? {
                fs::create_dir_all(&root)?;
                durable::sync(durable::folder_of(&root))?;
            }
            Ok(())
        };
        made().map_err(|source| Error::Io { path: root.clone(), source })?;
        Ok(Self { root })
    }

    /// The folder as it is or is not there: to look at, not to write to.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { root: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Writes the tiles of the tree that has grown from `old` by these leaf hashes. All are on the disk when this returns.
    ///
    /// Written again with the same leaves, as after a crash, it changes nothing. A tile that is there with other hashes is never replaced.
    ///
    /// # Errors
    /// [`Error::Conflict`] where other leaves have been written after `old`; [`Error::Altered`] or [`Error::Missing`] where the tiles of `old`
    /// are not there as they were; [`Error::Io`].
    pub fn append(&self, old: &Frontier, leaves: &[Hash]) -> Result<Frontier, Error> {
        let _alone = self.lock()?;
        let mut folders = BTreeSet::new();
        let new = grow(self, old.size(), old, leaves, |tile, hashes| self.write(tile, hashes, &mut folders))?;
        for folder in folders {
            durable::sync(&folder).map_err(|source| Error::Io { path: folder, source })?;
        }
        Ok(new)
    }

    /// [`recompute`], from the disk: before signing, with the root that [`Folder::append`] said.
    ///
    /// # Errors
    /// Those of [`recompute`].
    pub fn read_back(&self, old: &Frontier, size: u64, root: &Hash) -> Result<Frontier, Error> {
        recompute(self, old, size, root)
    }

    /// The right edge of the tree of this size and root, to append to it.
    ///
    /// # Errors
    /// [`Error::NotThisTree`] if the tiles are another tree's, [`Error::Missing`], [`Error::Altered`], [`Error::Io`].
    pub fn frontier(&self, size: u64, root: &Hash) -> Result<Frontier, Error> {
        Ok(super::TileTree::open(self, size, *root)?.frontier().clone())
    }

    /// Removes the tiles that were not full yet in a tree of `old` leaves, or after it, and are in the tree of `new` leaves. Once the checkpoint of `new`
    /// is published nobody needs them: a reader takes the full one.
    ///
    /// # Errors
    /// [`Error::Missing`] where a full tile is not there; [`Error::Io`].
    pub fn tidy(&self, old: u64, new: u64) -> Result<(), Error> {
        let _alone = self.lock()?;
        for level in 0..Tile::LEVELS {
            for index in entries(old, level) / WIDTH..entries(new, level) / WIDTH {
                let tile = Tile { level, index, width: WIDTH };
                if self.read(tile)?.is_none() {
                    return Err(Error::Missing(tile));
                }
                let partial = self.root.join(tile.path() + ".p");
                match fs::remove_dir_all(&partial) {
                    Err(source) if source.kind() != io::ErrorKind::NotFound => {
                        return Err(Error::Io { path: partial, source });
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Moves every tile that is not in the tree of `size` leaves into the folder `unsigned`: what was written for a checkpoint that was never signed. It
    /// stays there for whoever wants to know, until another of its name comes.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn leave_after(&self, size: u64) -> Result<(), Error> {
        let _alone = self.lock()?;
        let aside = self.root.join("unsigned");
        let mut folders = vec![self.root.join(TILES)];
        while let Some(folder) = folders.pop() {
            let about = |source| Error::Io { path: folder.clone(), source };
            let names = match fs::read_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                names => names.map_err(about)?,
            };
            for name in names {
                let name = name.map_err(about)?;
                if name.file_type().map_err(about)?.is_dir() {
                    folders.push(name.path());
                } else if let Some(tile) = self.tile_at(&name.path()).filter(|tile| !tile.is_in(size)) {
                    fs::create_dir_all(&aside).map_err(about)?;
                    fs::rename(name.path(), aside.join(tile.path().replace('/', "-"))).map_err(about)?;
                }
            }
        }
        Ok(())
    }

    fn tile_at(&self, path: &Path) -> Option<Tile> {
        path.strip_prefix(&self.root).ok()?.to_str()?.parse().ok()
    }

    /// Makes a signed note the log's checkpoint. On the disk when this returns.
    ///
    /// # Errors
    /// [`Error::Behind`] where that would let the log shrink; [`Error::Io`].
    pub fn publish(&self, checkpoint: &Note) -> Result<(), Error> {
        let _alone = self.lock()?;
        let known =
            |note: &Note| Checkpoint::parse(note.text()).ok().map(|c| (c.origin().to_owned(), c.size()));
        if let (Some((of, size)), Some((there, larger))) =
            (known(checkpoint), self.note()?.as_ref().and_then(known))
            && of == there
            && size < larger
        {
            return Err(Error::Behind);
        }
        self.put_checkpoint(checkpoint)
    }

    /// Adds what others have signed to the published checkpoint, if it still is this one: a witness's answer may come late. Whether it was.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn cosign(&self, signed: &Note) -> Result<bool, Error> {
        let _alone = self.lock()?;
        let Some(mut note) = self.note()?.filter(|note| note.text() == signed.text()) else {
            return Ok(false);
        };
        signed.signatures().iter().cloned().for_each(|signature| note.add(signature));
        self.put_checkpoint(&note).map(|()| true)
    }

    fn note(&self) -> Result<Option<Note>, Error> {
        Ok(self.checkpoint()?.and_then(|bytes| Note::parse(&bytes).ok()))
    }

    fn put_checkpoint(&self, checkpoint: &Note) -> Result<(), Error> {
        let path = self.root.join(CHECKPOINT);
        durable::put(&self.root.join(FRESH), &path, checkpoint.to_string().as_bytes(), 0o644)
            .and_then(|()| durable::sync(&self.root))
            .map_err(|source| Error::Io { path, source })
    }

    /// The bytes of the checkpoint that was published last, to be opened with [`crate::checkpoint::Checkpoint::open`]; `None` before the first.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn checkpoint(&self) -> Result<Option<Vec<u8>>, Error> {
        self.file(&self.root.join(CHECKPOINT))
    }

    fn lock(&self) -> Result<File, Error> {
        durable::lock(&self.root).map_err(|source| Error::Io { path: self.root.clone(), source })
    }

    fn file(&self, path: &Path) -> Result<Option<Vec<u8>>, Error> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Io { path: path.to_owned(), source }),
        }
    }

    fn write(&self, tile: Tile, hashes: &[Hash], folders: &mut BTreeSet<PathBuf>) -> Result<(), Error> {
        let path = self.root.join(tile.path());
        let within = path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root));
        folders.extend(within.map(Path::to_owned));
        let bytes: Vec<u8> = hashes.iter().flat_map(Hash::as_bytes).copied().collect();
        if let Some(there) = self.file(&path)? {
            return if there == bytes { Ok(()) } else { Err(Error::Conflict(tile)) };
        }
        fs::create_dir_all(durable::folder_of(&path))
            .and_then(|()| durable::put(&self.root.join(FRESH), &path, &bytes, 0o644))
            .map_err(|source| Error::Io { path, source })
    }
}

impl Source for Folder {
    fn read(&self, tile: Tile) -> Result<Option<Vec<u8>>, Error> {
        self.file(&self.root.join(tile.path()))
    }
}
