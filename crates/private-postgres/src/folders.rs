//! The data folder: its parts, its lock, and who may pass through it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::{At, Error};
use crate::files::{make_folder, make_folders, read_if_there, remove_if_there, replace};
use crate::os_user::OsUser;
use crate::socket::Socket;

/// A socket's path and its closing NUL fit into the 108 bytes of `sockaddr_un`.
const LONGEST_SOCKET: usize = 107;
/// The log of the last start is kept as `.1` once it has grown beyond this many bytes.
const LARGE_LOG: u64 = 4 << 20;

#[derive(Debug)]
pub(crate) struct Folders {
    pub(crate) data: PathBuf,
    pub(crate) cluster: PathBuf,
    run: PathBuf,
}

impl Folders {
    /// Names the parts of an existing data folder.
    pub(crate) fn at(data: &Path) -> Result<Self, Error> {
        let data = fs::canonicalize(data).at(data)?;
        Ok(Self { cluster: data.join("cluster"), run: data.join("run"), data })
    }

    /// Makes the data folder where it is missing. Another OS user's server must be able to pass through.
    pub(crate) fn make(data: &Path, program: &OsUser) -> Result<Self, Error> {
        make_folders(data, if program.uid == 0 { 0o711 } else { 0o700 }, program)?;
        Self::at(data)
    }

    /// The major version in the cluster's `PG_VERSION`; `None` before the first start.
    pub(crate) fn version(&self) -> Result<Option<u32>, Error> {
        let foreign = || Error::NotACluster(self.cluster.clone());
        match read_if_there(&self.cluster.join("PG_VERSION"))? {
            Some(text) => text.trim().parse().map(Some).map_err(|_| foreign()),
            None if !self.cluster.exists() => Ok(None),
            None => match fs::read_dir(&self.cluster).at(&self.cluster)?.next() {
                None => Ok(None),
                Some(_) => Err(foreign()),
            },
        }
    }

    /// The OS user for the server: the program's own; for root, the cluster's owner or the usual user.
    pub(crate) fn server_user(&self, program: &OsUser, exists: bool) -> Result<OsUser, Error> {
        let owner = if exists { Some(fs::metadata(&self.cluster).at(&self.cluster)?.uid()) } else { None };
        let expected = match (program.uid, owner) {
            (0, Some(owner)) if owner != 0 => OsUser::with_id(owner)?,
            (0, _) => OsUser::for_server()?,
            _ => program.clone(),
        };
        match owner {
            Some(owner) if owner != expected.uid => {
                Err(Error::WrongOwner { cluster: self.cluster.clone(), owner, expected: expected.name })
            }
            _ => Ok(expected),
        }
    }

    /// Refuses a data folder that the server's OS user cannot reach.
    pub(crate) fn check_way(&self, server: &OsUser) -> Result<(), Error> {
        for folder in self.data.ancestors() {
            if !server.may_traverse(&fs::metadata(folder).at(folder)?) {
                return Err(Error::NotTraversable { folder: folder.to_owned(), user: server.name.clone() });
            }
        }
        Ok(())
    }

    /// Makes `run/` for the server's OS user alone.
    pub(crate) fn make_run(&self, server: &OsUser) -> Result<(), Error> {
        if private_folder_of(&self.run, server) {
            return Ok(());
        }
        make_folder(&self.run, 0o700, server)
    }

    /// The socket in `run/`, or where that path is too long in a private folder under `/tmp`.
    pub(crate) fn socket(&self, port: u16, server: &OsUser) -> Result<Socket, Error> {
        let fits = |folder: &Path| {
            folder.join(format!(".s.PGSQL.{port}")).as_os_str().as_bytes().len() <= LONGEST_SOCKET
        };
        // The setting is a list: a comma in the path would split it.
        if fits(&self.run) && !self.run.as_os_str().as_bytes().contains(&b',') {
            return Ok(Socket { folder: self.run.clone(), port });
        }
        if let Some(folder) = self.short_socket_folder()?.filter(|folder| private_folder_of(folder, server)) {
            return Ok(Socket { folder, port });
        }
        let folder = PathBuf::from(format!("/tmp/private-postgres-{:016x}", random()));
        make_folder(&folder, 0o700, server).map_err(|_| Error::SocketPath(self.run.clone()))?;
        replace(&self.short_socket_note(), &folder.display().to_string(), server)?;
        Ok(Socket { folder, port })
    }

