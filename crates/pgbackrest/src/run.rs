//! Running the tool.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use jiff::Timestamp;
use private_postgres::files::{make_folder, make_folders, remove_if_there, replace};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::segments::{Gap, gaps};
use crate::{Error, Info, Options, Repository, STANZA, config};

/// What a restore should reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Everything that was archived.
    Newest,
    /// The last transaction that had committed by then.
    Time(Timestamp),
    /// The same, on the history that the generation itself belongs to, though a later restore left it behind.
    TimeLeftBehind(Timestamp),
    /// The end of the generation itself, nothing after it.
    Generation,
}

/// One cluster and one repository, ready to use.
#[derive(Debug)]
pub struct Engine {
    options: Options,
    config: PathBuf,
}

impl Engine {
    /// Writes folders and configuration.
    ///
    /// # Errors
    /// [`Error::NotInstalled`], [`Error::BadPath`], [`Error::Io`], [`Error::Folder`].
    pub fn new(options: Options) -> Result<Self, Error> {
        if installed_version().is_none() {
            return Err(Error::NotInstalled);
        }
        let text = config::text(&options)?;
        make_private(&options.work, &options)?;
        for part in ["log", "lock", "spool"] {
            make_private(&options.work.join(part), &options)?;
        }
        if let Repository::Folder(folder) = &options.repository
            && !folder.is_dir()
        {
            if let Some(parent) = folder.parent() {
                make_folders(parent, 0o711, &options.owner)?;
            }
            make_folder(folder, 0o750, &options.owner)?;
        }
        let config = options.work.join("pgbackrest.conf");
        replace(&config, &text, &options.owner)?;
        Ok(Self { options, config })
    }

    /// Makes the repository known with the cluster; fine when it is. The server must be up.
    ///
    /// # Errors
    /// Every variant of [`Error`] says what to do next.
    pub async fn prepare(&self) -> Result<(), Error> {
        self.run("stanza-create", &[]).await.map(drop)
    }

    /// Switches the log and waits until the segment has arrived.
    ///
    /// # Errors
    /// [`Error::NotArchived`] and the others.
    pub async fn check(&self) -> Result<(), Error> {
        self.run("check", &[]).await.map(drop)
    }

    /// A full backup; afterwards what is beyond the kept generations goes. Returns what the newest one is now.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::NotArchived`] and the others.
    pub async fn back_up(&self) -> Result<crate::Generation, Error> {
        self.run("backup", &["--type=full"]).await?;
        let newest = self.info().await?.generations.pop();
        newest.ok_or_else(|| Error::NoBackup("the list is empty after a backup".into()))
    }

    /// What the repository holds.
    ///
    /// # Errors
    /// [`Error::WrongKey`] and the others.
    pub async fn info(&self) -> Result<Info, Error> {
        let json = self.run("info", &["--output=json"]).await?;
        // A repository that cannot be opened is an entry in the answer, not a failure.
        let text = String::from_utf8_lossy(&json);
        if ["CryptoError", "[CryptoError]", "ChecksumError", "FormatError"]
            .iter()
            .any(|word| text.contains(word))
        {
            return Err(Error::WrongKey("the list of backups cannot be read".into()));
        }
        if text.contains("\"code\":99") {
            return Err(Error::WrongKey(
                text.split("\"message\":").last().unwrap_or_default().chars().take(300).collect(),
            ));
        }
        Info::parse(&json)
    }

    /// Missing segments of the log from a generation's first on.
    ///
    /// # Errors
    /// As [`Engine::info`].
    pub async fn gaps(&self, from_segment: &str) -> Result<Vec<Gap>, Error> {
        let names = self.log_files().await?;
        Ok(gaps(names.iter().map(String::as_str), from_segment))
    }

