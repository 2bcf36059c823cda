//! Compound files ([MS-CFB]): the office formats before 2007, installers, encrypted newer documents.

use std::io::{Cursor, Read};

use super::{Family, Kind};

pub(super) const MAGIC: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
/// Class id of a Windows Installer package; patches and transforms differ in the first group only.
const INSTALLER_CLASS: &str = "-0000-0000-c000-000000000046";
const INSTALLER_FIRST: [&str; 3] = ["000c1082", "000c1084", "000c1086"];
/// Larger main streams are not read; such a document counts as one with macros.
const MAX_STREAM: u64 = 64 << 20;

type Compound<'a> = cfb::CompoundFile<Cursor<&'a [u8]>>;

pub(super) fn claim(bytes: &[u8]) -> Option<Kind> {
    if !bytes.starts_with(&MAGIC) {
        return None;
    }
    let Ok(mut file) = cfb::CompoundFile::open(Cursor::new(bytes)) else {
        return Some(Kind::new("application/x-ole-storage", Family::MacroOffice));
    };
    let class = file.root_entry().clsid().to_string();
    if class.ends_with(INSTALLER_CLASS) && INSTALLER_FIRST.iter().any(|first| class.starts_with(first)) {
        return Some(Kind::new("application/x-msi", Family::Executable));
    }
    let media_type = media_type(&file);
    let family = if has_macros(&mut file) { Family::MacroOffice } else { Family::Office };
    Some(Kind::new(media_type, family))
}

fn media_type(file: &Compound<'_>) -> &'static str {
    if file.is_stream("/WordDocument") {
        "application/msword"
    } else if file.is_stream("/Workbook") || file.is_stream("/Book") {
        "application/vnd.ms-excel"
    } else if file.is_stream("/PowerPoint Document") {
        "application/vnd.ms-powerpoint"
    } else {
        "application/x-ole-storage"
    }
}

/// [MS-OVBA] 2.2.1 puts projects into storages of these names. An encrypted package cannot be looked into,
/// so it is treated as the worse case.
fn has_macros(file: &mut Compound<'_>) -> bool {
    const NAMES: [&str; 5] = ["VBA", "_VBA_PROJECT", "_VBA_PROJECT_CUR", "Macros", "EncryptedPackage"];
    let named = file.walk().any(|entry| NAMES.iter().any(|name| entry.name().eq_ignore_ascii_case(name)));
    named
        || stream_shows(file, "/Workbook", has_macro_sheet)
        || stream_shows(file, "/Book", has_macro_sheet)
        || stream_shows(file, "/PowerPoint Document", has_slide_macros)
}

fn stream_shows(file: &mut Compound<'_>, path: &str, test: fn(&[u8]) -> bool) -> bool {
    if !file.is_stream(path) {
        return false;
    }
    let mut content = Vec::new();
    let read = file.open_stream(path).and_then(|s| s.take(MAX_STREAM + 1).read_to_end(&mut content));
    read.is_err() || content.len() as u64 > MAX_STREAM || test(&content)
}

/// Excel 4.0 macros live in sheets, not in a project: [MS-XLS] 2.4.28, BoundSheet8 with `dt` = 1, or 6 for a
/// Visual Basic module of Excel 5.
fn has_macro_sheet(stream: &[u8]) -> bool {
    const BOUND_SHEET: u16 = 0x0085;
    let mut rest = stream;
    while let [id0, id1, len0, len1, tail @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*len0, *len1]));
        let Some((record, next)) = tail.split_at_checked(length) else { return false };
        if u16::from_le_bytes([*id0, *id1]) == BOUND_SHEET && matches!(record.get(5), Some(1 | 6)) {
            return true;
        }
        rest = next;
    }
    false
}

/// [MS-PPT] 2.4.10: a VBAInfoContainer with a VBAInfoAtom whose `fHasMacros` is set.
fn has_slide_macros(stream: &[u8]) -> bool {
    const START: [u8; 16] = [0x1f, 0, 0xff, 3, 0x14, 0, 0, 0, 2, 0, 0, 4, 0x0c, 0, 0, 0];
    stream.windows(START.len() + 8).any(|w| w.starts_with(&START) && w[START.len() + 4..] != [0; 4])
}
