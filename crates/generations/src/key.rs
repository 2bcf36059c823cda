//! The backup key: 32 bytes in a 0600 file, from which everything else is derived (HKDF-SHA-256). Who has it can read
//! the repository; the records inside stay sealed under the master key.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use aws_lc_rs::hkdf;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::Error;
use crate::error::At;

const HEADING: &str =
    "# Backup key. Without it no backup can be restored: keep it in shares, away from this machine.";

/// The backup key.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

/// Signs what belongs to a generation.
pub struct Signer(Ed25519KeyPair);

impl Key {
    /// Reads the file; makes it, with fresh random bytes, where there is none. Its folder must exist.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn open_or_create(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            let mut bytes = Zeroizing::new([0; 32]);
            aws_lc_rs::rand::fill(&mut *bytes).map_err(|_| Error::Key {
                path: path.to_owned(),
                why: "the system gives no random bytes".into(),
            })?;
            Self(bytes).write(path)?;
        }
        Self::open(path)
    }

    /// Reads the file and refuses one that others may read.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let refused = |why: &str| Error::Key { path: path.to_owned(), why: why.to_owned() };
        let found = fs::metadata(path).map_err(|error| refused(&error.to_string()))?;
        if found.mode() & 0o077 != 0 {
            return Err(refused("others may read it; do: chmod 600"));
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| refused(&error.to_string()))?);
        Self::from_text(&text).ok_or_else(|| refused("it must hold one line of 64 hexadecimal digits"))
    }

    /// The key in the file's text.
    pub fn from_text(text: &str) -> Option<Self> {
        let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(line, &mut *bytes).ok()?;
        Some(Self(bytes))
    }

    /// The file's text.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{HEADING}\n{}\n", hex::encode(*self.0)))
    }

    /// Writes a new file (0600); one that is there is left alone and an error.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).at(path)?;
        file.write_all(self.to_text().as_bytes()).and_then(|()| file.sync_all()).at(path)
    }

    /// The pass of the database engine's repository.
    pub fn repository_pass(&self) -> String {
        BASE64URL_NOPAD.encode(&*self.derive(b"renkei/backup/v1/repository"))
    }

    /// Signs manifests.
    pub fn signer(&self) -> Signer {
        let seed = self.derive(b"renkei/backup/v1/signature");
        Signer(Ed25519KeyPair::from_seed_unchecked(&*seed).expect("any 32 bytes are a seed"))
    }

    /// Encrypts the logical export.
    pub fn export_key(&self) -> Zeroizing<[u8; 32]> {
        self.derive(b"renkei/backup/v1/export")
    }

    fn derive(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut out = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
            .extract(&*self.0)
            .expand(&[purpose], hkdf::HKDF_SHA256)
            .and_then(|derived| derived.fill(&mut *out))
            .expect("one block is within HKDF's limit");
        out
    }
}

impl Signer {
    /// What a reader compares with.
    pub fn public(&self) -> [u8; 32] {
        let mut public = [0; 32];
        public.copy_from_slice(self.0.public_key().as_ref());
        public
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(bytes).as_ref().to_vec()
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_same_file_gives_the_same_keys_and_an_open_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup");
        let key = Key::open_or_create(&path).unwrap();
        let again = Key::open_or_create(&path).unwrap();
        assert_eq!(key.repository_pass(), again.repository_pass());
        assert_eq!(key.signer().public(), again.signer().public());
        assert_ne!(key.repository_pass().as_bytes()[..32], key.export_key()[..]);
        assert!(key.write(&path).is_err(), "a key is never overwritten");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Key::open(&path), Err(Error::Key { .. })));
    }
}
