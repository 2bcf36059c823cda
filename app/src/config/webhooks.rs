//! `[webhooks]`: which hosts a facility may name to be told that something happened.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use url::Url;

use crate::{Error, Result};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Hosts that facilities may name, separated by commas; one that begins with a dot stands for every host below it.
    pub hosts: String,
    /// The same for hosts in the own network: `name` or `name:port`, each by its whole name.
    pub private_hosts: String,
    /// PEM file of the authority of their certificates. Empty: those that the system trusts.
    pub ca_file: PathBuf,
    /// How long a receiver may take to answer.
    pub wait_seconds: u64,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self { hosts: String::new(), private_hosts: String::new(), ca_file: PathBuf::new(), wait_seconds: 15 }
    }
}

/// Characters of an address at most, as the database has it.
const LONGEST: usize = 500;
/// A node lets a call go after a minute (V46): by then it must have been answered or cut off.
const LONGEST_WAIT: u64 = 30;

/// Where an allowed address may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Public,
    /// The operator knows that it stands in the own network.
    Private,
}

impl Webhooks {
    /// From a file that holds this section alone, for a demo.
    pub fn read(file: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Section {
            webhooks: Webhooks,
        }
        let text = std::fs::read_to_string(file)
            .map_err(|e| Error::Internal(format!("cannot read {}: {e}", file.display())))?;
        let section: Section = toml::from_str(&text).map_err(Error::internal)?;
        section.webhooks.check().map(|()| section.webhooks)
    }

    pub fn is_on(&self) -> bool {
        self.hosts().next().is_some() || self.private_hosts().next().is_some()
    }

    pub fn wait(&self) -> Duration {
        Duration::from_secs(self.wait_seconds)
    }

    /// As the configuration names them.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        listed(&self.hosts)
    }

    pub fn private_hosts(&self) -> impl Iterator<Item = &str> {
        listed(&self.private_hosts)
    }

    /// Whether a facility may name this address: `https` at port 443 of a listed host, or a listed private host at its port. An admin of
    /// any facility could else make this machine call whatever it reaches.
    pub fn reach(&self, address: &str) -> Option<Reach> {
        let url = Url::parse(address).ok()?;
        let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        if address.len() > LONGEST || !address.is_ascii() || url.scheme() != "https" || !bare {
            return None;
        }
        let host = url.host_str()?;
        let port = url.port_or_known_default()?;
        let private = |known: &str| crate::outbound::with_port(known, 443) == (host.to_owned(), port);
        let public = |known: &str| match known.strip_prefix('.') {
            Some(_) => host.ends_with(known) && host.len() > known.len(),
            None => host == known,
        };
        match () {
            () if self.private_hosts().any(private) => Some(Reach::Private),
            () if url.port().is_none() && self.hosts().any(public) => Some(Reach::Public),
            () => None,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        let name = |host: &str| !host.is_empty() && host.chars().all(letter);
        let whole = |host: &str| match host.split_once(':') {
            Some((host, port)) => name(host) && port.parse::<u16>().is_ok_and(|port| port > 0),
            None => name(host),
        };
        let wrong = if !self.hosts().all(name) {
            "webhooks.hosts: names of hosts in small letters, without ports"
        } else if !self.private_hosts().all(|host| whole(host) && !host.starts_with('.')) {
            "webhooks.private_hosts: whole names of hosts in small letters, with a port or without"
        } else if !(1..=LONGEST_WAIT).contains(&self.wait_seconds) {
            "webhooks.wait_seconds: from 1 to 30"
        } else {
            return Ok(());
        };
        Err(Error::Internal(wrong.into()))
    }
}

fn listed(hosts: &str) -> impl Iterator<Item = &str> {
    hosts.split(',').map(str::trim).filter(|host| !host.is_empty())
}

pub(super) const EXAMPLE: &str = r#"
# Webhooks of facilities: a facility's own program is told that something happened, never what; see docs/webhooks.md.
[webhooks]
# Hosts that a facility may name, separated by commas; ".example.net" is every host below that name. Open them in the firewall
# (port 443). Where such a name leads to a private address, it is not called. Both lists empty: no facility has webhooks.
hosts = ""
# Hosts in your own network, each by its whole name, with a port where it is not 443: "chart.clinic.internal:8443".
private_hosts = ""
# PEM file of a certificate authority of your own. Empty: those that the system trusts.
ca_file = ""
# How long a receiver may take to answer, 30 at most.
wait_seconds = 15
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_facility_names_a_listed_host_by_https_and_nothing_else() {
        let webhooks = Webhooks { hosts: "hook.example.jp, .clinic.example".into(), ..Webhooks::default() };
        for good in ["https://hook.example.jp/renkei?x=1", "https://a.clinic.example/"] {
            assert_eq!(webhooks.reach(good), Some(Reach::Public), "{good}");
        }
        for bad in [
            "http://hook.example.jp/",
            "https://hook.example.jp:8443/",
            "https://u:p@hook.example.jp/",
            "https://hook.example.jp/#x",
            "https://clinic.example/",
            "https://hook.example.jp.example.net/",
            "https://127.0.0.1/",
            "https://localhost/",
            "nonsense",
            "",
        ] {
            assert_eq!(webhooks.reach(bad), None, "{bad}");
        }
        assert_eq!(webhooks.reach(&format!("https://hook.example.jp/{}", "x".repeat(LONGEST))), None);
        let none = Webhooks::default().reach("https://hook.example.jp/");
        assert_eq!(none, None, "none unless the operator lists one");
    }

    #[test]
    fn a_private_host_is_named_whole_and_called_at_its_port() {
        let webhooks =
            Webhooks { private_hosts: "chart.internal:8443, 10.1.2.3".into(), ..Webhooks::default() };
        assert!(webhooks.is_on());
        for good in ["https://chart.internal:8443/x", "https://10.1.2.3/"] {
            assert_eq!(webhooks.reach(good), Some(Reach::Private), "{good}");
        }
        for bad in ["https://chart.internal/", "https://10.1.2.3:22/", "http://chart.internal:8443/"] {
            assert_eq!(webhooks.reach(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused_at_the_start() {
        let with = |hosts: &str, private: &str, wait_seconds| Webhooks {
            hosts: hosts.into(),
            private_hosts: private.into(),
            wait_seconds,
            ..Webhooks::default()
        };
        assert!(with("a.example, .b.example", "c.internal:8443", 15).check().is_ok());
        for wrong in [
            with("a.example:443", "", 15),
            with("A.example", "", 15),
            with("", ".internal", 15),
            with("", "c.internal:x", 15),
            with("", "", 0),
            with("", "", 31),
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
