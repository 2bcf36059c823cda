//! What a file really is, decided from its bytes.
//!
//! The content type that a browser sends is not looked at. The name only ever makes a file *more*
//! dangerous: the receiving computer opens a file by its name, so `.docm` or `.exe` counts whatever is
//! inside. A file that can be read as two things (a polyglot) is taken for the more dangerous one.

mod active;
mod magic;
mod name;
mod ole;
mod text;
mod zip;

pub(crate) use name::expected;
pub(crate) use zip::is_cut;

/// What a file is for. Ordered by danger: when a file fits several, the greatest wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// A still picture that [`crate::picture`] can re-encode.
    Photo,
    /// Plain text in UTF-8 or Shift_JIS, or XML without anything that runs.
    Text,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
    /// A DICOM part 10 file.
    Dicom,
    /// A PDF document.
    Pdf,
    /// A word processor, table or slide document without macros.
    Office,
    /// Not recognised.
    Other,
    /// A container whose content is not looked into.
    Archive,
    /// A document with macros, or one that may hide them: encrypted or unreadable.
    MacroOffice,
    /// HTML, SVG, scripts and XML that a browser would run.
    ActiveContent,
    /// A program, an installer, a shortcut or a shell script.
    Executable,
}

/// The result of [`sniff`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Media type by content, e.g. `image/jpeg`. To be served only together with `nosniff`.
    pub media_type: &'static str,
    /// How to treat the file.
    pub family: Family,
    /// Whether a browser may show the file in a sandboxed answer; otherwise it is a download.
    pub inline_ok: bool,
}

impl Kind {
    const fn new(media_type: &'static str, family: Family) -> Self {
        let inline_ok =
            matches!(family, Family::Photo | Family::Text | Family::Audio | Family::Video | Family::Pdf);
        Self { media_type, family, inline_ok }
    }

    const fn download_only(self) -> Self {
        Self { inline_ok: false, ..self }
    }
}

/// Says what the file is. `bytes` is the whole file (a ZIP's directory stands at the end), `file_name`
/// the name given by the sender.
#[must_use]
pub fn sniff(bytes: &[u8], file_name: &str) -> Kind {
    let extension = name::extension(file_name);
    let claims = [
        magic::claim(bytes),
        magic::pdf(bytes),
        zip::claim(bytes),
        ole::claim(bytes),
        active::claim(bytes),
        name::claim(&extension),
    ];
    claims
        .into_iter()
        .flatten()
        .max_by_key(|kind| kind.family)
        .or_else(|| text::claim(bytes, &extension))
        .unwrap_or(Kind::new("application/octet-stream", Family::Other))
}

/// Whether `needle` stands anywhere in `bytes`.
fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(bytes, needle).is_some()
}

#[cfg(test)]
mod tests;
