//! Settings: a TOML file, then `RENKEI_…` from the environment. Unknown keys are refused, everything is checked before
//! the port opens, and the example file is generated from the same table that documents the keys.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{Error, Result};

mod android;
mod backup;
mod copies;
mod devices;
mod disclosure;
mod example;
mod host;
mod limits;
mod log;
mod mail;
mod maintenance;
mod proxy;
mod push;
mod reading;
mod search;
mod single_sign_on;
mod status;
mod support;
mod tls;
mod watch;
mod webhooks;

pub use android::Android;
pub use backup::{Backup, S3};
pub use copies::{Copies, Timestamp};
pub use devices::{Devices, host_of};
pub use disclosure::{Disclosure, Hosting};
pub use example::example;
pub use host::Host;
pub use limits::Limits;
pub use log::{Log, Witness};
pub use mail::{Mail, Security};
pub use maintenance::Maintenance;
pub use proxy::{ForwardedBy, Proxy};
pub use push::Push;
pub use reading::Reading;
pub use search::Search;
pub use single_sign_on::{Provider, SingleSignOn, is_this_machine};
pub use status::Status;
pub use support::{Day, Desk, Support};
pub(crate) use tls::set;
pub use tls::{Acme, Tls};
pub use watch::Watch;
pub use webhooks::{Reach, Webhooks};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address and port that the server listens on.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// How people reach it, e.g. `https://renkei.example.jp`. Links in invitations begin with it, and its host is
    /// the relying party of all passkeys.
    pub base_url: String,
    /// The one folder of an installation on one machine: a private PostgreSQL that the program manages, uploads, key.
    /// With it `blobs` and `master_key_file` have their places inside, and `[database]` holds no URL.
    #[serde(default)]
    pub data: Option<PathBuf>,
    /// Folder for uploaded files (encrypted), and for nothing else.
    pub blobs: PathBuf,
    /// The master key file (0600). Made on the first start; back it up apart from the database.
    pub master_key_file: PathBuf,
    #[serde(default)]
    pub database: Database,
    /// Who ends TLS, with what.
    #[serde(default)]
    pub tls: Tls,
    /// Certificates from an ACME authority instead of files.
    #[serde(default)]
    pub acme: Option<Acme>,
    /// What clients may take of the port.
    #[serde(default)]
    pub connections: listen::Limits,
    #[serde(default)]
    pub reading: Reading,
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub sign_in: SignIn,
    #[serde(default)]
    pub single_sign_on: SingleSignOn,
    #[serde(default)]
    pub devices: Devices,
    #[serde(default)]
    pub proxy: Proxy,
    /// clamd for scanning uploads: `unix:/run/clamav/clamd.ctl` or `127.0.0.1:3310`. Empty: no scanner, and the screens say so.
    #[serde(default)]
    pub clamd: String,
    #[serde(default)]
    pub backup: Backup,
    /// What this machine is expected to look like; asked by `renkei doctor` alone.
    #[serde(default)]
    pub host: Host,
    #[serde(default)]
    pub mail: Mail,
    #[serde(default)]
    pub push: Push,
    #[serde(default)]
    pub webhooks: Webhooks,
    #[serde(default)]
    pub maintenance: Maintenance,
    #[serde(default)]
    pub support: Support,
    #[serde(default)]
    pub watch: Watch,
    #[serde(default)]
    pub status: Status,
    #[serde(default)]
    pub disclosure: Disclosure,
    #[serde(default)]
    pub android: Android,
    #[serde(default)]
    pub search: Search,
    #[serde(default)]
    pub log: Log,
}