    /// Whether a segment of the log still is what was archived: its name in the repository holds its SHA-1. Fetched into
    /// `scratch`, a folder of the cluster's owner; the cluster's files must be there.
    ///
    /// # Errors
    /// As [`Engine::info`].
    pub async fn segment_holds(&self, segment: &str, scratch: &Path) -> Result<bool, Error> {
        let names = self.log_files().await?;
        let file = names.iter().find(|name| name.starts_with(segment));
        let expected = file.and_then(|name| name.get(25..65));
        let Some(expected) = expected else { return Ok(false) };
        let copy = scratch.join(segment);
        let target = copy.to_string_lossy().into_owned();
        if self.run("archive-get", &[segment, &target]).await.is_err() {
            return Ok(false);
        }
        let bytes =
            tokio::fs::read(&copy).await.map_err(|source| Error::Io { path: copy.clone(), source })?;
        remove_if_there(&copy)?;
        Ok(hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &bytes)) == expected)
    }

    /// Names of everything in the log's part of the repository, without folders.
    async fn log_files(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for archive in self.info().await?.archives {
            let folder = format!("archive/{STANZA}/{}", archive.id);
            let json = self.run("repo-ls", &[&folder, "--recurse", "--output=json"]).await?;
            let files: serde_json::Map<String, serde_json::Value> =
                serde_json::from_slice(&json).map_err(|_| Error::Unreadable("repo-ls"))?;
            names.extend(files.keys().filter_map(|path| path.rsplit('/').next()).map(str::to_owned));
        }
        Ok(names)
    }

    /// Fills the (empty) cluster folder. `progress` hears percentages.
    ///
    /// # Errors
    /// [`Error::NoBackup`], [`Error::Damaged`], [`Error::WrongKey`], [`Error::Missing`] and the others.
    pub async fn restore(
        &self,
        label: Option<&str>,
        target: Target,
        progress: &mut (dyn FnMut(u8) + Send),
    ) -> Result<(), Error> {
        let mut arguments = vec!["--log-level-console=detail".to_owned(), "--job-retry=0".to_owned()];
        arguments.extend(label.map(|label| format!("--set={label}")));
        match target {
            Target::Newest => {}
            Target::Generation => arguments.push("--type=immediate".into()),
            Target::Time(at) | Target::TimeLeftBehind(at) => {
                if matches!(target, Target::TimeLeftBehind(_)) {
                    arguments.push("--target-timeline=current".into());
                }
                arguments.push("--type=time".into());
                arguments.push(format!("--target={}", at.strftime("%Y-%m-%d %H:%M:%S.%6f+00")));
            }
        }
        if target != Target::Newest {
            arguments.push("--target-action=promote".into());
        }
        let mut command = self.command("restore");
        let mut child = command
            .args(&arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| Error::Io { path: "pgbackrest".into(), source })?;
        if let Some(out) = child.stdout.take() {
            let mut lines = BufReader::new(out).lines();
            let mut said = 0;
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(now) = percent(&line).filter(|now| *now >= said + 10) {
                    said = now;
                    progress(now);
                }
            }
        }
        let output = child.wait_with_output().await;
        finished("restore", output.map_err(|source| Error::Io { path: "pgbackrest".into(), source })?)
            .map(drop)
    }

    /// Segments and backups beyond the kept generations go.
    ///
    /// # Errors
    /// As [`Engine::back_up`].
    pub async fn expire(&self) -> Result<(), Error> {
        self.run("expire", &[]).await.map(drop)
    }

    async fn run(&self, name: &'static str, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        let mut command = self.command(name);
        command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        let output =
            command.output().await.map_err(|source| Error::Io { path: "pgbackrest".into(), source })?;
        finished(name, output)
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::from(self.options.owner.command(Path::new("pgbackrest")));
        command.arg(format!("--config={}", self.config.display())).arg(format!("--stanza={STANZA}"));
        command.arg(name);
        command
    }
}

fn finished(name: &'static str, output: std::process::Output) -> Result<Vec<u8>, Error> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(Error::of_tool(name, output.status.code().unwrap_or(-1), &text))
}

/// The percentage in a line such as `… restore file … (8KB, 3.45%) checksum …`.
fn percent(line: &str) -> Option<u8> {
    let (before, _) = line.split_once("%)")?;
    let number = before.rsplit([' ', ',']).next()?;
    number.split('.').next()?.parse().ok().filter(|percent| *percent <= 100)
}

fn make_private(folder: &Path, options: &Options) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folders(parent, 0o711, &options.owner)?;
    }
    Ok(make_folder(folder, 0o700, &options.owner)?)
}

/// Settings for a server that hands its log over, as (name, value); `work` is the folder of [`Options::work`].
///
/// # Errors
/// [`Error::BadPath`].
pub fn server_settings(work: &Path) -> Result<Vec<(String, String)>, Error> {
    let command = config::archive_command(&work.join("pgbackrest.conf"))?;
    Ok([
        ("wal_level", "replica"),
        ("archive_mode", "on"),
        ("archive_command", &command),
        ("archive_timeout", "30s"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec())
}

/// The installed version, such as `2.45`.
pub fn installed_version() -> Option<String> {
    let output = std::process::Command::new("pgbackrest").arg("version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim().strip_prefix("pgBackRest ").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn progress_is_read_from_the_detail_lines() {
        let line = "2026-04-01 02:00:00.000 P01 DETAIL: restore file /c/base/1/2 (8KB, 37.50%) checksum ab";
        assert_eq!(percent(line), Some(37));
        assert_eq!(percent("P00 INFO: restore command begin"), None);
    }
}
