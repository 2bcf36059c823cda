use std::net::SocketAddr;

use serde::Deserialize;

use super::Config;
use crate::{Error, Result};

/// The doors for devices with certificates of the built-in authority.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Devices {
    /// Address and port where every client must show a certificate; empty: there is no such door.
    pub app_listen: String,
    /// How devices reach it, e.g. `https://app.renkei.example.jp`. The server's certificate must be for this name too.
    pub app_url: String,
    /// Address and port where a device gets its certificate, and nothing else is answered; empty: the main port does it.
    pub enrol_listen: String,
    pub enrol_url: String,
    /// Days that a certificate is good for.
    pub certificate_days: u32,
}

impl Default for Devices {
    fn default() -> Self {
        let none = String::new;
        Self {
            app_listen: none(),
            app_url: none(),
            enrol_listen: none(),
            enrol_url: none(),
            certificate_days: 365,
        }
    }
}

pub const EXAMPLE: &str = r#"
[devices]
# The door for devices with a certificate of the built-in authority: an address with a port, e.g. "0.0.0.0:8444". It needs [tls] or
# [acme]; the server's certificate must be for the name in app_url too. Empty: none.
app_listen = ""
# How devices reach it, e.g. "https://app.renkei.example.jp".
app_url = ""
# The door where a device gets its certificate, and where nothing else is answered. Empty: the main port does it.
enrol_listen = ""
enrol_url = ""
# Days that a device certificate is good for (1 to 825).
certificate_days = 365
"#;

impl Devices {
    /// Whether devices with certificates can come in at all.
    pub fn has_doors(&self) -> bool {
        !self.app_listen.is_empty()
    }

    pub fn app(&self) -> Result<Option<SocketAddr>> {
        address("devices.app_listen", &self.app_listen)
    }

    pub fn enrol(&self) -> Result<Option<SocketAddr>> {
        address("devices.enrol_listen", &self.enrol_listen)
    }
}

fn address(name: &str, text: &str) -> Result<Option<SocketAddr>> {
    if text.is_empty() {
        return Ok(None);
    }
    let refused = |_| Error::Internal(format!("{name} must be an address with a port, as 0.0.0.0:8444"));
    text.parse().map(Some).map_err(refused)
}

/// The host of a URL.
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rfind(':') {
        Some(colon) if !authority[colon..].contains(']') => &authority[..colon],
        _ => authority,
    }
}

impl Config {
    /// Where devices get their certificates; no slash at its end.
    pub fn enrolment_url(&self) -> &str {
        let url = if self.devices.enrol_listen.is_empty() { &self.base_url } else { &self.devices.enrol_url };
        url.trim_end_matches('/')
    }

    pub(super) fn check_devices(&self) -> Result<()> {
        let refuse = |why: &str| Err(Error::Internal(why.into()));
        let d = &self.devices;
        let (app, enrol) = (d.app()?, d.enrol()?);
        for (listen, url, name) in
            [(app, &d.app_url, "devices.app_url"), (enrol, &d.enrol_url, "devices.enrol_url")]
        {
            if listen.is_some() && !url.starts_with("https://") {
                return refuse(&format!("{name} must begin with https://"));
            }
        }
        if (app.is_some() || enrol.is_some()) && !self.ends_tls() {
            return refuse(
                "devices.app_listen and devices.enrol_listen need tls.certificate or [acme]: a certificate of a device is checked by this server itself",
            );
        }
        if enrol.is_some() && app.is_none() {
            return refuse("devices.enrol_listen is of no use without devices.app_listen");
        }
        if !(1..=825).contains(&d.certificate_days) {
            return refuse("devices.certificate_days must be between 1 and 825");
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

    #[test]
    fn the_doors_for_devices_need_tls_and_their_names() {
        let tls = [("TLS__CERTIFICATE", "/c.pem"), ("TLS__KEY", "/k.pem")];
        let app = [
            ("DEVICES__APP_LISTEN", "127.0.0.1:8444"),
            ("DEVICES__APP_URL", "https://app.renkei.example.jp"),
        ];
        assert!(!with(&[]).expect("none").devices.has_doors());
        assert!(with(&[tls[0], tls[1], app[0], app[1]]).expect("both").devices.has_doors());
        for (wrong, why) in [
            (vec![app[0], app[1]], "need tls.certificate"),
            (vec![tls[0], tls[1], app[0]], "devices.app_url must begin with https://"),
            (vec![tls[0], tls[1], ("DEVICES__APP_LISTEN", "here")], "an address with a port"),
            (
                vec![
                    tls[0],
                    tls[1],
                    ("DEVICES__ENROL_LISTEN", "127.0.0.1:1"),
                    ("DEVICES__ENROL_URL", "https://e"),
                ],
                "of no use",
            ),
            (vec![("DEVICES__CERTIFICATE_DAYS", "0")], "between 1 and 825"),
        ] {
            let error = with(&wrong).expect_err(why);
            assert!(error.contains(why), "{error}");
        }
    }
}
