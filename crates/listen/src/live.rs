//! The certificate that is served now, and its replacement while the server runs.

use std::{
    collections::HashMap,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use parking_lot::RwLock;
use rustls::{
    ServerConfig,
    server::danger::ClientCertVerifier,
    sign::{CertifiedKey, SingleCertAndKey},
};
use tls_profile::{Clients, Facts, Pair, Profile, Refused, read_roots, server_config};

/// What a port needs to know of its TLS.
#[derive(Debug, Clone)]
pub struct Settings {
    pub profile: Profile,
    /// PEM: the server's certificate first, then its issuers.
    pub certificate: PathBuf,
    /// PEM, 0600. May be the same file.
    pub key: PathBuf,
    /// Host names or addresses that the certificate must be for.
    pub names: Vec<String>,
    /// PEM: authorities of client certificates. Given, nobody comes in without one.
    pub client_ca: Option<PathBuf>,
    /// Who decides about client certificates instead, while the port is open. Given, nobody comes in without one.
    pub verifier: Option<Arc<dyn ClientCertVerifier>>,
    /// The files may come later: an ACME order writes them.
    pub ordered: bool,
}

/// What is live, and what went wrong the last time.
#[derive(Debug, Clone, Default)]
pub struct Status {
    pub facts: Option<Facts>,
    pub loaded_at: Option<Timestamp>,
    /// Why the newest files, or the newest order, are not in use; `None` when all is well.
    pub trouble: Option<String>,
}

/// What tells a changed file from an unchanged one: place on the disk, size and time.
type Marks = Vec<Option<(u64, u64, i64, i64)>>;

/// The TLS side of a port.
#[derive(Debug)]
pub struct Live {
    settings: Settings,
    config: RwLock<Option<Arc<ServerConfig>>>,
    status: RwLock<Status>,
    /// Of the files, from right before they were read the last time.
    seen: RwLock<Marks>,
    /// Certificates that answer an authority's question, by domain, while an order runs.
    pub(crate) challenges: RwLock<HashMap<String, Arc<CertifiedKey>>>,
}

impl Live {
    /// Reads and checks what is to be served. Refused: nothing may start with it.
    pub fn open(settings: Settings) -> Result<Arc<Self>, Refused> {
        let live = Self {
            config: RwLock::default(),
            status: RwLock::default(),
            seen: RwLock::default(),
            challenges: RwLock::default(),
            settings,
        };
        *live.seen.write() = live.marks();
        let nothing_yet = live.settings.ordered && !live.settings.certificate.exists();
        if !nothing_yet && let Err(refused) = live.load() {
            // A stored certificate that has grown old is what an order is for.
            if !live.settings.ordered {
                return Err(refused);
            }
        }
        Ok(Arc::new(live))
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What new connections meet; `None` before the first certificate is there.
    pub fn config(&self) -> Option<Arc<ServerConfig>> {
        self.config.read().clone()
    }

    pub fn status(&self) -> Status {
        self.status.read().clone()
    }

    /// Reads the files again. What is wrong with them leaves the old certificate in place, and stands in the status.
    pub fn reload(&self) {
        match self.load() {
            Ok(()) => tracing::info!("the certificate was read anew"),
            Err(refused) => {
                tracing::error!(%refused, "the new certificate is not used; the old one stays");
                self.trouble(refused.to_string());
            }
        }
    }

    pub(crate) fn trouble(&self, text: String) {
        self.status.write().trouble = Some(text);
    }

    fn load(&self) -> Result<(), Refused> {
        // Before they are read: what changes meanwhile, or before anybody watches, is a change.
        *self.seen.write() = self.marks();
        let s = &self.settings;
        let pair = Pair::read(&s.certificate, &s.key, &s.names, Timestamp::now())?;
        let clients = match (&s.verifier, &s.client_ca) {
            (Some(verifier), _) => Clients::Verified(verifier.clone()),
            (None, Some(file)) => Clients::From(Arc::new(read_roots(file)?)),
            (None, None) => Clients::Anyone,
        };
        let resolver = Arc::new(SingleCertAndKey::from(pair.certified));
        let config = server_config(&s.profile, resolver, &clients, &[b"h2", b"http/1.1"])?;
        *self.config.write() = Some(Arc::new(config));
        *self.status.write() =
            Status { facts: Some(pair.facts), loaded_at: Some(Timestamp::now()), trouble: None };
        Ok(())
    }

    /// Looks at the files every `every`, and reads them when one has changed or `SIGHUP` came. Never ends.
    pub async fn watch(self: Arc<Self>, every: Duration) {
        let mut hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok();
        loop {
            let asked = async {
                match &mut hangup {
                    Some(signal) => signal.recv().await,
                    None => std::future::pending().await,
                }
            };
            let forced = tokio::select! { _ = asked => true, () = tokio::time::sleep(every) => false };
            if forced || self.marks() != *self.seen.read() {
                let live = self.clone();
                let _ = tokio::task::spawn_blocking(move || live.reload()).await;
            }
        }
    }

    fn marks(&self) -> Marks {
        let mark = |file: &Path| {
            std::fs::metadata(file).ok().map(|m| (m.ino(), m.size(), m.mtime(), m.mtime_nsec()))
        };
        let s = &self.settings;
        [Some(&s.certificate), Some(&s.key), s.client_ca.as_ref()]
            .into_iter()
            .flatten()
            .map(|f| mark(f))
            .collect()
    }
}
