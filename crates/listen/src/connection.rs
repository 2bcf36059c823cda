//! One connection from its first byte to its last.

use std::{
    convert::Infallible,
    error::Error as StdError,
    io,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use http::{Request, Response};
use hyper::{
    body::{Body, Incoming},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::server::Acceptor;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
};
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};
use tower::{Service, ServiceExt as _};

use crate::{Door, Limits, Live, Peer, Stats, acme, watched::Watched};

pub(crate) type Fault = Box<dyn StdError + Send + Sync>;

/// What all connections of a port share.
#[derive(Debug)]
pub(crate) struct Shared<S> {
    pub(crate) door: Door,
    pub(crate) limits: Limits,
    pub(crate) stats: Arc<Stats>,
    pub(crate) service: S,
}

impl<S, B> Shared<S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Fault>,
{
    /// Serves a connection until either side ends it, or the server stops and what runs has finished.
    pub(crate) async fn connection(&self, tcp: TcpStream, mut peer: Peer, stop: watch::Receiver<bool>) {
        let Door::Tls(live) = &self.door else {
            return self.http1(tcp, peer, stop).await;
        };
        let mut stopping = stop.clone();
        let shaken = tokio::select! {
            shaken = tokio::time::timeout(self.limits.handshake(), handshake(live, tcp)) => shaken,
            _ = stopping.wait_for(|s| *s) => return,
        };
        let stream = match shaken {
            Ok(Ok(Some(stream))) => stream,
            Ok(Ok(None)) => return,
            Ok(Err(_)) | Err(_) => {
                self.stats.handshakes_failed.fetch_add(1, Relaxed);
                return;
            }
        };
        let session = stream.get_ref().1;
        peer.tls = true;
        peer.certificate =
            session.peer_certificates().and_then(|c| c.first()).map(|c| c.clone().into_owned());
        if session.alpn_protocol() == Some(b"h2") {
            self.http2(stream, peer, stop).await;
        } else {
            self.http1(stream, peer, stop).await;
        }
    }

    async fn http1(
        &self,
        io: impl AsyncRead + AsyncWrite + Unpin + Send,
        peer: Peer,
        mut stop: watch::Receiver<bool>,
    ) {
        let io = TokioIo::new(Watched::new(io, self.limits.handshake(), self.limits.write()));
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header())
            .max_headers(self.limits.headers)
            .max_buf_size(self.limits.header_bytes);
        let mut serving = std::pin::pin!(builder.serve_connection(io, service_fn(|r| self.call(r, &peer))));
        tokio::select! {
            // A client that goes away, sends nonsense or is too slow is its own affair.
            _ = serving.as_mut() => return,
            _ = stop.wait_for(|s| *s) => serving.as_mut().graceful_shutdown(),
        }
        let _ = serving.await;
    }

    async fn http2(&self, io: TlsStream<TcpStream>, peer: Peer, mut stop: watch::Receiver<bool>) {
        let io = TokioIo::new(Watched::new(io, self.limits.handshake(), self.limits.write()));
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.limits.streams)
            .max_header_list_size(u32::try_from(self.limits.header_bytes).unwrap_or(u32::MAX))
            // Streams opened and reset at once (CVE-2023-44487), and faults that make us reset: after these, goodbye.
            .max_pending_accept_reset_streams(32)
            .max_local_error_reset_streams(128)
            .keep_alive_interval(std::time::Duration::from_secs(60))
            .keep_alive_timeout(std::time::Duration::from_secs(20));
        let mut serving = std::pin::pin!(builder.serve_connection(io, service_fn(|r| self.call(r, &peer))));
        tokio::select! {
            _ = serving.as_mut() => return,
            _ = stop.wait_for(|s| *s) => serving.as_mut().graceful_shutdown(),
        }
        let _ = serving.await;
    }

    fn call(
        &self,
        mut request: Request<Incoming>,
        peer: &Peer,
    ) -> impl Future<Output = Result<S::Response, Infallible>> + Send + use<S, B> {
        request.extensions_mut().insert(peer.clone());
        self.service.clone().oneshot(request)
    }
}

/// `None` where the connection was an authority's look at a challenge, and is over.
async fn handshake(live: &Live, tcp: TcpStream) -> io::Result<Option<TlsStream<TcpStream>>> {
    let started = LazyConfigAcceptor::new(Acceptor::default(), tcp).await?;
    if let Some(challenge) = acme::challenge(live, &started.client_hello()) {
        let _ = started.into_stream(challenge).await?;
        return Ok(None);
    }
    let Some(config) = live.config() else {
        return Err(io::Error::other("there is no certificate yet"));
    };
    started.into_stream(config).await.map(Some)
}
