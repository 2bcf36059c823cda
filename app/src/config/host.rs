use serde::Deserialize;

/// The machine as its admin wants it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Host {
    /// TCP ports beside Renkei's own that may be open to other machines. Any other one is reported.
    pub ports: Vec<u16>,
}

impl Default for Host {
    fn default() -> Self {
        Self { ports: vec![22] }
    }
}
