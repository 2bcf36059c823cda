//! `[watch]`: metrics, alarms, and who hears of them.

use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;

use crate::{Error, Result, outbound::Target};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Watch {
    /// Address of `/metrics`, on a listener of its own. Empty: no metrics. Not on a loopback address, it needs a token.
    pub metrics_listen: String,
    /// File with the bearer token that `/metrics` asks for. Empty: none.
    pub metrics_token_file: PathBuf,
    /// Who gets alarms by mail, separated by commas.
    pub mail_to: String,
    /// Address that alarms are posted to, signed. Empty: none.
    pub webhook: String,
    /// File with the secret of the signature.
    pub webhook_secret_file: PathBuf,
    /// PEM file of the authority of the webhook's certificate. Empty: those that the system trusts.
    pub webhook_ca_file: PathBuf,
    /// Whether the webhook may stand in the own network.
    pub webhook_private: bool,
    /// Minutes after which an alarm that nobody has seen is told again. 0: never.
    pub remind_minutes: u32,
    /// File that is given up when the disk is full, so that there is room to act. Empty: none.
    pub ballast: PathBuf,
    /// Mebibytes of it.
    pub ballast_mebibytes: u64,
    /// Folders whose disks are watched besides that of `blobs`, e.g. the database's, separated by commas.
    pub disks: String,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            metrics_listen: String::new(),
            metrics_token_file: PathBuf::new(),
            mail_to: String::new(),
            webhook: String::new(),
            webhook_secret_file: PathBuf::new(),
            webhook_ca_file: PathBuf::new(),
            webhook_private: false,
            remind_minutes: 240,
            ballast: PathBuf::new(),
            ballast_mebibytes: 512,
            disks: String::new(),
        }
    }
}

impl Watch {
    /// Where alarms are posted to.
    pub fn target(&self) -> Result<Option<Target>> {
        if self.webhook.is_empty() {
            return Ok(None);
        }
        Target::parse(&self.webhook, self.webhook_private).map(Some)
    }

    /// Who gets alarms by mail.
    pub fn receivers(&self) -> Result<Vec<lettre::Address>> {
        let parts = self.mail_to.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts
            .map(|part| part.parse().map_err(|_| Error::Internal("watch.mail_to: not an address".into())))
            .collect()
    }

    pub fn metrics_address(&self) -> Result<Option<SocketAddr>> {
        if self.metrics_listen.is_empty() {
            return Ok(None);
        }
        self.metrics_listen
            .parse()
            .map(Some)
            .map_err(|_| Error::Internal("watch.metrics_listen: not an address".into()))
    }

    pub(super) fn check(&self) -> Result<()> {
        self.receivers()?;
        if self.target()?.is_some() && self.webhook_secret_file.as_os_str().is_empty() {
            return Err(Error::Internal("watch.webhook needs watch.webhook_secret_file".into()));
        }
        let open = self.metrics_address()?.is_some_and(|a| !a.ip().is_loopback());
        if open && self.metrics_token_file.as_os_str().is_empty() {
            return Err(Error::Internal(
                "watch.metrics_listen is not on this machine alone: it needs watch.metrics_token_file".into(),
            ));
        }
        Ok(())
    }
}

pub(super) const EXAMPLE: &str = r#"
[watch]
# Prometheus metrics, on a listener of their own ("127.0.0.1:9464"). Empty: none. Elsewhere than on this machine they ask
# for the bearer token in metrics_token_file.
metrics_listen = ""
metrics_token_file = ""
# Who gets alarms: addresses separated by commas, and an address that they are posted to (signed with the secret).
mail_to = ""
webhook = ""
webhook_secret_file = ""
webhook_ca_file = ""
# Whether the webhook may stand in the own network.
webhook_private = false
# Minutes after which an alarm that nobody has seen is told again. 0: never.
remind_minutes = 240
# A file that is given up when the disk is full ("/var/lib/renkei/ballast"), so that there is room to act, and its size.
ballast = ""
ballast_mebibytes = 512
# Folders whose disks are watched besides that of blobs, e.g. the database's, separated by commas.
disks = ""
"#;
