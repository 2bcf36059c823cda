use std::path::PathBuf;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::{Error, Result};

/// Reading from a standby while the primary is away. Without a URL pages wait for the primary instead.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reading {
    /// How to reach a standby as `renkei_app`.
    pub standby: String,
    /// Folder of this node alone (never shared) where views are noted, sealed, until the primary is back.
    pub spool: PathBuf,
    /// Seconds that a standby may be behind the primary's last sign of life, 1 to 10.
    pub most_behind_seconds: u32,
    /// Seconds that reading may go on without a primary, up to 300. Whoever was removed meanwhile, somewhere that this
    /// node cannot see, reads for that long at most.
    pub longest_seconds: u32,
}

impl Default for Reading {
    fn default() -> Self {
        Self { standby: String::new(), spool: PathBuf::new(), most_behind_seconds: 10, longest_seconds: 60 }
    }
}

impl Reading {
    pub(super) fn check(&self) -> Result<()> {
        if self.standby.is_empty() {
            return Ok(());
        }
        if self.spool.as_os_str().is_empty() {
            return Err(Error::Internal(
                "reading.standby needs reading.spool: a folder of this node where views are noted; without a note nothing is read"
                    .into(),
            ));
        }
        if !(1..=10).contains(&self.most_behind_seconds) {
            return Err(Error::Internal("reading.most_behind_seconds must be between 1 and 10".into()));
        }
        if !(1..=300).contains(&self.longest_seconds) {
            return Err(Error::Internal("reading.longest_seconds must be between 1 and 300".into()));
        }
        Ok(())
    }

    pub fn most_behind(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.most_behind_seconds))
    }

    pub fn longest(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.longest_seconds))
    }
}

pub(super) fn example() -> String {
    let reading = Reading::default();
    format!(
        r#"# Reading from a standby while the primary is away (docs/operations/redundancy.md). Without a standby pages wait.
[reading]
# standby = "host=127.0.0.1 port=5001 dbname=renkei user=renkei_app"
# Folder of this node alone: views are noted here, sealed, until the primary is back. No note, no reading.
# spool = "/var/lib/renkei/spool"
# Seconds that a standby may be behind the primary's last sign of life (1 to 10), and that reading may go on (up to 300).
most_behind_seconds = {}
longest_seconds = {}
"#,
        reading.most_behind_seconds, reading.longest_seconds
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standby_without_a_spool_or_with_an_old_one_is_refused() {
        let good = Reading {
            standby: "host=127.0.0.1 port=5001 dbname=renkei user=renkei_app".into(),
            spool: "/var/lib/renkei/spool".into(),
            ..Reading::default()
        };
        assert!(good.check().is_ok());
        assert!(Reading::default().check().is_ok());
        for bad in [
            Reading { spool: PathBuf::new(), ..good.clone() },
            Reading { most_behind_seconds: 11, ..good.clone() },
            Reading { longest_seconds: 301, ..good },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
