use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::{Stream, stream};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};

use super::format::{CHUNK, Cipher, HEADER, Layout};
use crate::Error;

/// An opened blob. Its last chunk has been authenticated, and with it its length: a cut blob cannot be
/// opened, so a range never comes from one. Every other chunk is authenticated before its bytes are given.
pub struct Reader {
    files: Arc<dyn ObjectStore>,
    path: Path,
    cipher: Cipher,
    layout: Layout,
}

impl Reader {
    pub(super) async fn open(
        files: Arc<dyn ObjectStore>,
        path: Path,
        file_key: &[u8; 32],
        aad: &[u8],
    ) -> Result<Self, Error> {
        let layout = Layout::of(files.head(&path).await?.size)?;
        let header = files.get_range(&path, 0..HEADER as u64).await?;
        let cipher = Cipher::of_header(file_key, aad, &header)?;
        let reader = Self { files, path, cipher, layout };
        reader.chunk(layout.last()).await?;
        Ok(reader)
    }

    /// Length of the plaintext in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.layout.plain()
    }

    /// Whether the plaintext is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The plaintext bytes of a range, in memory. Only the chunks that it touches are read.
    ///
    /// # Errors
    /// [`Error::BadRange`], [`Error::Damaged`], or the storage's.
    pub async fn read_range(&self, range: Range<u64>) -> Result<Vec<u8>, Error> {
        if range.start > range.end || range.end > self.len() {
            return Err(Error::BadRange);
        }
        let mut plain = Vec::new();
        for number in chunks_of(&range) {
            plain.extend_from_slice(&self.part(number, &range).await?);
        }
        Ok(plain)
    }

    /// The plaintext of a range as a stream of pieces of at most 256 KiB, for large downloads. A damaged
    /// chunk ends the stream with an error after the good ones.
    ///
    /// # Errors
    /// [`Error::BadRange`] at once; the others in the stream.
    pub fn stream(self, range: Range<u64>) -> Result<impl Stream<Item = Result<Bytes, Error>> + Send, Error> {
        if range.start > range.end || range.end > self.len() {
            return Err(Error::BadRange);
        }
        Ok(stream::try_unfold((self, chunks_of(&range)), move |(reader, mut numbers)| {
            let range = range.clone();
            async move {
                let Some(number) = numbers.next() else { return Ok(None) };
                let piece = reader.part(number, &range).await?;
                Ok(Some((piece, (reader, numbers))))
            }
        }))
    }

    /// That part of a chunk which lies in the range.
    async fn part(&self, number: u32, range: &Range<u64>) -> Result<Bytes, Error> {
        let start = u64::from(number) * CHUNK as u64;
        let chunk = Bytes::from(self.chunk(number).await?);
        let within = |at: u64| at.saturating_sub(start).min(chunk.len() as u64) as usize;
        Ok(chunk.slice(within(range.start)..within(range.end)))
    }

    async fn chunk(&self, number: u32) -> Result<Vec<u8>, Error> {
        let sealed = self.files.get_range(&self.path, self.layout.chunk(number)).await?;
        self.cipher.open(number, number == self.layout.last(), sealed.into())
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("layout", &self.layout).finish_non_exhaustive()
    }
}

/// The chunks that a checked range touches; its end is below 2^32 chunks because the blob's is.
fn chunks_of(range: &Range<u64>) -> Range<u32> {
    if range.is_empty() {
        return 0..0;
    }
    let chunk = CHUNK as u64;
    (range.start / chunk) as u32..range.end.div_ceil(chunk) as u32
}
