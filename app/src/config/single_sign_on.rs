//! `[single_sign_on]`: professional identity providers whose word counts as one factor, or as two (OpenID Connect Core 1.0).

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use url::{Host, Url};

use crate::{Error, Result};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SingleSignOn {
    /// Not offered: who is in a group is decided by invitations alone. `true` is refused.
    pub group_sync: bool,
    /// Each has a button on the sign-in page, in this order.
    #[serde(rename = "provider")]
    pub providers: Vec<Provider>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Stands in addresses; lower-case letters, digits and `-`. Never changed afterwards: the provider knows it as part of the redirect URI.
    pub id: String,
    /// What people call it: `○○医師会`.
    pub label: String,
    /// The issuer identifier, letter by letter as the provider writes it.
    pub issuer: String,
    pub client_id: String,
    /// File with the client's secret, readable by its owner alone (0600). Read at each use: it can be replaced while the product runs.
    pub client_secret_file: PathBuf,
    #[serde(default = "only_openid")]
    pub scopes: Vec<String>,
    /// Values of `acr` that mean: two kinds of factor were shown there.
    #[serde(default)]
    pub two_factors_acr: Vec<String>,
    /// Values of `amr` that mean the same (RFC 8176), e.g. `mfa`.
    #[serde(default)]
    pub two_factors_amr: Vec<String>,
    /// Minutes since the person really signed in there (`auth_time`), 1 to 720. Older is refused.
    #[serde(default = "an_hour")]
    pub max_age_minutes: u32,
    /// PEM file of the authorities of the provider's certificate. Empty: those that the system trusts.
    #[serde(default)]
    pub ca_file: PathBuf,
    /// Whether the provider may stand in the own network; on this very machine it may then speak plain HTTP.
    #[serde(default)]
    pub private: bool,
    /// `host` or `host:port` of further servers of the provider, where its keys or tokens do not come from the issuer's own.
    #[serde(default)]
    pub also_calls: Vec<String>,
}

fn only_openid() -> Vec<String> {
    vec!["openid".into()]
}

const fn an_hour() -> u32 {
    60
}

/// As long as the database takes an issuer, and a subject.
const LONGEST_ISSUER: usize = 255;

impl SingleSignOn {
    pub fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|p| p.id == id)
    }

    /// From a file that holds this section alone, for a demo.
    pub fn read(file: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Section {
            single_sign_on: SingleSignOn,
        }
        let text = std::fs::read_to_string(file)
            .map_err(|e| Error::Internal(format!("cannot read {}: {e}", file.display())))?;
        let section: Section = toml::from_str(&text).map_err(Error::internal)?;
        section.single_sign_on.check().map(|()| section.single_sign_on)
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.group_sync {
            return refused(
                "group_sync",
                "is not offered: who is in a group is decided by invitations alone",
            );
        }
        let (mut ids, mut issuers) = (BTreeSet::new(), BTreeSet::new());
        for provider in &self.providers {
            provider.check()?;
            if !ids.insert(&provider.id) || !issuers.insert(&provider.issuer) {
                return refused("provider", "each id and each issuer may stand there once");
            }
        }
        Ok(())
    }
}

fn refused<T>(key: &str, why: &str) -> Result<T> {
    Err(Error::Internal(format!("single_sign_on.{key}: {why}")))
}

impl Provider {
    /// Host and port of every server that the product itself calls; the sign-in page of the provider is called by browsers.
    pub fn called(&self) -> Vec<(String, u16)> {
        let issuer = self.issuer.parse::<Url>().ok();
        let own = issuer.and_then(|u| Some((bare(u.host_str()?).to_owned(), u.port_or_known_default()?)));
        own.into_iter().chain(self.also_calls.iter().map(|h| crate::outbound::with_port(h, 443))).collect()
    }