/// One URL for each role; `migrate` is used by `renkei migrate` and the checks of the schema alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    pub app: String,
    pub auth: String,
    pub job: String,
    /// Empty: this node has no operator's console.
    pub operator: String,
    /// Empty: this node has no door for patients and relatives.
    pub family: String,
    /// For `renkei bounce` alone. Empty: it is run with a configuration of its own, or not at all.
    pub bounce: String,
    pub migrate: String,
    pub verify: String,
    /// Seals the log; used where `log.folder` is set.
    pub sealer: String,
    pub connections: usize,
    /// PEM: the authorities that a database on another host is recognised by. Empty: the system's.
    pub root_certificate: PathBuf,
    /// PEM: the certificate and the key (0600) that are shown to the database, where it asks.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// Minutes without a touch until the session locks, 1 to 30.
    pub idle_minutes: u32,
    /// Hours after which one signs in again whatever happens.
    pub session_hours: u32,
}

impl Default for Database {
    fn default() -> Self {
        let none = String::new;
        Self {
            app: none(),
            auth: none(),
            job: none(),
            operator: none(),
            family: none(),
            bounce: none(),
            migrate: none(),
            verify: none(),
            sealer: none(),
            connections: default_connections(),
            root_certificate: PathBuf::new(),
            certificate: PathBuf::new(),
            key: PathBuf::new(),
        }
    }
}

impl Default for SignIn {
    fn default() -> Self {
        Self { idle_minutes: 15, session_hours: 12 }
    }
}

/// Settings that are the path of a file themselves, without `_FILE`: the environment sets the path, not the contents.
const NAME_A_FILE: [&str; 16] = [
    "MASTER_KEY",
    "BACKUP__KEY",
    "BACKUP__S3__SECRET",
    "BACKUP__S3__CA",
    "LOG__KEY",
    "LOG__COPIES__S3__SECRET",
    "LOG__COPIES__S3__CA",
    "LOG__TIMESTAMP__ROOTS",
    "LOG__TIMESTAMP__CA",
    "MAIL__PASSWORD",
    "MAIL__CA",
    "PUSH__CA",
    "WATCH__METRICS_TOKEN",
    "WATCH__WEBHOOK_SECRET",
    "WATCH__WEBHOOK_CA",
    "PROXY__SECRET",
];

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

fn default_connections() -> usize {
    16
}

impl Config {
    /// Reads `file`, lays the environment over it, checks.
    pub fn load(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .map_err(|e| Error::Internal(format!("cannot read {}: {e}", file.display())))?;
        Self::parse(&text, std::env::vars())
    }

    /// The settings of an installation in one folder before anybody has changed any.
    pub fn in_folder(data: &Path, listen: SocketAddr) -> Self {
        Self {
            listen,
            base_url: format!("http://localhost:{}", listen.port()),
            data: Some(data.to_owned()),
            blobs: data.join("blobs"),
            master_key_file: data.join("keys/master"),
            database: Database::default(),
            tls: Tls::default(),
            acme: None,
            connections: listen::Limits::default(),
            reading: Reading::default(),
            limits: Limits::default(),
            sign_in: SignIn::default(),
            single_sign_on: SingleSignOn::default(),
            devices: Devices::default(),
            clamd: String::new(),
            backup: Backup::in_folder(data),
            host: Host::default(),
            mail: Mail::default(),
            push: Push::default(),
            webhooks: Webhooks::default(),
            maintenance: Maintenance::default(),
            search: Search::default(),
            watch: Watch::default(),
            support: Support::default(),
            status: Status::in_folder(data),
            disclosure: Disclosure::default(),
            android: Android::default(),
            proxy: Proxy::default(),
            log: Log::in_folder(data),
        }
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
            lay(&mut table, &path.to_lowercase(), value);
        }
        places_in_folder(&mut table);
        let mut config: Self = table.try_into().map_err(Error::internal)?;
        if let Some(data) = &config.data {
            config.backup.settle_in(data);
            config.status.settle_in(data);
            config.log.settle_in(data);
        }
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
        let d = &self.database;
        if self.data.is_some()
            != [&d.app, &d.auth, &d.job, &d.operator, &d.migrate, &d.verify, &d.sealer]
                .iter()
                .all(|u| u.is_empty())
        {
            return Err(Error::Internal(
                "set either data (a folder; the program manages its own PostgreSQL there) or the URLs of [database]".into(),
            ));
        }
        if self.data.is_none() && [&d.app, &d.auth, &d.job].iter().any(|url| url.is_empty()) {
            return Err(Error::Internal("database.app, database.auth and database.job must be set".into()));
        }
        if self.data.is_none() && self.log.is_on() && d.sealer.is_empty() {
            return Err(Error::Internal("database.sealer must be set where log.folder is".into()));
        }
        self.reading.check()?;
        if !(1..=30).contains(&self.sign_in.idle_minutes) {
            return Err(Error::Internal("sign_in.idle_minutes must be between 1 and 30".into()));
        }
        if !(1..=12).contains(&self.sign_in.session_hours) {
            return Err(Error::Internal("sign_in.session_hours must be between 1 and 12".into()));
        }
        self.check_tls()?;
        self.check_devices()?;
        self.backup.check()?;
        self.mail.check()?;
        self.push.check()?;
        self.webhooks.check()?;
        self.support.check()?;
        self.watch.check()?;
        self.status.check(&self.base_url)?;
        self.limits.check()?;
        self.search.check()?;
        self.disclosure.check()?;
        self.android.check()?;
        self.single_sign_on.check()?;
        self.log.check(self.mail.is_configured())?;
        self.proxy.check()
    }
}

