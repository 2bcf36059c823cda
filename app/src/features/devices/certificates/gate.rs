//! What this node's listener for devices knows: the authority, and the certificates that were taken back.

use std::{collections::HashSet, sync::Arc, time::Duration};

use listen::tls_profile::{Fingerprint, Revocable, rustls::pki_types::CertificateDer};
use tokio::time::MissedTickBehavior;

use super::store;
use crate::{
    Error, Result,
    app::{App, Shared},
    config::Config,
};

/// Another node's revocation is known here after this long; this node's own at once. The promise is a minute.
const LOOK: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub struct Gate {
    verifier: Arc<Revocable>,
    on: bool,
}

impl Gate {
    pub fn new(config: &Config) -> Self {
        Self { verifier: Arc::new(Revocable::new(&config.tls.profile())), on: config.devices.has_doors() }
    }

    pub fn verifier(&self) -> Arc<Revocable> {
        self.verifier.clone()
    }

    /// Reads what was taken back, where there is a listener that needs to know.
    pub async fn look(&self, app: &App) -> Result<()> {
        if !self.on {
            return Ok(());
        }
        let authority = app.db.job(store::AUTHORITY, &[]).await?;
        let authority = authority.first().map(|r| CertificateDer::from(r.get::<_, Vec<u8>>(1)));
        let revoked: HashSet<Fingerprint> = app
            .db
            .job(store::REVOKED, &[])
            .await?
            .iter()
            .filter_map(|r| r.get::<_, Vec<u8>>(0).try_into().ok())
            .collect();
        self.verifier.set(authority, revoked).map_err(Error::internal)
    }
}

/// Looks again and again. While the database does not answer, what is known stays.
pub async fn keep_watch(app: Shared) {
    let mut tick = tokio::time::interval(LOOK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = app.devices.look(&app).await {
            tracing::warn!(%error, "certificates taken back elsewhere are not known yet");
        }
    }
}
