//! Walks the markers of a JPEG (ITU-T T.81, annex B). Decoders forgive a file that ends in the middle and
//! paint the rest grey; a half X-ray must not be mistaken for a whole one.

use crate::Error;

/// More scans than any camera or program writes; each costs a pass over all pixels.
const MAX_SCANS: usize = 100;

/// # Errors
/// [`Error::Broken`] when the end marker is missing or a length is wrong.
pub(super) fn check_complete(bytes: &[u8]) -> Result<(), Error> {
    let mut at = 2;
    let mut scans = 0;
    loop {
        let marker = marker(bytes, &mut at)?;
        match marker {
            0xd9 => return if scans > 0 { Ok(()) } else { Err(Error::Broken) },
            0x01 | 0xd0..=0xd7 => continue,
            _ => at += length(bytes, at)?,
        }
        if marker == 0xda {
            scans += 1;
            at = end_of_scan(bytes, at)?;
        }
        if scans > MAX_SCANS {
            return Err(Error::Broken);
        }
    }
}

/// Reads `ff` (any number, as padding) and the marker's code.
fn marker(bytes: &[u8], at: &mut usize) -> Result<u8, Error> {
    if bytes.get(*at) != Some(&0xff) {
        return Err(Error::Broken);
    }
    let padding = bytes[*at..].iter().take_while(|byte| **byte == 0xff).count();
    let code = *bytes.get(*at + padding).ok_or(Error::Broken)?;
    *at += padding + 1;
    Ok(code)
}

fn length(bytes: &[u8], at: usize) -> Result<usize, Error> {
    let field = bytes.get(at..at + 2).ok_or(Error::Broken)?;
    let length = usize::from(u16::from_be_bytes([field[0], field[1]]));
    if length < 2 || at + length > bytes.len() { Err(Error::Broken) } else { Ok(length) }
}

/// Entropy-coded data ends at the first marker that is neither a stuffed zero nor a restart.
fn end_of_scan(bytes: &[u8], from: usize) -> Result<usize, Error> {
    let is_data = |next: u8| matches!(next, 0 | 0xd0..=0xd7);
    memchr::memchr_iter(0xff, &bytes[from..])
        .map(|offset| from + offset)
        .find(|at| bytes.get(at + 1).is_some_and(|next| !is_data(*next)))
        .ok_or(Error::Broken)
}
