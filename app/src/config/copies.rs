//! `[log.copies]` and `[log.timestamp]`: what of the log leaves this machine once a day, besides what witnesses are shown.

use std::path::PathBuf;

use jiff::civil::Time;
use serde::Deserialize;

use super::{S3, set};
use crate::{Error, Result, outbound::Target};

/// Copies of the newest signed checkpoint. Nodes that have a place take turns; all of them should have the same ones.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Copies {
    /// Time of the day, Asia/Tokyo.
    pub at: String,
    /// Who gets one by mail, separated by commas: somebody else than who runs this machine.
    pub mail_to: String,
    /// A folder that is there already, best a write-once mount. Nothing in it is ever replaced. Empty: none.
    pub folder: PathBuf,
    /// A bucket with Object Lock, best another one than the backups'.
    pub s3: Option<S3>,
}

/// A time stamp (RFC 3161) over the newest checkpoint, by an authority that is nobody's here.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timestamp {
    /// Where it is asked for. Empty: none.
    pub url: String,
    /// PEM file of the authorities that stamps are believed by. Empty: those that the system trusts.
    pub roots_file: PathBuf,
    /// Whether it may stand in the own network; then also without TLS.
    pub private: bool,
    /// PEM file of the authority of its TLS certificate. Empty: those that the system trusts.
    pub ca_file: PathBuf,
}

impl Default for Copies {
    fn default() -> Self {
        Self { at: "05:00".into(), mail_to: String::new(), folder: PathBuf::new(), s3: None }
    }
}

impl Copies {
    pub fn time(&self) -> Result<Time> {
        Time::strptime("%H:%M", &self.at)
            .map_err(|_| Error::Internal("log.copies.at must be a time such as 05:00".into()))
    }

    pub fn receivers(&self) -> Result<Vec<lettre::Address>> {
        let parts = self.mail_to.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts
            .map(|part| {
                part.parse().map_err(|_| Error::Internal("log.copies.mail_to: not an address".into()))
            })
            .collect()
    }

    /// `with_mail`: whether there is a mail server.
    pub(super) fn check(&self, with_mail: bool) -> Result<()> {
        self.time()?;
        if !self.receivers()?.is_empty() && !with_mail {
            return Err(Error::Internal("log.copies.mail_to needs a mail server ([mail])".into()));
        }
        if set(&self.folder).is_some_and(|folder| !folder.is_absolute()) {
            return Err(Error::Internal("log.copies.folder must be an absolute path".into()));
        }
        Ok(())
    }
}

impl Timestamp {
    pub fn is_on(&self) -> bool {
        !self.url.is_empty()
    }

    pub fn target(&self) -> Result<Target> {
        Target::parse(&self.url, self.private)
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.is_on() {
            self.target().map_err(|e| Error::Internal(format!("log.timestamp: {e}")))?;
        }
        Ok(())
    }
}

impl S3 {
    /// How it is reached; the secret is read now.
    pub fn bucket(&self) -> Result<generations::Bucket> {
        let secret = std::fs::read_to_string(&self.secret_file)
            .map_err(|e| Error::Internal(format!("{}: {e}", self.secret_file.display())))?;
        Ok(generations::Bucket {
            endpoint: format!("https://{}", self.endpoint),
            name: self.bucket.clone(),
            region: self.region.clone(),
            key: self.key.clone(),
            secret: secret.trim().to_owned(),
            folder: String::new(),
            ca_file: self.ca_file.clone(),
        })
    }
}

pub(super) const EXAMPLE: &str = r#"
# Once a day, where something new was signed, a copy of the newest checkpoint to where this machine changes nothing: by mail, into a folder
# of a write-once mount (made before, inside the mount), into a bucket with Object Lock. docs/operations/log.md
[log.copies]
# Asia/Tokyo.
at = "05:00"
# Addresses separated by commas.
mail_to = ""
folder = ""
# [log.copies.s3]
# endpoint = "s3.example.jp"
# bucket = "renkei-checkpoints"
# region = "jp-1"
# key = "…"
# secret_file = "/etc/renkei/secrets/checkpoints"

# A time stamp (RFC 3161) over it by somebody else's authority. Empty: none.
[log.timestamp]
url = ""
# PEM file of the authorities that stamps are believed by. Empty: those that the system trusts.
roots_file = ""
"#;

#[cfg(test)]
mod tests {
    use crate::config::{Config, example};

    fn parse(set: &[(&str, &str)]) -> crate::Result<Config> {
        let set = set.iter().map(|(k, v)| (format!("RENKEI_{k}"), (*v).to_owned()));
        Config::parse(&example(), set.collect::<Vec<_>>().into_iter())
    }

    #[test]
    fn places_are_checked_before_anything_starts() {
        let mail = [("MAIL__HOST", "mail.example.jp"), ("MAIL__FROM", "renkei@example.jp")];
        let to = ("LOG__COPIES__MAIL_TO", "kansa@example.jp, ishikai@example.jp");
        let config = parse(&[mail[0], mail[1], to]).expect("two receivers");
        assert_eq!(config.log.copies.receivers().expect("addresses").len(), 2);
        assert!(parse(&[to]).is_err(), "without a mail server");
        assert!(parse(&[mail[0], mail[1], ("LOG__COPIES__MAIL_TO", "nobody")]).is_err());
        assert!(parse(&[("LOG__COPIES__FOLDER", "/mnt/worm/renkei")]).is_ok());
        assert!(parse(&[("LOG__COPIES__FOLDER", "worm")]).is_err());
        assert!(parse(&[("LOG__COPIES__AT", "23:15")]).is_ok());
        assert!(parse(&[("LOG__COPIES__AT", "late")]).is_err());
        assert!(parse(&[("LOG__TIMESTAMP__URL", "https://time.example.jp")]).is_ok());
        assert!(parse(&[("LOG__TIMESTAMP__URL", "http://time.example.jp")]).is_err());
    }

    #[test]
    fn a_bucket_is_named_in_the_environment_too() {
        let bucket = [
            ("LOG__COPIES__S3__ENDPOINT", "s3.example.jp"),
            ("LOG__COPIES__S3__BUCKET", "checkpoints"),
            ("LOG__COPIES__S3__REGION", "jp-1"),
            ("LOG__COPIES__S3__KEY", "k"),
            ("LOG__COPIES__S3__SECRET_FILE", "/run/secrets/bucket"),
        ];
        let config = parse(&bucket).expect("a bucket");
        let s3 = config.log.copies.s3.expect("a bucket");
        assert_eq!(
            (s3.bucket.as_str(), s3.secret_file.to_str()),
            ("checkpoints", Some("/run/secrets/bucket"))
        );
        assert!(parse(&bucket[1..]).is_err(), "without an endpoint");
    }
}
