//! The port of the product: which door it has, and what stands behind it. The work is done by the crate `listen`.

mod devices;
mod sheet;

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::body::Incoming;
use listen::{Counts, Door, Live, Peer, Settings, Stats, Status, acme};
use tls_profile::{Sheet, rustls::server::danger::ClientCertVerifier};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tower::ServiceExt as _;

use crate::{
    Error, Result,
    app::App,
    config::{Config, set},
    outbound,
};

pub use devices::{Doors, open_for_devices};
pub use sheet::{HSTS_SECONDS, sheet};

/// How often the files of the certificate are looked at.
const LOOK: Duration = Duration::from_secs(3);

/// What metrics, the doctor and the disclosure may know of the port.
#[derive(Debug, Default)]
pub struct Port {
    live: OnceLock<Arc<Live>>,
    stats: Arc<Stats>,
}

impl Port {
    /// Connections: open, let in, turned away; handshakes that failed.
    pub fn counts(&self) -> Counts {
        self.stats.counts()
    }

    /// The certificate that is served, and what is wrong with the newest; `None` where TLS ends elsewhere.
    pub fn certificate(&self) -> Option<Status> {
        self.live.get().map(|live| live.status())
    }

    /// The filled TLS sheet, measured now (some milliseconds of handshakes in memory).
    pub fn sheet(&self, config: &Config) -> Result<Sheet> {
        sheet(config, self.live.get().map(AsRef::as_ref))
    }
}

/// A port that answers.
#[derive(Debug)]
pub struct Opened {
    pub address: SocketAddr,
    /// Ends when the server has been told to stop and every request is answered.
    pub server: JoinHandle<std::io::Result<()>>,
    /// To be ended with the server.
    pub tasks: Vec<JoinHandle<()>>,
}

/// Checks the certificate, then opens the port. Whatever violates the profile refuses to start.
pub async fn open(app: &Arc<App>, router: Router, stop: watch::Receiver<bool>) -> Result<Opened> {
    let config = &app.config;
    let mut tasks = Vec::new();
    let door = match live(config)? {
        None if !config.listen.ip().is_loopback() => {
            return Err(Error::Internal(format!(
                "plain HTTP is served on loopback only, not on {}",
                config.listen
            )));
        }
        None => Door::Plain,
        Some(live) => {
            tasks.push(tokio::spawn(live.clone().watch(LOOK)));
            if let Some(order) = order(config) {
                tasks.push(tokio::spawn(acme::keep(live.clone(), order, outbound::tls::trusting(config)?)));
            }
            let _ = app.port.live.set(live.clone());
            Door::Tls(live)
        }
    };
    let listener = bind(config.listen).await?;
    let address = listener.local_addr().map_err(Error::internal)?;
    if let Some(from) = config.tls.redirect_from()? {
        tasks.push(redirect(config, bind(from).await?, stop.clone()));
    }
    let service = tower::service_fn(move |request| answer(router.clone(), request));
    let server =
        listen::serve(listener, door, config.connections.clone(), app.port.stats.clone(), service, stop);
    Ok(Opened { address, server: tokio::spawn(server), tasks })
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    let refused = |e| Error::Internal(format!("cannot listen on {address}: {e}"));
    TcpListener::bind(address).await.map_err(refused)
}

fn redirect(config: &Config, listener: TcpListener, stop: watch::Receiver<bool>) -> JoinHandle<()> {
    let service = listen::redirect(&config.base_url);
    let limits = config.connections.clone();
    let stats = Arc::new(Stats::default());
    let serving = listen::serve(listener, Door::Plain, limits, stats, service, stop);
    tokio::spawn(async move { drop(serving.await) })
}

async fn answer(
    router: Router,
    mut request: Request<Incoming>,
) -> Result<axum::response::Response, Infallible> {
    if let Some(address) = request.extensions().get::<Peer>().map(|peer| peer.address) {
        request.extensions_mut().insert(ConnectInfo(address));
    }
    router.oneshot(request.map(Body::new)).await
}

/// The TLS side as configured and checked; `None` where this server does not end TLS.
pub fn live(config: &Config) -> Result<Option<Arc<Live>>> {
    if !config.ends_tls() {
        return Ok(None);
    }
    let settings = settings(config, vec![config.host().to_owned()], None);
    let refused = |e| Error::Internal(format!("TLS: {e}"));
    Live::open(settings).map(Some).map_err(refused)
}

/// The TLS of a port of this configuration, for these names. `verifier`: who decides about client certificates.
fn settings(config: &Config, names: Vec<String>, verifier: Option<Arc<dyn ClientCertVerifier>>) -> Settings {
    let (certificate, key) = match order(config) {
        Some(order) => (order.file(), order.file()),
        None => (config.tls.certificate.clone(), config.tls.key.clone()),
    };
    Settings {
        profile: config.tls.profile(),
        certificate,
        key,
        names,
        client_ca: set(&config.tls.client_ca).map(Into::into),
        verifier,
        ordered: config.acme.is_some(),
    }
}

fn order(config: &Config) -> Option<acme::Order> {
    config.acme.clone().map(|a| acme::Order {
        directory: a.directory,
        contact: a.contact,
        domains: a.domains,
        folder: a.folder,
    })
}
