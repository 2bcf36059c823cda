//! Finding the installed PostgreSQL server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;

/// The oldest major version with everything that this crate relies on.
const OLDEST: u32 = 15;
/// Where Debian installs each major version, as `MAJOR/bin`.
const DEBIAN: &str = "/usr/lib/postgresql";

/// One installed server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binaries {
    pub(crate) major: u32,
    pub(crate) folder: PathBuf,
}

impl Binaries {
    /// The server for a cluster of this major version, or the newest one for a new cluster.
    pub(crate) fn find(cluster: &Path, version: Option<u32>) -> Result<Self, Error> {
        choose(installed(), cluster, version)
    }

    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn choose(installed: Vec<Binaries>, cluster: &Path, version: Option<u32>) -> Result<Binaries, Error> {
    let majors = installed.iter().map(|server| server.major).collect();
    let fitting = installed.into_iter().find(|server| version.is_none_or(|major| major == server.major));
    match (fitting, version) {
        (Some(server), _) => Ok(server),
        (None, None) => Err(Error::NoServer),
        (None, Some(found)) => {
            Err(Error::ForeignVersion { cluster: cluster.to_owned(), found, installed: majors })
        }
    }
}

/// Every usable server, newest first.
fn installed() -> Vec<Binaries> {
    let mut servers = in_folder(Path::new(DEBIAN));
    servers.extend(from_pg_config());
    servers.retain(|server| {
        server.major >= OLDEST && ["postgres", "initdb"].iter().all(|name| server.tool(name).is_file())
    });
    // Stable: at the same version, Debian's own place stays first.
    servers.sort_by_key(|server| std::cmp::Reverse(server.major));
    servers
}

/// Servers in a folder laid out as Debian does, `MAJOR/bin`.
fn in_folder(root: &Path) -> Vec<Binaries> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.parse().ok()?;
            Some(Binaries { major, folder: entry.path().join("bin") })
        })
        .collect()
}

/// The server that `pg_config` on the PATH belongs to.
fn from_pg_config() -> Option<Binaries> {
    let ask = |what| {
        let output = Command::new("pg_config").arg(what).output().ok()?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    let major = major_of(&ask("--version")?)?;
    Some(Binaries { major, folder: PathBuf::from(ask("--bindir")?) })
}

/// The major version in "PostgreSQL 15.4 (Debian …)" or "PostgreSQL 18beta1".
fn major_of(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(1)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(majors: &[u32]) -> Vec<Binaries> {
        majors.iter().map(|&major| Binaries { major, folder: PathBuf::from(major.to_string()) }).collect()
    }

    #[test]
    fn a_new_cluster_takes_the_newest_and_an_old_one_its_own() {
        let at = Path::new("cluster");
        assert_eq!(choose(servers(&[17, 15]), at, None).unwrap().major, 17);
        assert_eq!(choose(servers(&[17, 15]), at, Some(15)).unwrap().major, 15);
        let refused = choose(servers(&[17, 15]), at, Some(16)).unwrap_err().to_string();
        assert!(refused.contains("PostgreSQL 16") && refused.contains("[17, 15]"), "{refused}");
        let none = choose(Vec::new(), at, None).unwrap_err().to_string();
        assert!(none.contains("apt-get install postgresql"), "{none}");
    }

    #[test]
    fn versions_are_read_as_they_are_printed() {
        assert_eq!(major_of("PostgreSQL 15.4 (Debian 15.4-1)"), Some(15));
        assert_eq!(major_of("PostgreSQL 18beta1"), Some(18));
        assert_eq!(major_of("nonsense"), None);
    }

    #[test]
    fn servers_are_listed_from_versioned_folders() {
        let root = tempfile::tempdir().unwrap();
        for name in ["15", "17", "extra"] {
            fs::create_dir_all(root.path().join(name).join("bin")).unwrap();
        }
        let mut majors: Vec<_> = in_folder(root.path()).iter().map(|server| server.major).collect();
        majors.sort_unstable();
        assert_eq!(majors, [15, 17]);
    }
}
