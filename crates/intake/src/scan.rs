//! Asks a virus scanner. Only clamd's INSTREAM is spoken: the bytes go over the socket, the scanner needs no
//! access to the storage.
//!
//! clamd answers "clean" for what exceeds its own limits unless told otherwise, so run it with
//! `AlertExceedsMax yes`, and with `StreamMaxLength` and `MaxFileSize` not below the largest upload.

use std::{io, path::PathBuf, time::Duration};

use clamav_client::tokio::{Socket, Tcp, TransportProtocol, ping, scan_buffer};
use tokio::time::timeout;

/// Long enough for a large archive on a busy machine.
const SCAN_TIME: Duration = Duration::from_secs(60);
const PING_TIME: Duration = Duration::from_secs(5);
const CHUNK: usize = 64 * 1024;

/// Where the scanner is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scanner {
    /// No scanner is configured; files stay unscanned, and are to be shown as such.
    #[default]
    None,
    /// A clamd process.
    Clamd(Address),
}

/// The socket that clamd listens on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Host and port, e.g. `127.0.0.1:3310`.
    Tcp(String),
    /// Path of a unix socket.
    Unix(PathBuf),
}

/// What the scanner said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was found.
    Clean,
    /// Malware, with the signature's name.
    Infected(String),
    /// No scanner is configured.
    Unscanned,
    /// The scanner gave no verdict; ask again later. The file must not be opened before.
    Unavailable(Reason),
}

/// Why there is no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Nobody listens, or the connection broke.
    #[error("the scanner cannot be reached")]
    Unreachable,
    /// No answer in time.
    #[error("the scanner took too long")]
    TimedOut,
    /// The file is larger than the scanner is set to look at.
    #[error("the file exceeds the scanner's limits")]
    TooLarge,
    /// Any other answer.
    #[error("the scanner failed")]
    Failed,
}

impl Scanner {
    /// Scans the whole file.
    pub async fn scan(&self, bytes: &[u8]) -> Verdict {
        self.scan_within(bytes, SCAN_TIME).await
    }

    async fn scan_within(&self, bytes: &[u8], time: Duration) -> Verdict {
        match self {
            Self::None => Verdict::Unscanned,
            Self::Clamd(Address::Tcp(host_address)) => instream(bytes, Tcp { host_address }, time).await,
            Self::Clamd(Address::Unix(socket_path)) => instream(bytes, Socket { socket_path }, time).await,
        }
    }

    /// Whether a configured scanner answers; also true when none is configured.
    pub async fn is_up(&self) -> bool {
        let answer = match self {
            Self::None => return true,
            Self::Clamd(Address::Tcp(host_address)) => timeout(PING_TIME, ping(Tcp { host_address })).await,
            Self::Clamd(Address::Unix(socket_path)) => timeout(PING_TIME, ping(Socket { socket_path })).await,
        };
        matches!(answer, Ok(Ok(pong)) if pong == clamav_client::PONG)
    }
}

async fn instream(bytes: &[u8], clamd: impl TransportProtocol, time: Duration) -> Verdict {
    match timeout(time, scan_buffer(bytes, clamd, Some(CHUNK))).await {
        Err(_) => Verdict::Unavailable(Reason::TimedOut),
        // clamd hangs up in the middle of a stream that exceeds StreamMaxLength.
        Ok(Err(e)) if matches!(e.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => {
            Verdict::Unavailable(Reason::TooLarge)
        }
        Ok(Err(_)) => Verdict::Unavailable(Reason::Unreachable),
        Ok(Ok(answer)) => verdict(&String::from_utf8_lossy(&answer)),
    }
}

/// Reads `stream: OK`, `stream: NAME FOUND` or `… ERROR`, ended by a zero byte.
fn verdict(answer: &str) -> Verdict {
    let answer = answer.trim_end_matches(['\0', '\n']);
    let Some(said) = answer.strip_prefix("stream: ") else {
        let reason = if answer.contains("size limit exceeded") { Reason::TooLarge } else { Reason::Failed };
        return Verdict::Unavailable(reason);
    };
    match said.strip_suffix(" FOUND") {
        // With AlertExceedsMax: not malware, but not looked at to the end either.
        Some(name) if name.contains("Limits.Exceeded") => Verdict::Unavailable(Reason::TooLarge),
        Some(name) => Verdict::Infected(name.to_owned()),
        None if said == "OK" => Verdict::Clean,
        None => Verdict::Unavailable(Reason::Failed),
    }
}

#[cfg(test)]
mod tests;
