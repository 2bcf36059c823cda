//! The OS users involved: who runs the program, and who runs the server.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::error::{At, Error};

/// A named user of the operating system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsUser {
    /// Login name.
    pub name: String,
    /// Numeric user id.
    pub uid: u32,
    /// Numeric id of the user's own group.
    pub gid: u32,
}

impl OsUser {
    /// The name of the user with this id, if there is one.
    #[must_use]
    pub fn named(uid: u32) -> Option<String> {
        Self::with_id(uid).ok().map(|user| user.name)
    }

    /// The user that this program runs as.
    pub(crate) fn current() -> Result<Self, Error> {
        let uid = rustix::process::geteuid().as_raw();
        Self::with_id(uid)
    }

    /// The user with this id. Peer authentication works with names, so one without a name is an error.
    pub(crate) fn with_id(uid: u32) -> Result<Self, Error> {
        Self::look_up(&uid.to_string())?.ok_or(Error::NamelessUser(uid))
    }

    /// The user that a root program runs a new cluster's server as.
    pub(crate) fn for_server() -> Result<Self, Error> {
        for name in ["postgres", "nobody"] {
            if let Some(user) = Self::look_up(name)? {
                return Ok(user);
            }
        }
        Self::with_id(65534)
    }

    /// `getent` and not `/etc/passwd`: accounts may come from a directory service.
    fn look_up(key: &str) -> Result<Option<Self>, Error> {
        let output = Command::new("getent").args(["passwd", key]).output().at(Path::new("getent"))?;
        Ok(Self::from_passwd(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Reads one line of the passwd format, `name:password:uid:gid:…`.
    fn from_passwd(line: &str) -> Option<Self> {
        let mut fields = line.trim_end().split(':');
        let name = fields.next().filter(|name| !name.is_empty())?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Self { name, uid, gid })
    }

    /// A command that runs as this user, in the root folder, with a bare environment: settings such as
    /// `PGOPTIONS` or `PGDATA` of the caller must not reach the server.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
        command.current_dir("/");
        if rustix::process::geteuid().is_root() {
            // With a user id and no groups given, the standard library also drops root's other groups.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Whether this user may pass through a folder with these permissions.
    pub(crate) fn may_traverse(&self, folder: &Metadata) -> bool {
        let bit = match folder {
            own if own.uid() == self.uid => 0o100,
            group if group.gid() == self.gid => 0o010,
            _ => 0o001,
        };
        folder.mode() & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passwd_line_becomes_a_user() {
        let user = OsUser::from_passwd("postgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n");
        assert_eq!(user, Some(OsUser { name: "postgres".into(), uid: 101, gid: 104 }));
        assert_eq!(OsUser::from_passwd(""), None);
        assert_eq!(OsUser::from_passwd("broken:x:many:104"), None);
    }
}
