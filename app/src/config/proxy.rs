//! `[proxy]`: the fronts whose word about the caller's address is believed.

use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;

use crate::{Error, Result};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Proxy {
    /// Networks of the fronts. Empty: nobody's word is believed, the caller is the other end of the connection.
    pub trusted: Vec<IpNet>,
    /// File with the secret that a front sends as `X-Renkei-Front`, one a line: a new one beside the old one while they
    /// are exchanged. Needed with `trusted`: an address alone is not proof.
    pub secret_file: PathBuf,
    /// The one header that is read. The front must overwrite it, never pass on what a stranger wrote there.
    pub header: ForwardedBy,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedBy {
    #[default]
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

impl Proxy {
    pub(super) fn check(&self) -> Result<()> {
        if !self.trusted.is_empty() && self.secret_file.as_os_str().is_empty() {
            return Err(Error::Internal(
                "proxy.trusted needs proxy.secret_file: an address alone does not prove a front".into(),
            ));
        }
        if let Some(wide) = self.trusted.iter().find(|network| network.prefix_len() == 0) {
            return Err(Error::Internal(format!("proxy.trusted: {wide} would trust everybody")));
        }
        Ok(())
    }
}

pub(super) const EXAMPLE: &str = r#"# A front (proxy, WAF) whose word about the caller's address is believed: its networks, and the file with the secret that
# it sends as X-Renkei-Front. Without it the caller is the other end of the connection.
[proxy]
trusted = []
# trusted = ["127.0.0.1/32"]
# secret_file = "/etc/renkei/front.secret"
# "x-forwarded-for" or "forwarded" (RFC 7239): the one header that is read.
header = "x-forwarded-for"
"#;

#[cfg(test)]
mod tests {
    use crate::config::{Config, example};

    #[test]
    fn a_front_needs_a_secret_and_is_not_everybody() {
        let with = |key: &str, value: &str| {
            let text = example().replace("trusted = []", &format!("trusted = [\"{value}\"]\n{key}"));
            Config::parse(&text, std::iter::empty())
        };
        let secret = "secret_file = \"/run/secret\"";
        assert!(with(secret, "127.0.0.1/32").is_ok());
        assert!(with("", "127.0.0.1/32").unwrap_err().to_string().contains("proxy.secret_file"));
        assert!(with(secret, "0.0.0.0/0").unwrap_err().to_string().contains("everybody"));
        assert!(with(secret, "localhost").is_err());
    }
}
