//! `[log]`: where the tree of the record stands, with which key it is signed, and who cosigns.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Copies, Timestamp};
use crate::{Error, Result, outbound::Target};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Folder of the tiles and the checkpoint, read by everybody at `/log`. Empty: this node has no log and signs none; some node should, or the
    /// record proves nothing to outsiders.
    pub folder: PathBuf,
    /// The key that signs (0600), made with the first checkpoint. Kept apart from the database's backups.
    pub key_file: PathBuf,
    /// Seconds between two rounds, 1 to 10.
    pub seconds: u64,
    /// Seconds between two looks at a part of what was sealed before, 0 to 60.
    pub patrol_seconds: u64,
    /// Who cosigns: `[[log.witnesses]]`.
    pub witnesses: Vec<Witness>,
    /// What of it leaves this machine once a day.
    pub copies: Copies,
    /// Who stamps it once a day.
    pub timestamp: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Where `/add-checkpoint` (C2SP tlog-witness) is asked.
    pub url: String,
    /// Its public key (a vkey: `name+id+base64`), as `renkei witness` prints it.
    pub key: String,
    /// Whether it may stand in the own network; then also without TLS.
    #[serde(default)]
    pub private: bool,
    /// PEM file of the authority of its certificate. Empty: those that the system trusts.
    #[serde(default)]
    pub ca_file: PathBuf,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            folder: PathBuf::new(),
            key_file: PathBuf::new(),
            seconds: 5,
            patrol_seconds: 15,
            witnesses: Vec::new(),
            copies: Copies::default(),
            timestamp: Timestamp::default(),
        }
    }
}

impl Log {
    pub fn in_folder(data: &Path) -> Self {
        let mut log = Self::default();
        log.settle_in(data);
        log
    }

    /// With `data` set, folder and key have their places in it unless told otherwise.
    pub fn settle_in(&mut self, data: &Path) {
        if self.folder.as_os_str().is_empty() {
            self.folder = data.join("log");
        }
        if self.key_file.as_os_str().is_empty() {
            self.key_file = data.join("keys/sealer");
        }
    }

    pub fn is_on(&self) -> bool {
        !self.folder.as_os_str().is_empty()
    }

    /// `with_mail`: whether there is a mail server.
    pub(super) fn check(&self, with_mail: bool) -> Result<()> {
        self.copies.check(with_mail)?;
        self.timestamp.check()?;
        if self.is_on() && self.key_file.as_os_str().is_empty() {
            return Err(Error::Internal("log.key_file must be set where log.folder is".into()));
        }
        if !(1..=10).contains(&self.seconds) {
            return Err(Error::Internal("log.seconds must be between 1 and 10".into()));
        }
        if self.patrol_seconds > 60 {
            return Err(Error::Internal("log.patrol_seconds must be between 0 and 60".into()));
        }
        for witness in &self.witnesses {
            Target::parse(&witness.url, witness.private)
                .map_err(|e| Error::Internal(format!("log.witnesses: {e}")))?;
            let key: Result<tlog::note::VerifyKey, _> = witness.key.parse();
            if key.is_err() {
                return Err(Error::Internal(format!("log.witnesses: the key of {} is none", witness.url)));
            }
        }
        Ok(())
    }
}
