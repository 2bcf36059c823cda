//! The bytes: sealing and opening one chunk, and where each chunk stands. No input or output here.

use std::ops::Range;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand,
};

use crate::Error;

const MAGIC: &[u8; 14] = b"renkei-blob/1\n";
const PREFIX: usize = 7;
pub(super) const HEADER: usize = MAGIC.len() + PREFIX;
/// Plaintext bytes in every chunk but the last.
pub(super) const CHUNK: usize = 256 * 1024;
const TAG: usize = 16;
pub(super) const SEALED: usize = CHUNK + TAG;

/// Seals and opens the chunks of one blob.
pub(super) struct Cipher {
    key: LessSafeKey,
    header: [u8; HEADER],
    aad: Vec<u8>,
}

impl Cipher {
    /// For a new blob, with a fresh nonce prefix.
    pub(super) fn new(file_key: &[u8; 32], aad: &[u8]) -> Result<Self, Error> {
        let mut header = [0; HEADER];
        header[..MAGIC.len()].copy_from_slice(MAGIC);
        // The generator fails only when the system gives no entropy at all.
        rand::fill(&mut header[MAGIC.len()..]).map_err(|_| Error::Io(std::io::ErrorKind::Other))?;
        Self::with_header(file_key, aad, header)
    }

    /// For a stored blob.
    pub(super) fn of_header(file_key: &[u8; 32], aad: &[u8], header: &[u8]) -> Result<Self, Error> {
        let header: [u8; HEADER] = header.try_into().map_err(|_| Error::Damaged)?;
        if !header.starts_with(MAGIC) {
            return Err(Error::Damaged);
        }
        Self::with_header(file_key, aad, header)
    }

    fn with_header(file_key: &[u8; 32], aad: &[u8], header: [u8; HEADER]) -> Result<Self, Error> {
        let key = UnboundKey::new(&AES_256_GCM, file_key).map_err(|_| Error::Damaged)?;
        Ok(Self { key: LessSafeKey::new(key), header, aad: [&header, aad].concat() })
    }

    pub(super) fn header(&self) -> &[u8; HEADER] {
        &self.header
    }

    pub(super) fn seal(&self, number: u32, last: bool, mut chunk: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.key
            .seal_in_place_append_tag(self.nonce(number, last), self.chunk_aad(number), &mut chunk)
            .map_err(|_| Error::Damaged)?;
        Ok(chunk)
    }

    pub(super) fn open(&self, number: u32, last: bool, mut chunk: Vec<u8>) -> Result<Vec<u8>, Error> {
        let plain = self
            .key
            .open_in_place(self.nonce(number, last), self.chunk_aad(number), &mut chunk)
            .map_err(|_| Error::Damaged)?
            .len();
        chunk.truncate(plain);
        Ok(chunk)
    }

    fn nonce(&self, number: u32, last: bool) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        nonce[..PREFIX].copy_from_slice(&self.header[MAGIC.len()..]);
        nonce[PREFIX..NONCE_LEN - 1].copy_from_slice(&number.to_be_bytes());
        nonce[NONCE_LEN - 1] = u8::from(last);
        Nonce::assume_unique_for_key(nonce)
    }

    fn chunk_aad(&self, number: u32) -> Aad<Vec<u8>> {
        Aad::from([&self.aad[..], &number.to_be_bytes()].concat())
    }
}

/// Where the chunks of a stored blob stand, derived from its length alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    stored: u64,
    chunks: u32,
}

impl Layout {
    /// # Errors
    /// [`Error::Damaged`] for a length that no blob has.
    pub(super) fn of(stored: u64) -> Result<Self, Error> {
        let sealed = stored.checked_sub(HEADER as u64).ok_or(Error::Damaged)?;
        let chunks = u32::try_from(sealed.div_ceil(SEALED as u64)).map_err(|_| Error::Damaged)?;
        let last = sealed.checked_sub(u64::from(chunks.saturating_sub(1)) * SEALED as u64);
        let shortest = if chunks == 1 { TAG } else { TAG + 1 };
        if last.is_none_or(|length| length < shortest as u64) {
            return Err(Error::Damaged);
        }
        Ok(Self { stored, chunks })
    }

    /// Length of the plaintext in bytes.
    pub(super) fn plain(self) -> u64 {
        self.stored - HEADER as u64 - u64::from(self.chunks) * TAG as u64
    }

    pub(super) fn last(self) -> u32 {
        self.chunks - 1
    }

    /// The stored bytes of one chunk.
    pub(super) fn chunk(self, number: u32) -> Range<u64> {
        let start = HEADER as u64 + u64::from(number) * SEALED as u64;
        start..(start + SEALED as u64).min(self.stored)
    }
}
