//! `[status]`: the synthetic user, and the copy of the status page for when no node answers.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Error, Result, outbound::Target};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Status {
    /// Where this node's synthetic user comes in. Empty: `base_url`, like people. Another address only where the machine
    /// cannot reach its own public name: the balancer inside.
    pub probe_url: String,
    /// Folder for the newest status page as a file, for a web server that answers when no node does. Empty: none.
    pub copy: PathBuf,
}

impl Status {
    pub(super) fn in_folder(data: &Path) -> Self {
        Self { copy: data.join("run/status"), ..Self::default() }
    }

    pub(super) fn settle_in(&mut self, data: &Path) {
        if self.copy.as_os_str().is_empty() {
            self.copy = Self::in_folder(data).copy;
        }
    }

    /// Where the synthetic user comes in. The own door may stand in the own network.
    pub fn door(&self, base_url: &str) -> Result<Target> {
        Target::parse(if self.probe_url.is_empty() { base_url } else { &self.probe_url }, true)
    }

    pub(super) fn check(&self, base_url: &str) -> Result<()> {
        self.door(base_url)
            .map(drop)
            .map_err(|_| Error::Internal("status.probe_url must be an https:// or http:// address".into()))
    }
}

pub(super) const EXAMPLE: &str = r#"
[status]
# Every five seconds a synthetic user of each node comes in through the public door; the figures of /status are counted from
# what it meets. Empty: by base_url, like people. Another address only where this machine cannot reach its own public name
# ("https://balancer.internal").
probe_url = ""
# Folder for the newest status page as a file (index.html, status.json), for a web server in front that answers when no node
# does. Empty: none.
copy = ""
"#;
