//! Runs a decoder written in C on hostile bytes, in a limited child process.
//!
//! The child is started through util-linux's `unshare`, `setpriv` and `prlimit`, each of which replaces
//! itself by the next, so there is one process to kill. It gets no network (an empty network namespace,
//! even loopback is down), no environment, no new privileges, hard limits on processor time, address space,
//! file size and open files, a wall clock, and a directory of its own that is removed afterwards. Started
//! by root it runs as `nobody`; started by another user it keeps that user's id, so on such a machine the
//! files that the server can read can be read by a decoder that was taken over (but not sent anywhere).

use std::{
    ffi::OsString,
    fs::{self, File, Permissions},
    io::Read,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, SystemTime},
};

use tempfile::TempDir;
use tokio::{process::Command, time::timeout};

use crate::Error;

const NOBODY: u32 = 65_534;
const PREFIX: &str = "intake-";
const WALL: Duration = Duration::from_secs(30);
const CPU_SECONDS: u32 = 20;
const MEMORY: u64 = 2 << 30;
const MAX_OUTPUT: u64 = 128 << 20;

/// How well children are shut in on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// No network and hard limits.
    NoNetwork,
    /// Hard limits, but the machine does not let this user make a network namespace.
    LimitsOnly,
    /// Not even limits: nothing is run, previews are not available.
    Unavailable,
}

/// Starts limited children. Make one with [`Sandbox::detect`] and keep it.
#[derive(Debug)]
pub struct Sandbox {
    isolation: Isolation,
    wrapper: Vec<OsString>,
    as_nobody: bool,
    base: PathBuf,
}

/// One run: `input` is written to the file `input_name`, the tool is started in that directory, and
/// the first of `outputs` that is there is read back.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) tool: &'static str,
    pub(crate) args: &'a [&'a str],
    pub(crate) input: &'a [u8],
    pub(crate) input_name: &'a str,
    pub(crate) outputs: &'a [&'a str],
}

impl Sandbox {
    /// Finds out what this machine allows. Working files go below `base`, best a directory in memory such
    /// as `/dev/shm` or a service's runtime directory: they hold what people uploaded, in clear, while a
    /// tool runs. What a killed server left there is removed.
    pub async fn detect(base: &Path) -> Self {
        sweep(base);
        let mut sandbox = Self {
            isolation: Isolation::Unavailable,
            wrapper: Vec::new(),
            as_nobody: false,
            base: base.to_owned(),
        };
        for (isolation, as_nobody, wrapper) in candidates() {
            let Some(wrapper) = wrapper else { continue };
            sandbox = Self { isolation, as_nobody, wrapper, ..sandbox };
            if sandbox.works().await {
                return sandbox;
            }
        }
        Self { isolation: Isolation::Unavailable, ..sandbox }
    }

    /// How well children are shut in.
    #[must_use]
    pub fn isolation(&self) -> Isolation {
        self.isolation
    }

    async fn works(&self) -> bool {
        let job = Job { tool: "cp", args: &["in", "out"], input: b"ok", input_name: "in", outputs: &["out"] };
        self.run(&job).await.is_ok_and(|output| output == b"ok")
    }

    /// Runs one tool and gives back what it wrote.
    ///
    /// # Errors
    /// [`Error::ToolMissing`], [`Error::ToolFailed`], [`Error::ToolTimedOut`], and [`Error::NoSpace`] or
    /// [`Error::Io`] when the working directory cannot be written.
    pub(crate) async fn run(&self, job: &Job<'_>) -> Result<Vec<u8>, Error> {
        self.run_within(job, WALL).await
    }

