//! Writing into folders that another OS user owns. A root program must not be led through a symbolic
//! link planted there, so files are created exclusively and renamed into place, never opened for truncation.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, fchown, lchown};
use std::path::Path;

use rustix::fs::OFlags;

use crate::error::{At, Error};
use crate::os_user::OsUser;

/// Replaces `path` by a 0600 file of `owner` with this text; readers see the old text or the new.
///
/// # Errors
/// [`Error::Io`].
pub fn replace(path: &Path, text: &str, owner: &OsUser) -> Result<(), Error> {
    let fresh = path.with_extension("new");
    remove_if_there(&fresh)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh).at(&fresh)?;
    give(&file, owner).at(&fresh)?;
    file.write_all(text.as_bytes()).at(&fresh)?;
    file.sync_all().at(&fresh)?;
    fs::rename(&fresh, path).at(path)
}

/// Opens a log file for appending, made 0600 for `owner`; refuses a symbolic link.
pub(crate) fn open_log(path: &Path, owner: &OsUser) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.append(true).mode(0o600).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    match options.clone().create_new(true).open(path) {
        Ok(file) => give(&file, owner).at(path).map(|()| file),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => options.open(path).at(path),
        Err(error) => Err(error).at(path),
    }
}

/// Makes one folder with exactly this mode, for `owner`. A folder that exists is an error.
///
/// # Errors
/// [`Error::Io`].
pub fn make_folder(path: &Path, mode: u32, owner: &OsUser) -> Result<(), Error> {
    DirBuilder::new().mode(0o700).create(path).at(path)?;
    if rustix::process::geteuid().is_root() {
        lchown(path, Some(owner.uid), Some(owner.gid)).at(path)?;
    }
    // Said again because the umask may have taken bits away.
    fs::set_permissions(path, Permissions::from_mode(mode)).at(path)
}

/// Makes a folder and those above it that are missing.
///
/// # Errors
/// [`Error::Io`].
pub fn make_folders(path: &Path, mode: u32, owner: &OsUser) -> Result<(), Error> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        make_folders(parent, mode, owner)?;
    }
    make_folder(path, mode, owner)
}

/// Removes a file; one that is not there is fine.
///
/// # Errors
/// [`Error::Io`].
pub fn remove_if_there(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).at(path),
        _ => Ok(()),
    }
}

/// Reads a small text file; one that is not there is `None`.
///
/// # Errors
/// [`Error::Io`].
pub fn read_if_there(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).at(path),
    }
}

/// Only root can, and need, give files away.
fn give(file: &File, owner: &OsUser) -> std::io::Result<()> {
    if rustix::process::geteuid().is_root() {
        fchown(file, Some(owner.uid), Some(owner.gid))?;
    }
    Ok(())
}
