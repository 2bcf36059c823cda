//! One HTTP request on a connection of its own.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{HeaderMap, Request, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use super::Target;
use crate::jobs::Failure;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// At most as long as the caller wanted to read; empty where it wanted nothing.
    pub body: Bytes,
}

/// Sends `request` to `target` and reads at most `most` bytes of the answer's body; a longer one is a failure. A redirect is
/// an answer like any other. There is no time limit here: the caller knows how long it waits.
pub async fn call(
    target: &Target,
    tls: &Arc<ClientConfig>,
    request: Request<Full<Bytes>>,
    most: usize,
) -> Result<Answer, Failure> {
    let addresses = target.addresses().await.ok_or(Failure::later("address_not_allowed"))?;
    let stream =
        TcpStream::connect(addresses.as_slice()).await.map_err(|_| Failure::later("no_connection"))?;
    if !target.is_tls() {
        return exchange(stream, request, most).await;
    }
    let name = ServerName::try_from(target.host().to_owned()).map_err(|_| Failure::for_good("not_a_name"))?;
    let stream = tokio_rustls::TlsConnector::from(tls.clone())
        .connect(name, stream)
        .await
        .map_err(|_| Failure::later("tls_failed"))?;
    exchange(stream, request, most).await
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>, most: usize) -> Result<Answer, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|_| Failure::later("no_connection"))?;
    // Dropped with the caller, whatever becomes of it.
    let mut driver = tokio::task::JoinSet::new();
    driver.spawn(connection);
    let answer = sender.send_request(request).await.map_err(|_| Failure::later("no_answer"))?;
    let (head, body) = answer.into_parts();
    let body = match most {
        0 => Bytes::new(),
        _ => {
            Limited::new(body, most).collect().await.map_err(|_| Failure::later("broken_answer"))?.to_bytes()
        }
    };
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
}