    async fn run_within(&self, job: &Job<'_>, wall: Duration) -> Result<Vec<u8>, Error> {
        let missing = Error::ToolMissing { tool: job.tool };
        if self.isolation == Isolation::Unavailable {
            return Err(missing);
        }
        let program = find(job.tool).ok_or(missing)?;
        let dir = self.work_dir(job)?;
        let (first, rest) = self.wrapper.split_first().ok_or(Error::ToolMissing { tool: job.tool })?;
        let mut child = Command::new(first)
            .args(rest)
            .arg(program)
            .args(job.args)
            .current_dir(dir.path())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let Ok(ended) = timeout(wall, child.wait()).await else {
            child.kill().await?;
            return Err(Error::ToolTimedOut { tool: job.tool });
        };
        let failed = Error::ToolFailed { tool: job.tool };
        if !ended?.success() {
            return Err(failed);
        }
        job.outputs.iter().find_map(|name| read_output(&dir.path().join(name))).ok_or(failed)
    }

    fn work_dir(&self, job: &Job<'_>) -> Result<TempDir, Error> {
        let dir = tempfile::Builder::new()
            .prefix(PREFIX)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(&self.base)?;
        let input = dir.path().join(job.input_name);
        fs::write(&input, job.input)?;
        if self.as_nobody {
            chown(&input, Some(NOBODY), Some(NOBODY))?;
            chown(dir.path(), Some(NOBODY), Some(NOBODY))?;
        }
        Ok(dir)
    }
}

/// The ways to start a child, best first; a way is absent when one of its programs is.
fn candidates() -> [(Isolation, bool, Option<Vec<OsString>>); 3] {
    let as_nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"];
    let no_capabilities = ["--inh-caps=-all", "--bounding-set=-all"];
    [
        (Isolation::NoNetwork, true, wrapper(&["--net"], &as_nobody)),
        (Isolation::NoNetwork, false, wrapper(&["--user", "--map-root-user", "--net"], &no_capabilities)),
        (Isolation::LimitsOnly, false, wrapper(&[], &[])),
    ]
}

fn wrapper(namespaces: &[&str], privileges: &[&str]) -> Option<Vec<OsString>> {
    let mut words: Vec<OsString> = Vec::new();
    if !namespaces.is_empty() {
        words.push(find("unshare")?.into());
        words.extend(namespaces.iter().map(OsString::from));
        words.push("--".into());
    }
    words.push(find("setpriv")?.into());
    words.extend(privileges.iter().map(OsString::from));
    words.extend(["--no-new-privs".into(), "--".into(), find("prlimit")?.into()]);
    words.extend([
        format!("--cpu={CPU_SECONDS}").into(),
        format!("--as={MEMORY}").into(),
        format!("--fsize={MAX_OUTPUT}").into(),
        "--nofile=64".into(),
        "--core=0".into(),
        "--".into(),
    ]);
    Some(words)
}

/// Looks a program up in the server's own search path; the child gets none.
pub(crate) fn find(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/bin")])
        .map(|dir| dir.join(tool))
        .find(|p| p.is_file())
}

/// Reads a plain file of bounded length. A child that was taken over could leave a link to a file that only
/// the server may read, so the opened file must be the very one that the directory names.
fn read_output(path: &Path) -> Option<Vec<u8>> {
    let named = fs::symlink_metadata(path).ok()?;
    let file = if named.is_file() { File::open(path).ok()? } else { return None };
    let opened = file.metadata().ok()?;
    if (named.dev(), named.ino()) != (opened.dev(), opened.ino()) || opened.len() > MAX_OUTPUT {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(MAX_OUTPUT).read_to_end(&mut bytes).ok()?;
    (!bytes.is_empty()).then_some(bytes)
}

/// Removes working directories that are older than any run can be.
fn sweep(base: &Path) {
    let long_ago = SystemTime::now() - 10 * WALL;
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let old = entry.metadata().and_then(|m| m.modified()).is_ok_and(|at| at < long_ago);
        if ours && old && fs::remove_dir_all(entry.path()).is_err() {
            tracing::warn!("an old working directory of a preview tool could not be removed");
        }
    }
}

#[cfg(test)]
mod tests;
