//! Fixed bytes at fixed places.

use super::{Family, Kind, contains};

const PROGRAMS: &[&[u8]] = &[
    b"\x7fELF",
    b"#!",
    b"\x4c\x00\x00\x00\x01\x14\x02\x00", // Windows shortcut
    b"!<arch>\n",
    b"\xed\xab\xee\xdb", // RPM
    b"ITSF",             // compiled HTML help
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
];

/// A PDF reader accepts the header anywhere in the first 1024 bytes (ISO 32000-1, annex H.3.4.1).
const PDF_WINDOW: usize = 1024;
/// Names that let a PDF act or carry other files. Names inside compressed objects are not seen here; the
/// viewer's own sandbox is the second line.
const PDF_ACTIONS: &[&[u8]] =
    &[b"/JavaScript", b"/JS ", b"/JS(", b"/JS<", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"/XFA"];

pub(super) fn claim(bytes: &[u8]) -> Option<Kind> {
    if is_program(bytes) {
        return Some(Kind::new("application/octet-stream", Family::Executable));
    }
    if matches!(bytes.get(..3), Some(b"FWS" | b"CWS" | b"ZWS")) {
        return Some(Kind::new("application/x-shockwave-flash", Family::ActiveContent));
    }
    if bytes.starts_with(b"{\\rt") {
        return Some(rtf(bytes));
    }
    // DICOM PS3.10 7.1: a preamble of 128 bytes that may hold anything, then "DICM". A program in the
    // preamble was caught above.
    if bytes.get(128..132) == Some(b"DICM") {
        return Some(Kind::new("application/dicom", Family::Dicom));
    }
    photo(bytes).map(|kind| hidden_archive(bytes).unwrap_or(kind)).or_else(|| known(bytes))
}

/// "MZ" alone may begin a text; a real DOS or Windows header has a zero byte in its first 64.
fn is_program(bytes: &[u8]) -> bool {
    PROGRAMS.iter().any(|magic| bytes.starts_with(magic))
        || (bytes.starts_with(b"MZ") && bytes[..bytes.len().min(64)].contains(&0))
}

fn rtf(bytes: &[u8]) -> Kind {
    let family = if contains(bytes, b"\\obj") { Family::MacroOffice } else { Family::Office };
    Kind::new("application/rtf", family)
}

fn photo(bytes: &[u8]) -> Option<Kind> {
    let media_type = match bytes {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4)? {
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => "image/heic",
            _ => return None,
        },
        _ => return None,
    };
    Some(Kind::new(media_type, Family::Photo))
}

/// RAR and 7z readers look for their header behind other data, as in self-extracting archives.
fn hidden_archive(bytes: &[u8]) -> Option<Kind> {
    let found = contains(bytes, b"Rar!\x1a\x07") || contains(bytes, b"7z\xbc\xaf\x27\x1c");
    found.then_some(Kind::new("application/octet-stream", Family::Archive))
}

fn known(bytes: &[u8]) -> Option<Kind> {
    use infer::MatcherType::{App, Archive, Audio, Book, Font, Image, Video};
    let known = infer::get(bytes)?;
    // ZIPs and compound files get a closer look of their own.
    if bytes.starts_with(b"PK") || bytes.starts_with(&super::ole::MAGIC) {
        return None;
    }
    let family = match (known.matcher_type(), known.mime_type()) {
        // So do these: two letters alone do not make a program.
        (_, "application/pdf" | "application/rtf" | "application/vnd.microsoft.portable-executable") => {
            return None;
        }
        (_, "application/x-x509-ca-cert") => Family::Other,
        (App, _) => Family::Executable,
        (_, "application/vnd.debian.binary-package") => Family::Executable,
        (Archive | Book, _) => Family::Archive,
        (Audio, _) => Family::Audio,
        (Video, _) => Family::Video,
        (Image | Font, _) => Family::Other,
        _ => return None,
    };
    Some(Kind::new(known.mime_type(), family))
}

pub(super) fn pdf(bytes: &[u8]) -> Option<Kind> {
    let head = &bytes[..bytes.len().min(PDF_WINDOW)];
    if !contains(head, b"%PDF-") {
        return None;
    }
    let kind = Kind::new("application/pdf", Family::Pdf);
    let acts = PDF_ACTIONS.iter().any(|name| contains(bytes, name));
    Some(if acts { kind.download_only() } else { kind })
}
