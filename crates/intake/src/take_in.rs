use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::{
    Error, Sandbox,
    picture::{self, Limits, Picture, Upright},
    preview,
    sniff::{self, Family, Kind},
};

/// Uploads that are unpacked at the same time. Each may take some hundred megabytes while at work.
const AT_ONCE: usize = 2;

/// The way in for every upload. Make one and share it.
#[derive(Debug)]
pub struct Intake {
    sandbox: Sandbox,
    max_bytes: u64,
    limits: Limits,
    turns: Semaphore,
}

/// A file made ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenIn {
    /// What `stored` is. For a HEIC picture, for example, `image/jpeg`.
    pub kind: Kind,
    /// The bytes to store: a picture written anew, anything else as it was uploaded.
    pub stored: Bytes,
    /// Width and height of a picture in pixels.
    pub size: Option<(u32, u32)>,
    /// A small JPEG of a picture or of a PDF's first page.
    pub thumbnail: Option<Vec<u8>>,
    /// What the person should be told.
    pub warnings: Vec<Warning>,
}

/// What the person should be told about a file that was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Warning {
    /// A document with macros, or one that cannot be looked into.
    Macros,
    /// A program, installer or shortcut.
    Executable,
    /// HTML, SVG or script; a download only.
    ActiveContent,
    /// The name promises something else than the content is.
    NameMisleads,
    /// The picture was scaled down.
    ScaledDown,
    /// No preview could be made, e.g. because the PDF needs a password.
    NoPreview,
}

impl Intake {
    /// Takes files of up to `max_bytes` bytes.
    #[must_use]
    pub fn new(sandbox: Sandbox, max_bytes: u64, limits: Limits) -> Self {
        Self { sandbox, max_bytes, limits, turns: Semaphore::new(AT_ONCE) }
    }

    /// The way previews are shut in on this machine.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Checks a whole upload and makes it ready to be stored. `file_name` is the sender's and is only looked
    /// at, never used as a path. Processor work runs on the blocking threads, a few files at a time.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::TooLarge`], [`Error::TooManyPixels`], [`Error::Unsupported`],
    /// [`Error::Broken`] for a picture, a PDF or a ZIP (so also a newer office document) that ends too early, and for HEIC the tool's
    /// errors: without the tool the picture could not be freed of its place.
    pub async fn take_in(&self, file_name: &str, upload: Bytes) -> Result<TakenIn, Error> {
        if upload.is_empty() {
            return Err(Error::Empty);
        }
        if upload.len() as u64 > self.max_bytes {
            return Err(Error::TooLarge { limit: self.max_bytes });
        }
        // The semaphore is never closed, so a turn always comes.
        let _turn = self.turns.acquire().await.map_err(|_| Error::Io(std::io::ErrorKind::Other))?;
        let (name, bytes) = (file_name.to_owned(), upload.clone());
        let kind = blocking(move || Ok(sniff::sniff(&bytes, &name))).await?;
        if sniff::is_cut(&upload) {
            return Err(Error::Broken);
        }
        let mut taken = match kind.family {
            Family::Photo => self.photo(kind, upload).await?,
            Family::Pdf => self.pdf(kind, upload).await?,
            _ => TakenIn { kind, stored: upload, size: None, thumbnail: None, warnings: Vec::new() },
        };
        taken.warnings.extend(danger(kind.family));
        if sniff::expected(file_name).is_some_and(|family| family != kind.family) {
            taken.warnings.push(Warning::NameMisleads);
        }
        Ok(taken)
    }

    async fn photo(&self, kind: Kind, upload: Bytes) -> Result<TakenIn, Error> {
        let (bytes, upright) = match kind.media_type {
            "image/heic" => (preview::heic_to_jpeg(&self.sandbox, &upload).await?.into(), Upright::Already),
            _ => (upload, Upright::Apply),
        };
        let limits = self.limits;
        let clean: Picture = blocking(move || picture::clean(&bytes, upright, &limits)).await?;
        Ok(TakenIn {
            kind: Kind { media_type: clean.media_type, ..kind },
            stored: clean.bytes.into(),
            size: Some((clean.width, clean.height)),
            thumbnail: Some(clean.thumbnail),
            warnings: if clean.shrunk { vec![Warning::ScaledDown] } else { Vec::new() },
        })
    }

    async fn pdf(&self, kind: Kind, upload: Bytes) -> Result<TakenIn, Error> {
        // ISO 32000-1, 7.5.5. Readers repair a file without its end; pages would be missing in silence.
        if memchr::memmem::rfind(&upload, b"%%EOF").is_none() {
            return Err(Error::Broken);
        }
        let thumbnail = self.first_page(&upload).await;
        if let Err(error) = &thumbnail {
            tracing::info!(%error, "no preview of a PDF");
        }
        let warnings = if thumbnail.is_err() { vec![Warning::NoPreview] } else { Vec::new() };
        Ok(TakenIn { kind, stored: upload, size: None, thumbnail: thumbnail.ok(), warnings })
    }

    async fn first_page(&self, pdf: &[u8]) -> Result<Vec<u8>, Error> {
        let limits = self.limits;
        let side = limits.thumbnail_side.saturating_mul(2);
        let page = preview::pdf_first_page(&self.sandbox, pdf, side).await?;
        blocking(move || picture::thumbnail(&page, &limits)).await
    }
}

fn danger(family: Family) -> Option<Warning> {
    match family {
        Family::MacroOffice => Some(Warning::Macros),
        Family::Executable => Some(Warning::Executable),
        Family::ActiveContent => Some(Warning::ActiveContent),
        _ => None,
    }
}

/// Runs processor work off the async threads. A decoder that panics on hostile bytes means a broken file,
/// not a broken server.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Broken)?
}

#[cfg(test)]
mod tests;
