//! The accept loop.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use rustls::pki_types::CertificateDer;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::{
    Limits, Live, Stats,
    connection::{Fault, Shared},
    room::Room,
};

/// How one comes in.
#[derive(Debug, Clone)]
pub enum Door {
    /// HTTP/1.1 in the clear; for loopback and for redirects.
    Plain,
    /// TLS with whatever certificate is live.
    Tls(Arc<Live>),
}

/// Who is at the other end. In the extensions of every request.
#[derive(Debug, Clone)]
pub struct Peer {
    pub address: SocketAddr,
    pub tls: bool,
    /// The client's certificate, verified, where one was demanded.
    pub certificate: Option<CertificateDer<'static>>,
}

/// Serves until `stop` turns true, then until the running requests have ended.
///
/// # Errors
/// None today: a failing accept (out of descriptors, a client that went away) is tried again.
pub async fn serve<S, B>(
    listener: TcpListener,
    door: Door,
    limits: Limits,
    stats: Arc<Stats>,
    service: S,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Fault>,
{
    let room = Room::new(&limits, stats.clone());
    let plain = matches!(door, Door::Plain);
    let shared = Arc::new(Shared { door, limits, stats, service });
    let (tracker, farewells) = (TaskTracker::new(), Arc::new(Semaphore::new(64)));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|s| *s) => break,
        };
        let Ok((tcp, address)) = accepted else {
            // Out of descriptors: some will be given back; a spinning loop would help nobody.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Some(place) = room.enter(address.ip()) else {
            if plain && let Ok(permit) = farewells.clone().try_acquire_owned() {
                tracker.spawn(async move {
                    let _ = tokio::time::timeout(Duration::from_secs(1), turn_away(tcp)).await;
                    drop(permit);
                });
            }
            continue;
        };
        // Small answers and live events leave at once instead of waiting for the other side's acknowledgement.
        let _ = tcp.set_nodelay(true);
        let (shared, stop) = (shared.clone(), stop.clone());
        let peer = Peer { address, tls: false, certificate: None };
        tracker.spawn(async move {
            shared.connection(tcp, peer, stop).await;
            drop(place);
        });
    }
    drop(listener);
    tracker.close();
    tracker.wait().await;
    Ok(())
}

const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 10\r\ncontent-type: text/plain; charset=utf-8\r\n\
content-length: 53\r\ncache-control: no-store\r\nconnection: close\r\n\r\nToo many connections. Please try again in 10 seconds.";

/// Says that there is no room. What the client has sent is read, or its system would throw the answer away.
async fn turn_away(mut tcp: TcpStream) -> io::Result<()> {
    tcp.write_all(FULL).await?;
    tcp.shutdown().await?;
    let mut rest = [0; 4096];
    while tcp.read(&mut rest).await? > 0 {}
    Ok(())
}
