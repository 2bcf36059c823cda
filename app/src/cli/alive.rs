//! `renkei alive`: whether something answers where the settings say. An image without a shell has no other way to ask.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::which::Which;
use crate::{Error, Result};

const WAIT: Duration = Duration::from_secs(3);
const ASK: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Any answer will do, a closed connection too: a port with TLS says in its own way that this was no greeting.
pub async fn alive(which: &Which) -> Result<()> {
    let mut address = which.load()?.listen;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(ASK).await?;
        stream.read(&mut [0; 16]).await
    };
    match tokio::time::timeout(WAIT, asked).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(why)) => Err(Error::Unavailable(format!("{address}: {why}"))),
        Err(_) => Err(Error::Unavailable(format!("{address} does not answer"))),
    }
}
