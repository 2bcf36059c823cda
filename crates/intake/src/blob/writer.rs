use std::io::ErrorKind;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use object_store::buffered::BufWriter;
use tokio::io::AsyncWriteExt;

use super::format::{CHUNK, Cipher};
use crate::Error;

/// A writer is used after it failed.
const GONE: Error = Error::Io(ErrorKind::BrokenPipe);

/// What is known about a blob once it is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Length of the plaintext in bytes.
    pub bytes: u64,
    /// SHA-256 of the plaintext.
    pub sha256_plain: [u8; 32],
    /// SHA-256 of the stored bytes, as [`Store::digest`](super::Store::digest) computes it again.
    pub sha256_stored: [u8; 32],
}

/// Takes an upload piece by piece. Until [`Writer::finish`] returns, nothing stands under the key; a writer
/// that is dropped leaves nothing.
pub struct Writer {
    cipher: Cipher,
    /// Gone after a failure.
    out: Option<BufWriter>,
    /// Plaintext that waits for its chunk to fill. A full chunk waits too: it may be the last.
    pending: Vec<u8>,
    number: u32,
    bytes: u64,
    plain: Context,
    stored: Context,
}

impl Writer {
    pub(super) async fn begin(cipher: Cipher, out: BufWriter) -> Result<Self, Error> {
        let header = Bytes::copy_from_slice(cipher.header());
        let (plain, stored) = (Context::new(&SHA256), Context::new(&SHA256));
        let out = Some(out);
        let mut writer = Self { cipher, out, pending: Vec::new(), number: 0, bytes: 0, plain, stored };
        writer.send(header).await?;
        Ok(writer)
    }

    /// Adds plaintext of any length.
    ///
    /// # Errors
    /// [`Error::NoSpace`] or [`Error::Io`]; the upload is lost then and its staging file removed.
    pub async fn write(&mut self, mut plaintext: &[u8]) -> Result<(), Error> {
        self.plain.update(plaintext);
        self.bytes += plaintext.len() as u64;
        while !plaintext.is_empty() {
            if self.pending.len() == CHUNK {
                self.seal(false).await?;
            }
            let (now, later) = plaintext.split_at(plaintext.len().min(CHUNK - self.pending.len()));
            self.pending.extend_from_slice(now);
            plaintext = later;
        }
        Ok(())
    }

    /// Writes what is left and makes the blob durable and visible.
    ///
    /// # Errors
    /// [`Error::NoSpace`] or [`Error::Io`]; nothing is stored then.
    pub async fn finish(mut self) -> Result<Stored, Error> {
        self.seal(true).await?;
        self.out.take().ok_or(GONE)?.shutdown().await?;
        Ok(Stored { bytes: self.bytes, sha256_plain: sha256(self.plain), sha256_stored: sha256(self.stored) })
    }

    async fn seal(&mut self, last: bool) -> Result<(), Error> {
        let chunk = std::mem::take(&mut self.pending);
        let sealed = self.cipher.seal(self.number, last, chunk)?;
        // 2^32 chunks are a petabyte; a number must never be used twice.
        self.number = self.number.checked_add(1).ok_or(Error::TooLarge { limit: u64::from(u32::MAX) })?;
        self.send(sealed.into()).await
    }

    async fn send(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.stored.update(&bytes);
        let sent = self.out.as_mut().ok_or(GONE)?.put(bytes).await;
        if sent.is_err()
            && let Some(mut out) = self.out.take()
            && out.abort().await.is_err()
        {
            tracing::warn!("the staging file of a failed upload is left for the sweep");
        }
        Ok(sent?)
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

pub(super) fn sha256(context: Context) -> [u8; 32] {
    let mut sum = [0; 32];
    sum.copy_from_slice(context.finish().as_ref());
    sum
}
