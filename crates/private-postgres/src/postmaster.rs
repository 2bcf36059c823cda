//! The server's processes: finding them, watching them end, and starting the first of them.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::process::Command;

use crate::binaries::Binaries;
use crate::error::{At, Error};
use crate::files::{open_log, read_if_there, remove_if_there};
use crate::folders::Folders;
use crate::os_user::OsUser;
use crate::socket::Socket;

/// How long a fast shutdown may take to write everything out.
const FAST: Duration = Duration::from_secs(60);
/// How long processes may outlive their postmaster, or an immediate shutdown may take.
const SHORT: Duration = Duration::from_secs(10);
/// Idle backends notice in milliseconds that their postmaster is gone; busy ones are told after this.
const ORPHAN: Duration = Duration::from_secs(1);

/// One process of a cluster's server. It is held by a process descriptor, so a reused number can
/// never be mistaken for it.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    fd: OwnedFd,
}

impl Process {
    /// The live postmaster that `postmaster.pid` names, if it really serves this cluster.
    pub(crate) fn postmaster(folders: &Folders) -> Result<Option<Self>, Error> {
        let file = read_if_there(&pid_file(folders))?;
        let pid = file.as_deref().and_then(|text| text.lines().next()?.trim().parse().ok());
        let Some(pid) = pid else { return Ok(None) };
        Self::open_if(pid, |pid| serves(pid, folders))
    }

    /// Every process of the cluster's server, such as backends that outlived their postmaster.
    fn all(folders: &Folders) -> Result<Vec<Self>, Error> {
        let proc = Path::new("/proc");
        let entries = fs::read_dir(proc).at(proc)?.flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter_map(|pid| Self::open_if(pid, |pid| serves(pid, folders)).transpose()).collect()
    }

    /// Opens first and looks then, so that the process looked at is the one held.
    fn open_if(pid: u32, wanted: impl Fn(u32) -> bool) -> Result<Option<Self>, Error> {
        if !wanted(pid) {
            return Ok(None);
        }
        match Self::open(pid) {
            Ok(process) if wanted(pid) => Ok(Some(process)),
            Ok(_) | Err(rustix::io::Errno::SRCH) => Ok(None),
            Err(error) => Err(error).at(&proc_of(pid)),
        }
    }

    fn open(pid: u32) -> rustix::io::Result<Self> {
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(rustix::io::Errno::SRCH)?;
        Ok(Self { pid, fd: pidfd_open(number, PidfdFlags::empty())? })
    }

    /// Waits until the process has ended; looks often at first, then ten times a second.
    pub(crate) async fn ended(&self) -> Result<(), Error> {
        let mut pause = Duration::from_millis(2);
        while !self.has_ended()? {
            tokio::time::sleep(pause).await;
            pause = (pause * 5 / 4).min(Duration::from_millis(100));
        }
        Ok(())
    }

    /// A process descriptor turns readable when its process ends.
    fn has_ended(&self) -> Result<bool, Error> {
        let at_once = Timespec::default();
        match poll(&mut [PollFd::new(&self.fd, PollFlags::IN)], Some(&at_once)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error).at(&proc_of(self.pid)),
        }
    }

    async fn ends_within(&self, limit: Duration) -> Result<bool, Error> {
        tokio::time::timeout(limit, self.ended()).await.map_or(Ok(false), |ended| ended.map(|()| true))
    }

    fn signal(&self, signal: Signal) -> Result<(), Error> {
        match pidfd_send_signal(&self.fd, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error).at(&proc_of(self.pid)),
        }
    }

    /// Fast shutdown (clients are disconnected, everything is written out); if that hangs, an immediate
    /// one, after which the next start recovers from the log.
    pub(crate) async fn shut_down(&self, log: PathBuf) -> Result<(), Error> {
        for (signal, limit) in [(Signal::INT, FAST), (Signal::QUIT, SHORT)] {
            self.signal(signal)?;
            if self.ends_within(limit).await? {
                return Ok(());
            }
        }
        Err(Error::Stuck { pid: self.pid, what: "stop", log })
    }
}

/// Starts a postmaster; the caller has made sure that none is alive.
pub(crate) async fn launch(
    folders: &Folders,
    binaries: &Binaries,
    server: &OsUser,
) -> Result<Process, Error> {
    end_orphans(folders).await?;
    // Nobody of the cluster is left, so the file is stale. PostgreSQL would find that out itself, unless
    // an unrelated process of the same user has been given the number by now.
    remove_if_there(&pid_file(folders))?;
    folders.remove_stale_sockets()?;
    folders.rotate_log()?;
    let log = open_log(&folders.log(), server)?;
    let copy = log.try_clone().at(&folders.log())?;
    // A session of its own: neither Ctrl-C nor a closed terminal reaches the server.
    let mut command = Command::from(server.command(Path::new("setsid")));
    command.arg(binaries.tool("postgres")).arg("-D").arg(&folders.cluster);
    command.stdin(Stdio::null()).stdout(log).stderr(copy);
    let mut child = command.spawn().at(Path::new("setsid"))?;
    let pid = child.id().ok_or_else(|| Error::did_not_start(folders.log()))?;
    let process = Process::open(pid).at(&proc_of(pid))?;
    tokio::spawn(async move {
        // Collected at once, so that no zombie keeps the number.
        let status = child.wait().await;
        tracing::info!(pid, ?status, "the database server ended");
    });
    Ok(process)
}

/// Backends outlive a killed postmaster while they are busy, and a new one cannot start beside them.
async fn end_orphans(folders: &Folders) -> Result<(), Error> {
    for process in Process::all(folders)? {
        if process.ends_within(ORPHAN).await? {
            continue;
        }
        process.signal(Signal::QUIT)?;
        if !process.ends_within(SHORT).await? {
            return Err(Error::Stuck { pid: process.pid, what: "end", log: folders.log() });
        }
    }
    Ok(())
}

/// Where a live postmaster says that it listens.
pub(crate) fn socket_in_use(folders: &Folders) -> Result<Option<Socket>, Error> {
    let text = read_if_there(&pid_file(folders))?.unwrap_or_default();
    let mut lines = text.lines().skip(3);
    let port = lines.next().and_then(|port| port.parse().ok());
    let folder = lines.next().filter(|folder| !folder.is_empty());
    Ok(port.zip(folder).map(|(port, folder)| Socket { folder: folder.into(), port }))
}

/// Whether a process belongs to this cluster's server. Title and owner can be read by everyone; the
/// working folder would need a capability that containers do not give.
fn serves(pid: u32, folders: &Folders) -> bool {
    let look = || {
        let proc = proc_of(pid);
        let same_owner = fs::metadata(&proc).ok()?.uid() == fs::metadata(&folders.cluster).ok()?.uid();
        let is_postgres = fs::read_to_string(proc.join("comm")).ok()?.trim() == "postgres";
        let title = fs::read(proc.join("cmdline")).ok()?;
        Some(same_owner && is_postgres && names_cluster(&title, folders))
    };
    look().unwrap_or(false)
}

/// A postmaster's title is its command line with the folder, a backend's begins with the cluster's name.
fn names_cluster(title: &[u8], folders: &Folders) -> bool {
    let folder = folders.cluster.as_os_str().as_encoded_bytes();
    if title.split(|&byte| byte == 0).any(|argument| argument == folder) {
        return true;
    }
    let name = folders.cluster_name().map(|name| format!("postgres: {name}: "));
    name.is_ok_and(|name| title.starts_with(name.as_bytes()))
}

fn pid_file(folders: &Folders) -> PathBuf {
    folders.cluster.join("postmaster.pid")
}

fn proc_of(pid: u32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}
