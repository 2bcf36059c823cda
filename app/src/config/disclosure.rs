//! `[disclosure]`: what the generated disclosure has to be told, because the program cannot find it out.

use serde::Deserialize;

use crate::{Error, Result};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Disclosure {
    /// How people call this deployment.
    pub service_name: String,
    /// Who runs it for whom: decides whose duty each control is.
    pub hosting: Hosting,
    /// Nodes that serve people at the same time.
    pub service_nodes: u32,
}

/// Who runs the deployment for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hosting {
    /// One facility for itself: there is no provider, and it bears everything.
    Own,
    /// A medical association or city for its region.
    Association,
    /// A company for facilities.
    Provider,
}

impl Default for Disclosure {
    fn default() -> Self {
        Self { service_name: "連携".into(), hosting: Hosting::Association, service_nodes: 1 }
    }
}

impl Disclosure {
    pub(super) fn check(&self) -> Result<()> {
        if !(1..=64).contains(&self.service_nodes) {
            return Err(Error::Internal("disclosure.service_nodes must be between 1 and 64".into()));
        }
        Ok(())
    }
}