    /// Removes the folder under `/tmp`, if there is one. Called when the server has ended.
    /// Removes what a killed server left where it listened. Its socket's lock file names a process id, and PostgreSQL
    /// refuses to start while any process has that number, one of ours or not.
    pub(crate) fn remove_stale_sockets(&self) -> Result<(), Error> {
        for folder in std::iter::once(self.run.clone()).chain(self.short_socket_folder()?) {
            for entry in fs::read_dir(&folder).at(&folder)? {
                let path = entry.at(&folder)?.path();
                if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".s.PGSQL.")) {
                    remove_if_there(&path)?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn remove_short_socket_folder(&self) -> Result<(), Error> {
        if let Some(folder) = self.short_socket_folder()? {
            // Not ours or not empty any more: leave it, the next start makes another.
            let _ = fs::remove_dir(folder);
            remove_if_there(&self.short_socket_note())?;
        }
        Ok(())
    }

    fn short_socket_folder(&self) -> Result<Option<PathBuf>, Error> {
        Ok(read_if_there(&self.short_socket_note())?.map(PathBuf::from))
    }

    fn short_socket_note(&self) -> PathBuf {
        self.run.join("socket-folder")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.run.join("postgresql.log")
    }

    /// Puts a large log aside; the one before it is dropped.
    pub(crate) fn rotate_log(&self) -> Result<(), Error> {
        let log = self.log();
        if fs::symlink_metadata(&log).is_ok_and(|log| log.len() > LARGE_LOG) {
            fs::rename(&log, log.with_extension("log.1")).at(&log)?;
        }
        Ok(())
    }

    /// An empty folder beside the cluster, to fill and then rename.
    pub(crate) fn make_scratch(&self, server: &OsUser) -> Result<PathBuf, Error> {
        let folder = self.data.join(format!("cluster.{:016x}.new", random()));
        make_folder(&folder, 0o700, server)?;
        Ok(folder)
    }

    /// Marks the server's processes in their titles; unlike a path it always fits.
    pub(crate) fn cluster_name(&self) -> Result<String, Error> {
        let cluster = fs::metadata(&self.cluster).at(&self.cluster)?;
        Ok(format!("private-{:x}-{:x}", cluster.dev(), cluster.ino()))
    }
}

/// The right to manage a data folder, given up when dropped or when the process ends in any way. Every [`crate::Cluster`]
/// has it; so has a program that works on a folder whose server must stay down.
#[derive(Debug)]
pub struct Lock {
    /// Closed on exec, so the server does not inherit the lock.
    _file: File,
}

impl Lock {
    /// Takes it, of a folder that exists.
    ///
    /// # Errors
    /// [`Error::Locked`] names who has it; [`Error::Io`].
    pub fn take(data: &Path) -> Result<Self, Error> {
        let path = data.join("cluster.lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).at(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = read_if_there(&path)?.and_then(|pid| pid.trim().parse().ok());
                return Err(Error::Locked { data: data.to_owned(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(error).at(&path),
        }
        file.set_len(0).at(&path)?;
        writeln!(file, "{}", std::process::id()).at(&path)?;
        Ok(Self { _file: file })
    }
}

/// A real folder (no symbolic link), the user's own and closed to others.
fn private_folder_of(path: &Path, user: &OsUser) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|it| it.is_dir() && it.uid() == user.uid && it.mode() & 0o777 == 0o700)
}

/// Unlikely to collide; where it does, making the folder fails and nothing is shared.
fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}
