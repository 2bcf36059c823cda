//! `[mail]`: the server that takes our letters.

use std::{net::IpAddr, path::PathBuf};

use serde::Deserialize;

use crate::{Error, Result};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// Name of the SMTP server. Empty: nothing is mailed, and the screens say so.
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// Empty: no authentication.
    pub user: String,
    /// File with the password; read at every connection, so it can be replaced without a restart.
    pub password_file: PathBuf,
    /// The sender, e.g. `renkei@example.jp`.
    pub from: String,
    /// Where notifications of mail that could not be delivered go, e.g. `bounces@example.jp`: each letter's envelope has `+TOKEN` in it, and
    /// the mail server hands them to `renkei bounce`. Empty: they go to `from`.
    pub bounces: String,
    /// PEM file with the authority that signed the server's certificate. Empty: those that the system trusts.
    pub ca_file: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// STARTTLS, required: without it nothing is sent.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// In clear, to this very machine only.
    None,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 587,
            security: Security::Starttls,
            user: String::new(),
            password_file: PathBuf::new(),
            from: String::new(),
            bounces: String::new(),
            ca_file: PathBuf::new(),
        }
    }
}

impl Mail {
    pub fn is_configured(&self) -> bool {
        !self.host.is_empty()
    }

    /// A server on this very machine, in clear: for a trial.
    pub fn on_this_machine(port: u16) -> Self {
        Self {
            host: "localhost".to_owned(),
            port,
            security: Security::None,
            from: "renkei@demo.invalid".to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        if !self.is_configured() {
            return Ok(());
        }
        if self.from.parse::<lettre::Address>().is_err() {
            return Err(Error::Internal("mail.from must be an address, e.g. renkei@example.jp".into()));
        }
        let address = self.bounces.parse::<lettre::Address>();
        let fits = address.is_ok_and(|a| {
            a.user().len() <= crate::mail::LONGEST_LOCAL_PART
                && a.user().is_ascii()
                && !a.user().contains(['+', '"'])
        });
        if !self.bounces.is_empty() && !fits {
            return Err(Error::Internal(
                "mail.bounces must be an address of at most 37 letters before the @, without a +, e.g. bounces@example.jp".into(),
            ));
        }
        let here = self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if self.security == Security::None && !here {
            return Err(Error::Internal(
                "mail.security = \"none\" is for this machine only (localhost); use \"starttls\" or \"tls\""
                    .into(),
            ));
        }
        if !self.user.is_empty() && self.password_file.as_os_str().is_empty() {
            return Err(Error::Internal("mail.user needs mail.password_file".into()));
        }
        Ok(())
    }
}

pub(super) const EXAMPLE: &str = r#"
# The mail server that takes alarms and notices. Letters never hold a word about a patient. Empty: nothing is mailed.
[mail]
host = ""
port = 587
# "starttls" (required, not merely tried), "tls" (from the first byte), or "none" (to localhost only).
security = "starttls"
user = ""
# The password stands in a file of its own (0600).
password_file = ""
# The sender's address.
from = ""
# Where notifications of letters that could not be delivered go, e.g. "bounces@example.jp": each letter leaves with a token of its own in it
# ("bounces+…@example.jp"), and the mail server hands what arrives there to `renkei bounce`. Empty: they go to `from`, for a person to read.
bounces = ""
# PEM file of a certificate authority of your own. Empty: those that the system trusts.
ca_file = ""
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_in_clear() {
        let mail = |host: &str, security| Mail {
            host: host.into(),
            security,
            from: "a@example.jp".into(),
            ..Mail::default()
        };
        assert!(Mail::default().check().is_ok(), "no mail server is allowed");
        assert!(mail("127.0.0.1", Security::None).check().is_ok());
        assert!(mail("mail.example.jp", Security::Starttls).check().is_ok());
        assert!(mail("mail.example.jp", Security::None).check().is_err());
        assert!(Mail { from: "nobody".into(), ..mail("mail.example.jp", Security::Tls) }.check().is_err());
        assert!(Mail { user: "u".into(), ..mail("mail.example.jp", Security::Tls) }.check().is_err());
    }

    #[test]
    fn an_address_for_what_comes_back_has_room_for_a_token() {
        let bounces = |bounces: &str| {
            let from = "a@example.jp".into();
            Mail { host: "mail.example.jp".into(), from, bounces: bounces.into(), ..Mail::default() }.check()
        };
        assert!(bounces("").is_ok() && bounces("bounces@example.jp").is_ok());
        assert!(bounces(&format!("{}@example.jp", "b".repeat(37))).is_ok());
        for wrong in [
            "bounces",
            "bounces+x@example.jp",
            "\"b b\"@example.jp",
            &format!("{}@example.jp", "b".repeat(38)),
        ] {
            assert!(bounces(wrong).is_err(), "{wrong}");
        }
    }
}
