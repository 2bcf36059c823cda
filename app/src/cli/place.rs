//! The deployment that a command works on, opened, whether its server runs or not.

use super::{deployment::Reached, serve, which::Which};
use crate::{Result, app::App};

/// An open deployment. A cluster that was started for the command ends with [`Place::close`].
#[derive(Debug)]
pub struct Place {
    pub app: App,
    reached: Reached,
}

impl Place {
    pub async fn open(which: &Which) -> Result<Self> {
        let config = which.load()?;
        let reached = Reached::of(&config).await?;
        let access = reached.access(&config)?;
        Ok(Self { app: serve::open(config, &access).await?, reached })
    }

    pub async fn close(self) -> Result<()> {
        drop(self.app);
        self.reached.leave().await
    }
}
