//! A signing key as a file: 32 secret bytes (RFC 8032) in base64, one line, for its owner's eyes alone.

use std::{
    fs,
    io::{ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use data_encoding::BASE64;

use crate::{Error, Result, auth::token};

pub fn new_seed() -> [u8; 32] {
    token::random::<32>()
}

/// Reads the key, or makes it where `may_make`: a lost key of a log that has signed is not replaced by silence.
///
/// # Errors
/// A file that others may read, or that is no key; a missing one where none may be made.
pub fn open_or_create(path: &Path, may_make: bool) -> Result<[u8; 32]> {
    match fs::metadata(path) {
        Ok(about) if about.permissions().mode() & 0o077 != 0 => {
            Err(Error::Internal(format!("{}: others may read this key; chmod 600", path.display())))
        }
        Ok(_) => read(path),
        Err(error) if error.kind() == ErrorKind::NotFound && may_make => make(path),
        Err(error) => Err(Error::Internal(format!("{}: {error}", path.display()))),
    }
}

fn read(path: &Path) -> Result<[u8; 32]> {
    let text = fs::read_to_string(path).map_err(|e| Error::Internal(format!("{}: {e}", path.display())))?;
    let bytes = BASE64.decode(text.trim().as_bytes()).ok();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Error::Internal(format!("{}: not a signing key", path.display())))
}

fn make(path: &Path) -> Result<[u8; 32]> {
    let seed = new_seed();
    let made = || {
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        // Written beside and linked: no half key, and never in the place of one.
        let beside = path.with_extension("part");
        let _ = fs::remove_file(&beside);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        writeln!(file, "{}", BASE64.encode(&seed))?;
        file.sync_all()?;
        fs::hard_link(&beside, path)?;
        fs::remove_file(&beside)?;
        path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    made().map_err(|e| Error::Internal(format!("{}: {e}", path.display())))?;
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_shown_to_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/sealer");
        assert!(open_or_create(&path, false).is_err(), "nobody said that one may be made");
        let seed = open_or_create(&path, true).unwrap();
        assert_eq!(open_or_create(&path, false).unwrap(), seed);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(open_or_create(&path, false).is_err(), "the group may read it");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "not a key").unwrap();
        assert!(open_or_create(&path, true).is_err());
    }
}
