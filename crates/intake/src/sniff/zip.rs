//! A look into a ZIP's central directory (PKWARE APPNOTE 4.3.12, 4.3.16): names, and the two small members
//! that say what kind of document it is. Nothing else is unpacked, and nothing here trusts a length.

use std::io::Read;

use super::{Family, Kind, contains};

const END_OF_DIRECTORY: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const MAX_COMMENT: usize = 65_535;
const MAX_ENTRIES: usize = 20_000;
/// Enough for every real list of content types; more is refused, not read.
const MAX_MEMBER: u64 = 1 << 20;

const OOXML: [(&str, &str); 3] = [
    ("word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
];
const ODF: [&str; 3] = [
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
];

struct Entry {
    /// In lower case, `\` as `/`: office programs compare part names without regard to case.
    name: String,
    method: u16,
    packed: usize,
    at: usize,
}

pub(super) fn claim(bytes: &[u8]) -> Option<Kind> {
    match directory(bytes) {
        Some(entries) => Some(judge(bytes, &entries)),
        None if bytes.starts_with(b"PK\x03\x04") => Some(unreadable(bytes)),
        None => None,
    }
}

/// A ZIP whose directory cannot be read: an office program may still offer to repair it.
fn unreadable(bytes: &[u8]) -> Kind {
    let office = contains(bytes, b"[Content_Types].xml") || contains(bytes, b"vbaProject");
    let family = if office { Family::MacroOffice } else { Family::Archive };
    Kind::new("application/zip", family)
}

fn judge(bytes: &[u8], entries: &[Entry]) -> Kind {
    let named = |name: &str| entries.iter().find(|entry| entry.name == name);
    let any = |test: &dyn Fn(&str) -> bool| entries.iter().any(|entry| test(&entry.name));
    if any(&|n| matches!(n, "meta-inf/manifest.mf" | "androidmanifest.xml" | "appxmanifest.xml")) {
        return Kind::new("application/zip", Family::Executable);
    }
    if let Some(types) = named("[content_types].xml") {
        let suspicious =
            any(&|n| n.ends_with("vbaproject.bin") || n.contains("/macrosheets/") || n.contains("/activex/"));
        let macros = suspicious || read(bytes, types).is_none_or(|xml| declares_macros(&xml));
        return office(ooxml_type(entries), macros);
    }
    if let Some(declared) = named("mimetype").and_then(|entry| read(bytes, entry))
        && let Some(media_type) = ODF.iter().find(|known| declared.starts_with(known.as_bytes()))
    {
        return office(media_type, any(&|n| n.starts_with("basic/") || n.starts_with("scripts/")));
    }
    Kind::new("application/zip", Family::Archive)
}

fn office(media_type: &'static str, macros: bool) -> Kind {
    Kind::new(media_type, if macros { Family::MacroOffice } else { Family::Office })
}

fn ooxml_type(entries: &[Entry]) -> &'static str {
    let holds = |folder: &str| entries.iter().any(|entry| entry.name.starts_with(folder));
    OOXML.iter().find(|(folder, _)| holds(folder)).map_or("application/zip", |(_, media_type)| media_type)
}

/// The part that holds macros may bear any name; its content type may not.
fn declares_macros(xml: &[u8]) -> bool {
    let ascii: Vec<u8> = xml.iter().filter(|b| **b != 0).map(u8::to_ascii_lowercase).collect();
    [&b"macroenabled"[..], b"vbaproject", b"macrosheet"].iter().any(|mark| contains(&ascii, mark))
}

/// Whether a ZIP lacks the end of its directory, as when the upload stopped in the middle.
pub(crate) fn is_cut(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") && end(bytes).is_none()
}

fn end(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(END_LENGTH + MAX_COMMENT);
    memchr::memmem::rfind(&bytes[from..], END_OF_DIRECTORY).map(|at| from + at)
}

fn directory(bytes: &[u8]) -> Option<Vec<Entry>> {
    let end = end(bytes)?;
    let count = usize::from(u16_at(bytes, end + 10)?);
    let length = u32_at(bytes, end + 12)?;
    let start = end.checked_sub(length)?;
    // Other data may stand before the archive; all offsets then shift by as much.
    let shift = start.checked_sub(u32_at(bytes, end + 16)?)?;
    let mut entries = Vec::new();
    let mut at = start;
    for _ in 0..count.min(MAX_ENTRIES) {
        let (entry, next) = entry(bytes, at, shift)?;
        entries.push(entry);
        at = next;
    }
    Some(entries)
}

fn entry(bytes: &[u8], at: usize, shift: usize) -> Option<(Entry, usize)> {
    if bytes.get(at..at + 4)? != b"PK\x01\x02" {
        return None;
    }
    let name_length = usize::from(u16_at(bytes, at + 28)?);
    let extra = usize::from(u16_at(bytes, at + 30)?) + usize::from(u16_at(bytes, at + 32)?);
    let name = bytes.get(at + 46..at + 46 + name_length)?;
    let entry = Entry {
        name: String::from_utf8_lossy(name).to_lowercase().replace('\\', "/"),
        method: u16_at(bytes, at + 10)?,
        packed: u32_at(bytes, at + 20)?,
        at: u32_at(bytes, at + 42)?.checked_add(shift)?,
    };
    Some((entry, at + 46 + name_length + extra))
}

/// A member's content, or nothing if it is encrypted, packed in an unusual way, or too long.
fn read(bytes: &[u8], entry: &Entry) -> Option<Vec<u8>> {
    let header = bytes.get(entry.at..)?;
    if !header.starts_with(b"PK\x03\x04") {
        return None;
    }
    let from = 30 + usize::from(u16_at(header, 26)?) + usize::from(u16_at(header, 28)?);
    let packed = header.get(from..from.checked_add(entry.packed)?)?;
    let mut content = Vec::new();
    let read = match entry.method {
        0 => packed.take(MAX_MEMBER + 1).read_to_end(&mut content),
        8 => flate2::read::DeflateDecoder::new(packed).take(MAX_MEMBER + 1).read_to_end(&mut content),
        _ => return None,
    };
    (read.ok()? as u64 <= MAX_MEMBER).then_some(content)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()
}