    fn check(&self) -> Result<()> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || self.id.len() > 32 || !self.id.chars().all(plain) {
            return refused("provider.id", "1 to 32 lower-case letters, digits and -");
        }
        if self.label.trim().is_empty() || self.label.chars().count() > 40 {
            return refused("provider.label", "1 to 40 characters");
        }
        self.check_issuer()?;
        if self.client_id.is_empty() || self.client_secret_file.as_os_str().is_empty() {
            return refused("provider", "client_id and client_secret_file must be set");
        }
        if !self.scopes.iter().any(|s| s == "openid") || self.scopes.iter().any(|s| s == "offline_access") {
            return refused("provider.scopes", "openid must be among them, and offline_access must not");
        }
        if !self.scopes.iter().all(|s| s.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')) {
            return refused("provider.scopes", "one word each");
        }
        if !(1..=720).contains(&self.max_age_minutes) {
            return refused("provider.max_age_minutes", "must be between 1 and 720");
        }
        Ok(())
    }

    /// OpenID Connect Discovery 1.0 §3: an `https` URL without query and fragment.
    fn check_issuer(&self) -> Result<()> {
        let Ok(url) = self.issuer.parse::<Url>() else {
            return refused("provider.issuer", "not a URL");
        };
        if self.issuer.len() > LONGEST_ISSUER || url.query().is_some() || url.fragment().is_some() {
            return refused("provider.issuer", "at most 255 characters, without query and fragment");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refused("provider.issuer", "without a name or password in it");
        }
        if url.scheme() != "https" && !(self.private && url.scheme() == "http" && is_this_machine(&url)) {
            return refused(
                "provider.issuer",
                "must begin with https:// (http:// only on this machine, with private)",
            );
        }
        Ok(())
    }
}

/// `[::1]` as it is called.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

pub(super) const EXAMPLE: &str = r#"
# Signing in with the ID of a professional body (OpenID Connect). Each [[single_sign_on.provider]] has a button on the sign-in page;
# people link their account to it themselves. Our own second factor is still asked for, unless the provider asserts two.
[single_sign_on]
# Not offered: who is in a group is decided by invitations alone.
group_sync = false
# [[single_sign_on.provider]]
# id = "association"                 # part of the redirect URI: https://…/sign-in/with/association/callback
# label = "○○医師会"
# issuer = "https://id.example.jp"
# client_id = "renkei"
# client_secret_file = "/etc/renkei/association-secret"
# scopes = ["openid"]
# two_factors_acr = []               # values of acr and amr by which the provider says that two kinds of factor were shown
# two_factors_amr = []
# max_age_minutes = 60               # how long ago the person may have signed in there
# ca_file = ""                       # PEM: authorities of its certificate; empty: the system's
# private = false                    # whether it may stand in the own network
# also_calls = []                    # further hosts of the provider for keys and tokens
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(change: &str) -> Result<SingleSignOn> {
        let text = r#"
            [[provider]]
            id = "association"
            label = "試験医師会"
            issuer = "https://id.example.jp"
            client_id = "renkei"
            client_secret_file = "/run/secret"
        "#;
        let mut table: toml::Table = text.parse().expect("TOML");
        let changed: toml::Table = change.parse().expect("TOML");
        let first = table["provider"][0].as_table_mut().expect("a provider");
        first.extend(changed);
        let settings: SingleSignOn = table.try_into().map_err(Error::internal)?;
        settings.check().map(|()| settings)
    }

    #[test]
    fn a_provider_is_checked_before_anybody_is_sent_there() {
        let fine = provider("").expect("the least");
        assert_eq!(fine.providers[0].scopes, ["openid"]);
        assert_eq!(fine.providers[0].called(), [("id.example.jp".to_owned(), 443)]);
        let more =
            provider("also_calls = [\"keys.example.jp\", \"token.example.jp:8443\"]").expect("more hosts");
        assert_eq!(more.providers[0].called().len(), 3);
        provider("private = true\nissuer = \"http://127.0.0.1:4000\"").expect("on this machine");
        for wrong in [
            "id = \"Association\"",
            "label = \"\"",
            "issuer = \"http://id.example.jp\"",
            "issuer = \"http://127.0.0.1:4000\"",
            "private = true\nissuer = \"http://id.example.jp\"",
            "issuer = \"https://id.example.jp?x=1\"",
            "issuer = \"https://a:b@id.example.jp\"",
            "client_id = \"\"",
            "scopes = [\"email\"]",
            "scopes = [\"openid\", \"offline_access\"]",
            "scopes = [\"openid email\"]",
            "max_age_minutes = 0",
            "group_claim = \"groups\"",
        ] {
            assert!(provider(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_issuer_stands_there_once_and_groups_are_never_synchronised() {
        let mut twice = provider("").expect("one");
        twice.providers.push(Provider { id: "other".into(), ..twice.providers[0].clone() });
        assert!(twice.check().is_err(), "the same issuer twice");
        twice.providers[1].issuer = "https://other.example.jp".into();
        assert!(twice.check().is_ok());
        let synchronised = SingleSignOn { group_sync: true, ..twice };
        assert!(synchronised.check().unwrap_err().to_string().contains("invitations"));
    }
}
