//! The deployment that a command works on, whether its server runs or not: `--data DIR` or `--config FILE`.

use std::path::Path;

use private_postgres::Cluster;

use super::{deployment, serve};
use crate::{Error, Result, app::App, config::Config, db::Access};

/// An open deployment. A cluster that was started for the command ends with [`Place::close`].
#[derive(Debug)]
pub struct Place {
    pub app: App,
    started: Option<Cluster>,
}

impl Place {
    pub async fn open(data: Option<&Path>, config: Option<&Path>) -> Result<Self> {
        match (data, config) {
            (Some(data), _) => Self::folder(data).await,
            (None, Some(file)) => {
                let config = Config::load(file)?;
                let access = Access { connections: 2, ..Access::of(&config.database)? };
                Ok(Self { app: serve::open(config, &access).await?, started: None })
            }
            (None, None) => Err(Error::Internal("say which deployment: --data DIR or --config FILE".into())),
        }
    }

    async fn folder(data: &Path) -> Result<Self> {
        let config = deployment::config(data, ([127, 0, 0, 1], 8080).into());
        if let Some(socket) = private_postgres::running(data).map_err(Error::internal)? {
            let role = |name: &str| socket.config(name, deployment::DATABASE);
            let access = Access {
                app: role("renkei_app"),
                auth: role("renkei_auth"),
                job: role("renkei_job"),
                operator: None,
                connections: 2,
            };
            return Ok(Self { app: serve::open(config, &access).await?, started: None });
        }
        let cluster = deployment::start_cluster(data).await?;
        let app = serve::open(config, &deployment::access(&cluster, 2)).await?;
        Ok(Self { app, started: Some(cluster) })
    }

    pub async fn close(self) -> Result<()> {
        drop(self.app);
        match self.started {
            Some(cluster) => cluster.stop().await.map_err(Error::internal),
            None => Ok(()),
        }
    }
}