/// With `data` set, uploads and key have their places in that folder unless told otherwise.
fn places_in_folder(table: &mut toml::Table) {
    let Some(data) = table.get("data").and_then(toml::Value::as_str).map(PathBuf::from) else { return };
    for (key, place) in [("blobs", "blobs"), ("master_key_file", "keys/master")] {
        let place = data.join(place).to_string_lossy().into_owned();
        table.entry(key).or_insert(toml::Value::String(place));
    }
}

/// `__` leads into a section, and further into one of its own.
fn lay(table: &mut toml::Table, path: &str, value: String) {
    match path.split_once("__") {
        Some((section, key)) => {
            let entry = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let Some(section) = entry.as_table_mut() {
                lay(section, key, value);
            }
        }
        None => {
            let typed =
                value.parse::<i64>().map_or_else(|_| toml::Value::String(value), toml::Value::Integer);
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
        assert_eq!(config.limits, Limits::default());
        assert!(config.proxy.trusted.is_empty());
    }

    #[test]
    fn the_environment_lies_over_the_file_and_unknown_keys_are_refused() {
        let environment = [("RENKEI_SIGN_IN__IDLE_MINUTES".to_owned(), "5".to_owned())];
        assert_eq!(Config::parse(&example(), environment.into_iter()).unwrap().sign_in.idle_minutes, 5);
        assert!(Config::parse(&format!("nonsense = 1\n{}", example()), std::iter::empty()).is_err());
        let too_long = [("RENKEI_SIGN_IN__IDLE_MINUTES".to_owned(), "31".to_owned())];
        assert!(Config::parse(&example(), too_long.into_iter()).is_err());
    }

    #[test]
    fn a_folder_and_database_urls_exclude_each_other() {
        let own = "base_url = \"https://renkei.example.jp\"\ndata = \"/srv/care\"\n";
        let config = Config::parse(own, std::iter::empty()).expect("a folder is enough");
        assert_eq!(config.blobs, Path::new("/srv/care/blobs"));
        assert_eq!(config.master_key_file, Path::new("/srv/care/keys/master"));
        assert!(Config::parse(&format!("data = \"/srv/care\"\n{}", example()), std::iter::empty()).is_err());
        assert!(
            Config::parse(
                "base_url = \"https://renkei.example.jp\"\nblobs = \"/b\"\nmaster_key_file = \"/k\"\n",
                std::iter::empty()
            )
            .is_err()
        );
    }
}
