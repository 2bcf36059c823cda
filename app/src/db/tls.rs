//! How a database on another host is reached: TLS by the profile, its chain and name verified, bound to the channel.
//!
//! Sockets and loopback stay plain unless the URL asks for TLS. There is no `prefer`: it could be talked out of it.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use rustls::{ClientConfig, pki_types::ServerName};
use tls_profile::{Identity, Profile, client_config, end_point, read_roots, roots, rustls};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::{
    Client, Config,
    config::{Host, SslMode},
    tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream as Encrypted};

use crate::{Error, Result, config::Database};

/// The TLS side of connections to the database. By default there is none, which is enough for sockets.
#[derive(Clone, Default)]
pub struct Tls(Option<Arc<ClientConfig>>);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Tls(TLS 1.3)" } else { "Tls(none)" })
    }
}

impl Tls {
    /// As the configuration says.
    pub fn of(database: &Database) -> Result<Self> {
        use crate::config::set;
        let roots = match set(&database.root_certificate) {
            Some(file) => read_roots(file),
            None => roots(None),
        };
        let identity = match (set(&database.certificate), set(&database.key)) {
            (None, None) => None,
            (Some(certificate), Some(key)) => {
                Some(Identity::read(certificate, key).map_err(Error::internal)?)
            }
            _ => return Err(Error::Internal("database.certificate and database.key belong together".into())),
        };
        let config = client_config(&Profile::default(), Arc::new(roots.map_err(Error::internal)?), identity);
        Ok(Self(Some(Arc::new(config.map_err(Error::internal)?))))
    }

    /// A connection with its driver running beside it.
    pub async fn connect(&self, config: &Config) -> Result<Client> {
        let (client, connection) = config.connect(self.clone()).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// Reads a URL. `verify-ca` and `verify-full` mean what `require` means here: everything is always verified.
///
/// # Errors
/// A URL that cannot be read, or one that would send records over a network in the clear.
pub fn address(url: &str) -> Result<Config> {
    let known = ["verify-full", "verify-ca"]
        .iter()
        .fold(url.to_owned(), |url, mode| url.replace(&format!("sslmode={mode}"), "sslmode=require"));
    let mut config: Config = known.parse().map_err(Error::internal)?;
    let mode = match (config.get_ssl_mode(), is_local(&config)) {
        (SslMode::Disable, false) => {
            return Err(Error::Internal(
                "a database on another host is reached by TLS alone: take sslmode=disable out of its URL"
                    .into(),
            ));
        }
        (SslMode::Prefer | SslMode::Disable, true) => SslMode::Disable,
        _ => SslMode::Require,
    };
    config.ssl_mode(mode);
    Ok(config)
}

/// Whether nothing leaves this machine.
pub fn is_local(config: &Config) -> bool {
    let host = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        Host::Unix(_) => true,
    };
    let addresses = config.get_hostaddrs();
    if addresses.is_empty() {
        config.get_hosts().iter().all(host)
    } else {
        addresses.iter().all(|a| a.is_loopback())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Tls {
    type Stream = Stream<S>;
    type TlsConnect = Handshake;
    type Error = io::Error;

    /// Asked before it is known whether TLS is wanted, and for sockets too, which have no name: only [`Handshake::connect`]
    /// may fail.
    fn make_tls_connect(&mut self, host: &str) -> io::Result<Handshake> {
        Ok(Handshake { config: self.0.clone(), name: host.to_owned() })
    }
}

/// One handshake that may come about.
pub struct Handshake {
    config: Option<Arc<ClientConfig>>,
    name: String,
}

impl std::fmt::Debug for Handshake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handshake").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Handshake {
    type Stream = Stream<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let config =
                self.config.ok_or_else(|| io::Error::other("TLS is not set up for this connection"))?;
            let name = ServerName::try_from(self.name).map_err(io::Error::other)?;
            TlsConnector::from(config).connect(name, stream).await.map(Stream)
        })
    }
}

/// An encrypted connection that can name its server end (RFC 5929), so that a password proof is worth nothing elsewhere.
#[derive(Debug)]
pub struct Stream<S>(Encrypted<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Stream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        let certificates = self.0.get_ref().1.peer_certificates();
        match certificates.and_then(|c| c.first()).and_then(end_point) {
            Some(end_point) => ChannelBinding::tls_server_end_point(end_point),
            None => ChannelBinding::none(),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_the_machine_is_encrypted() {
        let mode = |url: &str| address(url).expect(url).get_ssl_mode();
        for local in [
            "host=/run/postgresql user=a",
            "host=localhost user=a",
            "postgresql://a@127.0.0.1/renkei",
            "host=::1 user=a sslmode=prefer",
        ] {
            assert_eq!(mode(local), SslMode::Disable, "{local}");
        }
        for far in [
            "host=db.invalid user=a",
            "host=localhost,db.invalid user=a",
            "postgresql://a@db.invalid/renkei?sslmode=verify-full",
            "host=db.invalid user=a sslmode=prefer",
        ] {
            assert_eq!(mode(far), SslMode::Require, "{far}");
        }
        assert_eq!(mode("host=localhost user=a sslmode=verify-full"), SslMode::Require, "asked for");
        let error = address("host=db.invalid user=a sslmode=disable").unwrap_err().to_string();
        assert!(error.contains("TLS alone"), "{error}");
    }
}
