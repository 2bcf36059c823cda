//! Files that are whole and on the disk, or not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Writes the whole file as `fresh` and puts it at `path`, in the place of what is there: a crash leaves the old one or the new one,
/// never half of one. `fresh` must be on the same file system and nobody else's. The name is durable once `path`'s folder is synced.
pub fn put(fresh: &Path, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    // What stands there is left over from a crash.
    fs::remove_file(fresh).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(fresh, path)
}

/// Makes the names in a folder durable.
pub fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// One writer at a time, among threads, processes and, where the file system is shared, machines, until the handle is dropped. The lock is on a file of
/// its own: the others are exchanged, and a folder cannot be locked over NFS.
pub fn lock(folder: &Path) -> io::Result<File> {
    let handle = OpenOptions::new().write(true).create(true).truncate(false).open(folder.join(".lock"))?;
    handle.lock()?;
    Ok(handle)
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
