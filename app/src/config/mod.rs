//! Settings: a TOML file, then `RENKEI_…` from the environment. Unknown keys are refused, everything is checked before
//! the port opens, and the example file is generated from the same table that documents the keys.

use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;

use crate::{Error, Result};

mod example;
mod mail;
mod support;
mod watch;

pub use example::example;
pub use mail::{Mail, Security};
pub use support::Support;
pub use watch::Watch;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address and port that the server listens on.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// How people reach it, e.g. `https://renkei.example.jp`. Links in invitations begin with it.
    pub base_url: String,
    /// Folder for uploaded files (encrypted), and for nothing else.
    pub blobs: PathBuf,
    /// The master key file (0600). Made on the first start; back it up apart from the database.
    pub master_key_file: PathBuf,
    pub database: Database,
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub sign_in: SignIn,
    /// clamd for scanning uploads: `unix:/run/clamav/clamd.ctl` or `127.0.0.1:3310`. Empty: no scanner, and the screens say so.
    #[serde(default)]
    pub clamd: String,
    #[serde(default)]
    pub mail: Mail,
    #[serde(default)]
    pub support: Support,
    #[serde(default)]
    pub watch: Watch,
}

/// One URL for each role; `migrate` is used by `renkei migrate` alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub app: String,
    pub auth: String,
    pub job: String,
    /// Empty: this node has no operator's console.
    #[serde(default)]
    pub operator: String,
    #[serde(default)]
    pub migrate: String,
    #[serde(default)]
    pub verify: String,
    #[serde(default = "default_connections")]
    pub connections: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest upload, in bytes.
    pub file_bytes: u64,
    /// Seconds that one request may take.
    pub request_seconds: u64,
    /// Seconds that a request with files in it may take.
    pub upload_seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// Minutes without a touch until the session locks, 1 to 30.
    pub idle_minutes: u32,
    /// Hours after which one signs in again whatever happens.
    pub session_hours: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 50 * 1024 * 1024, request_seconds: 30, upload_seconds: 600 }
    }
}

impl Default for SignIn {
    fn default() -> Self {
        Self { idle_minutes: 15, session_hours: 12 }
    }
}

/// Settings that are the path of a file themselves, without `_FILE`: the environment sets the path, not the contents.
const NAME_A_FILE: [&str; 6] = [
    "MASTER_KEY",
    "MAIL__PASSWORD",
    "MAIL__CA",
    "WATCH__METRICS_TOKEN",
    "WATCH__WEBHOOK_SECRET",
    "WATCH__WEBHOOK_CA",
];

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

fn default_connections() -> usize {
    16
}

impl Config {
    /// Reads `file`, lays the environment over it, checks.
    pub fn load(file: &std::path::Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .map_err(|e| Error::Internal(format!("cannot read {}: {e}", file.display())))?;
        Self::parse(&text, std::env::vars())
    }

    /// `RENKEI_DATABASE__APP=…` sets `database.app`; `…_FILE` reads the value from a file (for secrets).
    pub fn parse(text: &str, environment: impl Iterator<Item = (String, String)>) -> Result<Self> {
        let mut table: toml::Table = text.parse().map_err(Error::internal)?;
        for (key, value) in environment {
            let Some(path) = key.strip_prefix("RENKEI_") else { continue };
            let (path, value) = match path.strip_suffix("_FILE").filter(|p| !NAME_A_FILE.contains(p)) {
                Some(path) => {
                    (path, std::fs::read_to_string(&value).map_err(Error::internal)?.trim_end().to_owned())
                }
                None => (path, value),
            };
            set(&mut table, &path.to_lowercase(), value);
        }
        let config: Self = table.try_into().map_err(Error::internal)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let local = self.base_url.starts_with("http://localhost");
        if !local && !self.base_url.starts_with("https://") {
            return Err(Error::Internal(
                "base_url must begin with https:// (http://localhost is allowed for trials)".into(),
            ));
        }
        if !(1..=30).contains(&self.sign_in.idle_minutes) {
            return Err(Error::Internal("sign_in.idle_minutes must be between 1 and 30".into()));
        }
        if !(1..=12).contains(&self.sign_in.session_hours) {
            return Err(Error::Internal("sign_in.session_hours must be between 1 and 12".into()));
        }
        self.mail.check()?;
        self.support.check()?;
        self.watch.check()
    }
}

fn set(table: &mut toml::Table, path: &str, value: String) {
    let typed = value.parse::<i64>().map_or_else(|_| toml::Value::String(value), toml::Value::Integer);
    match path.split_once("__") {
        Some((section, key)) => {
            let entry = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let Some(section) = entry.as_table_mut() {
                section.insert(key.to_owned(), typed);
            }
        }
        None => {
            table.insert(path.to_owned(), typed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_valid_configuration() {
        let config = Config::parse(&example(), std::iter::empty()).expect("the generated example parses");
        assert_eq!(config.sign_in.idle_minutes, 15);
        assert_eq!(config.limits.file_bytes, 50 * 1024 * 1024);
    }

    #[test]
    fn the_environment_lies_over_the_file_and_unknown_keys_are_refused() {
        let environment = [("RENKEI_SIGN_IN__IDLE_MINUTES".to_owned(), "5".to_owned())];
        assert_eq!(Config::parse(&example(), environment.into_iter()).unwrap().sign_in.idle_minutes, 5);
        assert!(Config::parse(&format!("nonsense = 1\n{}", example()), std::iter::empty()).is_err());
        let too_long = [("RENKEI_SIGN_IN__IDLE_MINUTES".to_owned(), "31".to_owned())];
        assert!(Config::parse(&example(), too_long.into_iter()).is_err());
    }
}
