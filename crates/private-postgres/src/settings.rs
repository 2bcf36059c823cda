//! The three configuration files of ours: `private.conf`, `pg_hba.conf` and `pg_ident.conf`.

use std::fmt::Write as _;
use std::path::Path;

use crate::error::Error;
use crate::files::{read_if_there, replace};
use crate::os_user::OsUser;
use crate::socket::Socket;

/// Durability (`fsync`, `synchronous_commit`, `full_page_writes`) keeps PostgreSQL's own defaults.
const DEFAULTS: &[(&str, &str)] = &[
    ("shared_buffers", "128MB"),
    ("max_connections", "100"),
    ("max_wal_size", "1GB"),
    ("wal_compression", "on"),
    ("jit", "off"),
    ("password_encryption", "scram-sha-256"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    // What follows keeps rows out of the log. Statements and their parameters are never written …
    ("log_statement", "none"),
    ("log_min_duration_statement", "-1"),
    ("log_parameter_max_length", "0"),
    ("log_parameter_max_length_on_error", "0"),
    ("log_min_error_statement", "panic"),
    // … nor the DETAIL of a message: "Failing row contains (…)", "Failed process was running: …" …
    ("log_error_verbosity", "terse"),
    // … nor the errors of statements, whose first line may quote a value as well ("invalid input syntax
    // for type date: …"); the client still receives them. "log" ranks above "error": start, stop, crash,
    // checkpoint, archiving and refused connections remain.
    ("log_min_messages", "log"),
    ("log_line_prefix", "%m [%p] %q%u@%d "),
    ("log_destination", "stderr"),
    ("logging_collector", "off"),
];

/// Names that only this crate sets, and directives that could bring them in by another way.
const FIXED: &[&str] = &[
    "listen_addresses",
    "port",
    "unix_socket_directories",
    "unix_socket_permissions",
    "unix_socket_group",
    "cluster_name",
    "data_directory",
    "config_file",
    "hba_file",
    "ident_file",
    "external_pid_file",
    "include",
    "include_dir",
    "include_if_exists",
];

const PRIVATE: &str = "private.conf";
const INCLUDE: &str = "include 'private.conf'";
const MAP: &str = "renkei";
const HEADER: &str = "# Rewritten on each start; changes made here are lost.\n";

/// The files' texts, complete and checked.
#[derive(Debug)]
pub(crate) struct ConfigFiles([(&'static str, String); 3]);

impl ConfigFiles {
    /// Puts the files together; `cluster_name` marks the server's processes.
    pub(crate) fn new(
        extra: &[(String, String)],
        socket: &Socket,
        cluster_name: &str,
        os_users: &[&OsUser],
        roles: &[String],
    ) -> Result<Self, Error> {
        let folder = socket.folder.to_str().ok_or_else(|| Error::SocketPath(socket.folder.clone()))?;
        let port = socket.port.to_string();
        let fixed = [
            ("listen_addresses", ""),
            ("port", &port),
            ("unix_socket_directories", folder),
            ("unix_socket_permissions", "0700"),
            ("cluster_name", cluster_name),
        ];
        Ok(Self([
            (PRIVATE, private_conf(extra, &fixed)?),
            ("pg_hba.conf", format!("{HEADER}local all all peer map={MAP}\n")),
            ("pg_ident.conf", ident_map(os_users, roles)?),
        ]))
    }

    /// Whether a server that started with the files now on disk would behave differently.
    pub(crate) fn differ(&self, cluster: &Path) -> Result<bool, Error> {
        for (name, text) in &self.0 {
            if read_if_there(&cluster.join(name))?.as_ref() != Some(text) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes the files, and the line in `postgresql.conf` that brings ours in.
    pub(crate) fn write(&self, cluster: &Path, owner: &OsUser) -> Result<(), Error> {
        for (name, text) in &self.0 {
            replace(&cluster.join(name), text, owner)?;
        }
        let main = cluster.join("postgresql.conf");
        let text = read_if_there(&main)?.unwrap_or_default();
        if text.lines().any(|line| line == INCLUDE) {
            return Ok(());
        }
        replace(&main, &format!("{text}\n{INCLUDE}\n"), owner)
    }
}

/// Later lines win: our defaults, then the caller's wishes, then what nobody may change.
fn private_conf(extra: &[(String, String)], fixed: &[(&str, &str)]) -> Result<String, Error> {
    let mut text = HEADER.to_owned();
    let wishes = extra.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in wishes.clone() {
        check(name, value)?;
    }
    for (name, value) in DEFAULTS.iter().copied().chain(wishes).chain(fixed.iter().copied()) {
        let _ = writeln!(text, "{name} = {}", quoted(value));
    }
    Ok(text)
}

fn check(name: &str, value: &str) -> Result<(), Error> {
    if FIXED.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(Error::FixedSetting(name.to_owned()));
    }
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    if named && !value.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Error::BadSetting(name.to_owned()))
}

/// `postgresql.conf` knows backslash escapes besides doubled quotes.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}

fn ident_map(os_users: &[&OsUser], roles: &[String]) -> Result<String, Error> {
    let mut text = HEADER.to_owned();
    let mut lines = Vec::new();
    for user in os_users {
        for role in std::iter::once("postgres").chain(roles.iter().map(String::as_str)) {
            lines.push(format!("{MAP} \"{}\" \"{}\"\n", safe(&user.name)?, safe(role)?));
        }
    }
    lines.sort_unstable();
    lines.dedup();
    text.extend(lines);
    Ok(text)
}

/// Refuses names with a meaning of their own in ident maps (quotes, `/regex`, `\1`, `+group`).
fn safe(name: &str) -> Result<&str, Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.$".contains(c);
    if !name.is_empty() && name.chars().all(plain) {
        return Ok(name);
    }
    Err(Error::UnsafeName(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn the_callers_setting_wins_over_a_default_and_loses_to_a_promise() {
        let text = private_conf(&[pair("jit", "on")], &[("listen_addresses", "")]).unwrap();
        let place = |line: &str| text.find(line).unwrap_or_else(|| panic!("no {line} in {text}"));
        assert!(place("jit = 'off'") < place("jit = 'on'"));
        assert!(place("jit = 'on'") < place("listen_addresses = ''"));
    }

    #[test]
    fn settings_that_open_a_way_in_are_refused() {
        assert!(check("archive_command", "cp %p 'a b'").is_ok());
        for name in ["listen_addresses", "Port", "hba_file", "INCLUDE"] {
            assert!(matches!(check(name, "*"), Err(Error::FixedSetting(_))), "{name}");
        }
        for (name, value) in [("", "x"), ("a b", "x"), ("jit\nport", "x"), ("jit", "on\nport = 1")] {
            assert!(matches!(check(name, value), Err(Error::BadSetting(_))), "{name:?}");
        }
    }

    #[test]
    fn values_cannot_leave_their_quotes() {
        assert_eq!(quoted(r"it's a \ path"), r"'it''s a \\ path'");
    }

    #[test]
    fn each_os_user_is_mapped_to_each_role_once() {
        let root = OsUser { name: "root".into(), uid: 0, gid: 0 };
        let text = ident_map(&[&root, &root], &["app".into(), "postgres".into()]).unwrap();
        let lines: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(lines, [r#"renkei "root" "app""#, r#"renkei "root" "postgres""#]);
        for role in ["", "/^(.*)$", "a\"b", "+all", "a b"] {
            assert!(matches!(ident_map(&[&root], &[role.into()]), Err(Error::UnsafeName(_))), "{role}");
        }
    }
}
