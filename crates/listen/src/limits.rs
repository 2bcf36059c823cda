use std::time::Duration;

use serde::Deserialize;

use crate::room::Block;

/// What one client, one neighbourhood and all together may take of the port.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections at the same time.
    pub total: usize,
    /// Connections at the same time from one address block (IPv4 /24, IPv6 /48). A hospital behind one address with
    /// 300 people needs about 300.
    pub per_block: usize,
    /// Addresses or blocks that the limit per block does not count, as `192.0.2.7` or `10.0.0.0/8`: proxies.
    pub unlimited: Vec<Block>,
    /// Seconds for a TLS handshake, and again for the first bytes behind it.
    pub handshake_seconds: u64,
    /// Seconds for the head of a request, and for a connection without one.
    pub header_seconds: u64,
    /// Seconds in which a client that takes an answer must take some of it.
    pub write_seconds: u64,
    /// Header fields of one request.
    pub headers: usize,
    /// Bytes of the head of one request, at least 8192.
    pub header_bytes: usize,
    /// Requests at the same time on one HTTP/2 connection.
    pub streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: 4096,
            per_block: 512,
            unlimited: vec![Block::of("127.0.0.0", 8), Block::of("::1", 128)],
            handshake_seconds: 10,
            header_seconds: 30,
            write_seconds: 60,
            headers: 64,
            header_bytes: 16 * 1024,
            streams: 64,
        }
    }
}

impl Limits {
    /// What cannot work, in words.
    pub fn check(&self) -> Result<(), String> {
        let positive = [
            ("total", self.total as u64),
            ("per_block", self.per_block as u64),
            ("handshake_seconds", self.handshake_seconds),
            ("header_seconds", self.header_seconds),
            ("write_seconds", self.write_seconds),
            ("headers", self.headers as u64),
            ("streams", u64::from(self.streams)),
        ];
        if let Some((name, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Err(format!("connections.{name} must be at least 1"));
        }
        if !(8192..=1024 * 1024).contains(&self.header_bytes) {
            return Err("connections.header_bytes must be between 8192 and 1048576".into());
        }
        Ok(())
    }

    pub(crate) fn handshake(&self) -> Duration {
        Duration::from_secs(self.handshake_seconds)
    }

    pub(crate) fn header(&self) -> Duration {
        Duration::from_secs(self.header_seconds)
    }

    pub(crate) fn write(&self) -> Duration {
        Duration::from_secs(self.write_seconds)
    }
}
