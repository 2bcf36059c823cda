//! `[webhooks]`: which hosts a facility may name to be told that something happened.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use crate::{Error, Result};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Hosts that facilities may name, separated by commas; one that begins with a dot stands for every host below it. Empty: none.
    pub hosts: String,
    /// PEM file of the authority of their certificates. Empty: those that the system trusts.
    pub ca_file: PathBuf,
    /// For trials and tests: they may stand in the own network, on any port.
    pub private: bool,
}

/// Characters of an address at most, as the database has it.
const LONGEST: usize = 500;

impl Webhooks {
    pub fn is_on(&self) -> bool {
        self.hosts().next().is_some()
    }

    /// As the configuration names them.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.split(',').map(str::trim).filter(|host| !host.is_empty())
    }

    /// Whether a facility may name this address: `https` at port 443 of a listed host. An admin of any facility could else make this
    /// machine call whatever it reaches.
    pub fn allows(&self, address: &str) -> bool {
        let Ok(url) = Url::parse(address) else { return false };
        let listed = |host: &str| {
            self.hosts().any(|known| match known.strip_prefix('.') {
                Some(_) => host.ends_with(known) && host.len() > known.len(),
                None => host == known,
            })
        };
        address.len() <= LONGEST
            && address.is_ascii()
            && url.scheme() == "https"
            && (url.port().is_none() || self.private)
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
            && url.host_str().is_some_and(listed)
    }

    pub(super) fn check(&self) -> Result<()> {
        let name = |host: &str| {
            host.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-'))
        };
        if !self.hosts().all(name) {
            let message = "webhooks.hosts: names of hosts in small letters, without ports";
            return Err(Error::Internal(message.into()));
        }
        Ok(())
    }
}

pub(super) const EXAMPLE: &str = r#"
# Webhooks of facilities: a facility's own program is told that something happened, never what; see docs/webhooks.md.
[webhooks]
# Hosts that a facility may name, separated by commas; ".example.net" is every host below that name. Open them in the firewall
# (port 443). Empty: no facility has webhooks.
hosts = ""
# PEM file of a certificate authority of your own. Empty: those that the system trusts.
ca_file = ""
# For trials: they may stand in the own network.
private = false
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_facility_names_a_listed_host_by_https_and_nothing_else() {
        let webhooks = Webhooks { hosts: "hook.example.jp, .clinic.example".into(), ..Webhooks::default() };
        for good in ["https://hook.example.jp/renkei?x=1", "https://a.clinic.example/"] {
            assert!(webhooks.allows(good), "{good}");
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
            assert!(!webhooks.allows(bad), "{bad}");
        }
        assert!(!webhooks.allows(&format!("https://hook.example.jp/{}", "x".repeat(LONGEST))));
        assert!(
            !Webhooks::default().allows("https://hook.example.jp/"),
            "none unless the operator lists one"
        );
        let trial = Webhooks { hosts: "localhost".into(), private: true, ..Webhooks::default() };
        assert!(trial.allows("https://localhost:9500/x") && !trial.allows("http://localhost:9500/x"));
    }
}
