//! Plain text, the last guess.

use super::{Family, Kind};

pub(super) fn claim(bytes: &[u8], extension: &str) -> Option<Kind> {
    let has_controls = bytes.iter().any(|b| matches!(b, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f));
    if bytes.is_empty() || has_controls {
        return None;
    }
    let csv = extension == "csv";
    let media_type = match (std::str::from_utf8(bytes).is_ok(), csv) {
        (true, true) => "text/csv; charset=utf-8",
        (true, false) => "text/plain; charset=utf-8",
        (false, _) if !is_shift_jis(bytes) => return None,
        (false, true) => "text/csv; charset=shift_jis",
        (false, false) => "text/plain; charset=shift_jis",
    };
    Some(Kind::new(media_type, Family::Text))
}

/// Whether the bytes follow the structure of Windows code page 932: half-width kana in one byte, all else
/// above ASCII in pairs.
fn is_shift_jis(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return true,
            [0..=0x7f | 0xa1..=0xdf, rest @ ..] => rest,
            [0x81..=0x9f | 0xe0..=0xfc, 0x40..=0x7e | 0x80..=0xfc, rest @ ..] => rest,
            _ => return false,
        };
    }
}
