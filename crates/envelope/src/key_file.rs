use std::fs::{self, File, OpenOptions};
use std::future::ready;
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use record::Digest;
use zeroize::Zeroizing;

use crate::cipher::{Cipher, Form};
use crate::{Answer, Error, KeyFileError, MasterKey, Secret};

const HEADING: &str =
    "# Master keys, the newest last. Nothing opens without this file: keep a copy apart from the database.";
const ID_LEN: usize = 8;

/// Master keys in a local file: the embedded default.
///
/// The file is text, mode 0600, owned by the user that the program runs as: one key of 64 hexadecimal characters a
/// line, the newest last. The newest wraps, all unwrap.
///
/// **What it protects against:** whoever has the database, a dump, a backup, a replica or a stolen disk *without this
/// file*, and every other user of the host. **What it does not:** root on the host can read the file and the
/// program's memory, and so every record.
#[derive(Debug)]
pub struct LocalKeyFile {
    path: PathBuf,
    keys: Vec<Key>,
}

/// One line of the file, ready for use.
#[derive(Debug)]
struct Key {
    id: [u8; ID_LEN],
    name: String,
    cipher: Cipher,
}

impl Key {
    /// The id is the first 8 bytes of SHA-256("renkei/key-id" ‖ key).
    fn new(secret: &Secret) -> Self {
        let digest = Digest::of(&[b"renkei/key-id", secret.expose()]);
        let id = *digest.as_bytes().first_chunk().expect("a digest has more than 8 bytes");
        Self { id, name: hex::encode(id), cipher: Cipher::new(secret.expose()) }
    }
}

impl LocalKeyFile {
    /// Opens the file; makes it, with one fresh key, where there is none. Its folder must exist. For a new deployment
    /// only: where a database exists already, a missing file is a loss that [`LocalKeyFile::open`] reports.
    pub fn open_or_create(path: impl Into<PathBuf>) -> Result<Self, KeyFileError> {
        let path = path.into();
        {
            let folder = lock_folder(&path)?;
            if !fs::exists(&path).map_err(|source| failed(&path, source))? {
                replace(&path, &folder, &[Secret::random()])?;
            }
        }
        Self::open(path)
    }

    /// Opens the file and refuses one that others may read, that belongs to another user, or that is damaged.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, KeyFileError> {
        let path = path.into();
        let keys = read(&path)?.iter().map(Key::new).collect();
        Ok(Self { path, keys })
    }

    /// Adds a fresh key, which wraps from now on. Then wrap every facility key anew; only then may the old line go.
    pub fn rotate(&mut self) -> Result<(), KeyFileError> {
        let folder = lock_folder(&self.path)?;
        let mut secrets = read(&self.path)?;
        secrets.push(Secret::random());
        replace(&self.path, &folder, &secrets)?;
        self.keys = secrets.iter().map(Key::new).collect();
        Ok(())
    }

    fn newest(&self) -> &Key {
        self.keys.last().expect("a key file without a key is refused when it is read")
    }

    fn unwrap_now(&self, wrapped: &[u8], context: &[u8]) -> Result<Secret, Error> {
        let (id, sealed) = wrapped.split_at_checked(ID_LEN).ok_or(Error::Malformed)?;
        let key =
            self.keys.iter().find(|key| key.id == id).ok_or_else(|| Error::UnknownKey(hex::encode(id)))?;
        Secret::from_opened(key.cipher.open(Form::MasterWrapped, context, sealed)?)
    }
}

impl MasterKey for LocalKeyFile {
    fn id(&self) -> &str {
        &self.newest().name
    }

    fn host_can_read(&self) -> bool {
        true
    }

    /// `key id (8) ‖ 4 ‖ nonce ‖ AES-256-GCM(key) ‖ tag`, 69 bytes.
    fn wrap<'a>(&'a self, key: &'a Secret, context: &'a [u8]) -> Answer<'a, Vec<u8>> {
        let newest = self.newest();
        let sealed = newest.cipher.seal(Form::MasterWrapped, context, &[key.expose()]);
        Box::pin(ready(Ok([&newest.id[..], &sealed].concat())))
    }

    fn unwrap<'a>(&'a self, wrapped: &'a [u8], context: &'a [u8]) -> Answer<'a, Secret> {
        Box::pin(ready(self.unwrap_now(wrapped, context)))
    }
}

fn failed(path: &Path, source: io::Error) -> KeyFileError {
    KeyFileError::Io { path: path.to_owned(), source }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// One writer at a time, also among processes. The lock is on the folder, because the file itself is exchanged; it
/// ends when the handle is dropped.
fn lock_folder(path: &Path) -> Result<File, KeyFileError> {
    let folder = folder_of(path);
    let open = || -> io::Result<File> {
        let handle = File::open(folder)?;
        handle.lock()?;
        Ok(handle)
    };
    open().map_err(|source| failed(folder, source))
}

fn read(path: &Path) -> Result<Vec<Secret>, KeyFileError> {
    let mut file = File::open(path).map_err(|source| failed(path, source))?;
    let metadata = file.metadata().map_err(|source| failed(path, source))?;
    if !metadata.is_file() {
        return Err(KeyFileError::NotAFile(path.to_owned()));
    }
    check_guards(path, metadata.uid(), metadata.mode() & 0o7777, rustix::process::geteuid().as_raw())?;
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(|source| failed(path, source))?;
    parse(path, &text)
}

fn check_guards(path: &Path, owner: u32, mode: u32, me: u32) -> Result<(), KeyFileError> {
    if owner != me {
        return Err(KeyFileError::ForeignOwner { path: path.to_owned(), owner, me });
    }
    if mode & 0o077 != 0 {
        return Err(KeyFileError::LooseMode { path: path.to_owned(), mode });
    }
    Ok(())
}

fn parse(path: &Path, text: &str) -> Result<Vec<Secret>, KeyFileError> {
    let damaged = |line| KeyFileError::Damaged { path: path.to_owned(), line };
    let mut secrets = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.starts_with('#')) {
        let mut key = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text, &mut *key).map_err(|_| damaged(line))?;
        secrets.push(Secret::from(*key));
    }
    if secrets.is_empty() { Err(damaged(0)) } else { Ok(secrets) }
}

/// Writes the whole file beside the old one and exchanges them: a crash leaves the old or the new, never half of one.
fn replace(path: &Path, folder: &File, secrets: &[Secret]) -> Result<(), KeyFileError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let fresh = path.with_file_name(name);
    let write = || -> io::Result<()> {
        // The folder is locked: what stands here is left over from a crash.
        fs::remove_file(&fresh).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(print(secrets).as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        folder.sync_all()
    };
    write().map_err(|source| failed(&fresh, source))
}

fn print(secrets: &[Secret]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(HEADING.len() + 1 + secrets.len() * 65));
    text.push_str(HEADING);
    text.push('\n');
    for secret in secrets {
        let mut line = Zeroizing::new([0; 64]);
        hex::encode_to_slice(secret.expose(), &mut *line).expect("64 characters for 32 bytes");
        text.extend(line.iter().map(|&byte| char::from(byte)));
        text.push('\n');
    }
    text
}

#[cfg(test)]
#[path = "key_file_tests.rs"]
mod tests;
