use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use tls_profile::{Profile, Version};

use super::{Config, host_of};
use crate::{Error, Result};

/// Who ends TLS, with what. Empty paths are settings that are not made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// PEM: the server's certificate, then its issuers.
    pub certificate: PathBuf,
    /// PEM, 0600.
    pub key: PathBuf,
    pub minimum_version: Version,
    /// Why the post-quantum hybrid is on; empty: it is off.
    pub post_quantum_reason: String,
    /// PEM: authorities of client certificates. Given, nobody comes in without one.
    pub client_ca: PathBuf,
    /// PEM: authorities for calls to others, beside the system's.
    pub trusted_roots: PathBuf,
    /// A second port that only redirects to https; an address with a port.
    pub redirect_from: String,
    /// Who ends TLS when it is not this server, in the operator's words.
    pub terminated_by: String,
}

/// Certificates by ACME.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acme {
    pub directory: String,
    #[serde(default)]
    pub contact: Vec<String>,
    pub domains: Vec<String>,
    pub folder: PathBuf,
}

/// A path that was set.
pub(crate) fn set(path: &Path) -> Option<&Path> {
    (!path.as_os_str().is_empty()).then_some(path)
}

impl Tls {
    pub fn profile(&self) -> Profile {
        Profile { minimum: self.minimum_version, post_quantum: !self.post_quantum_reason.is_empty() }
    }

    pub fn redirect_from(&self) -> Result<Option<SocketAddr>> {
        match self.redirect_from.as_str() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| {
                Error::Internal("tls.redirect_from must be an address with a port, as 0.0.0.0:80".into())
            }),
        }
    }
}

impl Config {
    /// Whether this server ends TLS itself.
    pub fn ends_tls(&self) -> bool {
        self.acme.is_some() || set(&self.tls.certificate).is_some()
    }

    /// Whether people reach it by https, here or at a proxy.
    pub fn secure(&self) -> bool {
        self.base_url.starts_with("https://")
    }

    /// The host of `base_url`: the name that the certificate must be for.
    pub fn host(&self) -> &str {
        host_of(&self.base_url)
    }

    pub(super) fn check_tls(&self) -> Result<()> {
        let refuse = |why: &str| Err(Error::Internal(why.into()));
        let (certificate, key) = (set(&self.tls.certificate).is_some(), set(&self.tls.key).is_some());
        if certificate != key {
            return refuse("tls.certificate and tls.key belong together: set both or neither");
        }
        if certificate && self.acme.is_some() {
            return refuse("certificates come from files (tls.certificate) or from [acme], not from both");
        }
        if self.ends_tls() && !self.secure() {
            return refuse("with TLS base_url must begin with https://");
        }
        if !self.ends_tls() && !self.listen.ip().is_loopback() {
            return refuse(
                "plain HTTP is served on loopback only: set tls.certificate and tls.key, or [acme], or listen on 127.0.0.1 behind a proxy of this machine",
            );
        }
        if !self.ends_tls() && (set(&self.tls.client_ca).is_some() || self.tls.redirect_from()?.is_some()) {
            return refuse("tls.client_ca and tls.redirect_from need tls.certificate or [acme]");
        }
        if let Some(acme) = &self.acme {
            acme.check(self.host())?;
        }
        self.tls.redirect_from()?;
        self.connections.check().map_err(Error::Internal)
    }
}

impl Acme {
    fn check(&self, host: &str) -> Result<()> {
        if !self.directory.starts_with("https://") {
            return Err(Error::Internal("acme.directory must begin with https://".into()));
        }
        if !self.domains.iter().any(|domain| domain == host) {
            return Err(Error::Internal(format!("acme.domains must name {host}, the host of base_url")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, example};

    fn with(changes: &[(&str, &str)]) -> Result<Config, String> {
        let environment = changes.iter().map(|(k, v)| (format!("RENKEI_{k}"), (*v).to_owned()));
        Config::parse(&example(), environment).map_err(|e| e.to_string())
    }

    const FILES: [(&str, &str); 2] = [("TLS__CERTIFICATE", "/c.pem"), ("TLS__KEY", "/k.pem")];

    fn refused(more: &[(&str, &str)], why: &str) {
        let error = with(more).expect_err(why);
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn plain_http_stays_on_loopback() {
        with(&[]).expect("loopback");
        refused(&[("LISTEN", "0.0.0.0:8443")], "loopback only");
        with(&[FILES[0], FILES[1], ("LISTEN", "0.0.0.0:8443")]).expect("with TLS anywhere");
    }

    #[test]
    fn settings_that_contradict_each_other_are_refused() {
        refused(&FILES[..1], "belong together");
        refused(&[FILES[0], FILES[1], ("BASE_URL", "http://localhost")], "https://");
        refused(&[("TLS__REDIRECT_FROM", "0.0.0.0:80")], "need tls.certificate");
        refused(&[FILES[0], FILES[1], ("TLS__REDIRECT_FROM", "port 80")], "an address with a port");
        refused(&[("CONNECTIONS__TOTAL", "0")], "at least 1");
        refused(&[("TLS__MINIMUM_VERSION", "1.1")], "unknown variant");
        with(&[("TLS__MINIMUM_VERSION", "1.2")]).expect("a version as it is written in files");
    }

    #[test]
    fn the_host_of_base_url_is_what_stands_there() {
        let host = |url: &str| with(&[("BASE_URL", url)]).map(|c| c.host().to_owned()).expect(url);
        assert_eq!(host("https://renkei.invalid"), "renkei.invalid");
        assert_eq!(host("https://renkei.invalid:8443/x"), "renkei.invalid");
        assert_eq!(host("https://[::1]:8443"), "[::1]");
        assert_eq!(host("https://[::1]"), "[::1]");
    }
}
