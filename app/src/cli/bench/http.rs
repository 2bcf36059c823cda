//! A client with one HTTP/1.1 connection that stays open, as a browser or a partner's system would have.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
    header,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::{Error, Result};

#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.map_err(Error::internal)?;
        stream.set_nodelay(true).map_err(Error::internal)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(Error::internal)?;
        tokio::spawn(connection);
        Ok(Self { sender, host: format!("localhost:{}", address.port()) })
    }

    /// The answer as soon as its head is there.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<String>,
    ) -> Result<Response<Incoming>> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::from(body.unwrap_or_default())).map_err(Error::internal)?;
        self.sender.ready().await.map_err(Error::internal)?;
        self.sender.send_request(request).await.map_err(Error::internal)
    }

    /// The whole body of an answer that must have this status.
    pub async fn expect(
        &mut self,
        status: StatusCode,
        method: Method,
        path: &str,
        token: &str,
        body: Option<String>,
    ) -> Result<Bytes> {
        let response = self.send(method, path, token, body).await?;
        let got = response.status();
        let bytes = response.into_body().collect().await.map_err(Error::internal)?.to_bytes();
        if got == status {
            return Ok(bytes);
        }
        let code =
            serde_json::from_slice::<Value>(&bytes).ok().and_then(|v| Some(v["code"].as_str()?.to_owned()));
        Err(Error::Internal(format!(
            "{path} answered {got} ({}) instead of {status}",
            code.unwrap_or_default()
        )))
    }

    pub async fn get(&mut self, path: &str, token: &str) -> Result<Bytes> {
        self.expect(StatusCode::OK, Method::GET, path, token, None).await
    }

    /// Sends JSON and reads JSON.
    pub async fn post(&mut self, status: StatusCode, path: &str, token: &str, body: &Value) -> Result<Value> {
        let bytes = self.expect(status, Method::POST, path, token, Some(body.to_string())).await?;
        serde_json::from_slice(&bytes).map_err(Error::internal)
    }
}
