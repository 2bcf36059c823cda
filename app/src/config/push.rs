//! `[push]`: which push services devices may be reached by.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::Config;
use crate::{Error, Result};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Push {
    /// Hosts of push services, separated by commas; one that begins with a dot stands for every host below it. Empty: no push.
    pub hosts: String,
    /// Whom a push service may write to: `mailto:…` or `https://…`. Empty: `base_url`.
    pub contact: String,
    /// PEM file of the authority of the push services' certificates. Empty: those that the system trusts.
    pub ca_file: PathBuf,
    /// For trials and tests: push services may stand in the own network, on any port, without TLS.
    pub private: bool,
}

/// Of the browsers that people have.
const WELL_KNOWN: &str =
    "fcm.googleapis.com, updates.push.services.mozilla.com, .push.apple.com, .notify.windows.com";
/// Characters of an address at most, as the database has it.
const LONGEST: usize = 2_000;

impl Default for Push {
    fn default() -> Self {
        Self { hosts: WELL_KNOWN.to_owned(), contact: String::new(), ca_file: PathBuf::new(), private: false }
    }
}

impl Push {
    pub fn is_on(&self) -> bool {
        self.hosts().next().is_some()
    }

    /// Push services on this very machine: for a trial.
    pub fn on_this_machine() -> Self {
        Self { hosts: "127.0.0.1, localhost".to_owned(), private: true, ..Self::default() }
    }

    /// As the configuration names them.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.split(',').map(str::trim).filter(|host| !host.is_empty())
    }

    fn knows(&self, host: &str) -> bool {
        self.hosts().any(|known| match known.strip_prefix('.') {
            Some(_) => host.ends_with(known) && host.len() > known.len(),
            None => host == known,
        })
    }

    /// Whether a browser may name this address as its push service: any page could make one up, and we would call it.
    pub fn allows(&self, endpoint: &str) -> bool {
        let Ok(url) = Url::parse(endpoint) else { return false };
        let usual = url.scheme() == "https" && url.port().is_none();
        let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        endpoint.len() <= LONGEST
            && endpoint.is_ascii()
            && bare
            && (usual || (self.private && matches!(url.scheme(), "http" | "https")))
            && url.host_str().is_some_and(|host| self.knows(host))
    }

    pub(super) fn check(&self) -> Result<()> {
        if !self.contact.is_empty()
            && !self.contact.starts_with("mailto:")
            && !self.contact.starts_with("https://")
        {
            return Err(Error::Internal("push.contact must begin with mailto: or https://".into()));
        }
        let name = |host: &str| {
            host.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-'))
        };
        if !self.hosts().all(name) {
            return Err(Error::Internal("push.hosts: names of hosts in small letters, without ports".into()));
        }
        Ok(())
    }
}

impl Config {
    /// Whom a push service may write to (RFC 8292 §2.1).
    pub fn push_contact(&self) -> String {
        if !self.push.contact.is_empty() {
            return self.push.contact.clone();
        }
        if self.secure() { self.base_url.clone() } else { "mailto:renkei@demo.invalid".to_owned() }
    }
}

pub(super) const EXAMPLE: &str = r#"
# Push to people's phones (RFC 8030). It says that there is something new, and nothing else; see docs/operations/notifications.md.
[push]
# Hosts of push services that a browser may name, separated by commas; ".example.net" is every host below that name.
# Open them in the firewall (port 443). Empty: nobody is reached by push, and the screens say so.
hosts = "fcm.googleapis.com, updates.push.services.mozilla.com, .push.apple.com, .notify.windows.com"
# Whom a push service may write to: "mailto:…" or "https://…". Empty: base_url.
contact = ""
# PEM file of a certificate authority of your own. Empty: those that the system trusts.
ca_file = ""
# For trials: push services may stand in the own network.
private = false
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_may_name_a_known_push_service_and_nothing_else() {
        let push = Push::default();
        for good in [
            "https://fcm.googleapis.com/fcm/send/abc",
            "https://web.push.apple.com/QGuQyavXutnMH",
            "https://wns2-pn1p.notify.windows.com/w/?token=x",
        ] {
            assert!(push.allows(good), "{good}");
        }
        for bad in [
            "http://fcm.googleapis.com/x",
            "https://fcm.googleapis.com:8443/x",
            "https://fcm.googleapis.com.example.net/x",
            "https://evilfcm.googleapis.com/x",
            "https://push.apple.com/x",
            "https://notpush.apple.com/x",
            "https://a:b@fcm.googleapis.com/x",
            "https://127.0.0.1/x",
            "https://localhost/x",
            "https://database.internal/x",
            "ftp://fcm.googleapis.com/x",
            "fcm.googleapis.com",
            "",
        ] {
            assert!(!push.allows(bad), "{bad}");
        }
        assert!(!push.allows(&format!("https://fcm.googleapis.com/{}", "x".repeat(2_000))));
        assert!(!Push { hosts: String::new(), ..Push::default() }.allows("https://fcm.googleapis.com/x"));
        let trial = Push { hosts: "127.0.0.1".into(), private: true, ..Push::default() };
        assert!(trial.allows("http://127.0.0.1:9500/x") && !trial.allows("http://127.0.0.2:9500/x"));
    }

    #[test]
    fn only_addresses_and_names_are_taken() {
        assert!(Push::default().check().is_ok());
        assert!(Push { contact: "mailto:a@example.jp".into(), ..Push::default() }.check().is_ok());
        assert!(Push { contact: "a@example.jp".into(), ..Push::default() }.check().is_err());
        assert!(Push { hosts: "https://push.example.net".into(), ..Push::default() }.check().is_err());
    }
}
