use std::path::Path;

use envelope::DataKey;
use uuid::Uuid;

use crate::{Error, LINK, MAGIC, MOST, place, sha256};

/// The beginning of a spool: what is needed to find its key.
#[derive(Debug)]
pub struct Head {
    pub id: Uuid,
    pub wrapped: Vec<u8>,
    bytes: Vec<u8>,
}

/// How a spool ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With a whole note.
    Whole,
    /// In the middle of the last note: the machine stopped while it was written, so nobody was answered for it.
    Torn,
    /// The note with this number (from 0) is not the one that was written there. Those before it are good.
    Broken(u64),
}

/// The notes of a spool.
#[derive(Debug)]
pub struct Spool {
    pub notes: Vec<String>,
    pub ending: Ending,
}

/// Reads a spool's head.
pub fn head(path: &Path) -> Result<Head, Error> {
    let bytes = std::fs::read(path)?;
    let rest = bytes.strip_prefix(MAGIC).ok_or(Error::NotASpool)?;
    let (id, rest) = rest.split_first_chunk::<16>().ok_or(Error::NotASpool)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(Error::NotASpool)?;
    let wrapped = rest.get(..usize::from(u16::from_be_bytes(*length))).ok_or(Error::NotASpool)?.to_vec();
    Ok(Head { id: Uuid::from_bytes(*id), wrapped, bytes })
}

impl Head {
    /// Opens the notes, up to the first that is not what was written.
    pub fn open(&self, key: &DataKey) -> Spool {
        let head = MAGIC.len() + 16 + 2 + self.wrapped.len();
        let mut link = sha256(&[&self.bytes[..head]]);
        let mut rest = &self.bytes[head..];
        let mut notes = Vec::new();
        let mut ending = Ending::Whole;
        while !rest.is_empty() {
            let n = notes.len() as u64;
            let Some((sealed, written, after)) = split(rest) else {
                ending =
                    if length(rest).is_some_and(|l| l > MOST) { Ending::Broken(n) } else { Ending::Torn };
                break;
            };
            link = sha256(&[LINK, &link, sealed]);
            match envelope::open_text(key, &place(self.id, n), "note", sealed) {
                Ok(note) if link.as_slice() == written => notes.push(note),
                _ => {
                    ending = Ending::Broken(n);
                    break;
                }
            }
            rest = after;
        }
        Spool { notes, ending }
    }
}

fn length(rest: &[u8]) -> Option<usize> {
    rest.first_chunk::<4>().map(|l| u32::from_be_bytes(*l) as usize)
}

/// The next note: what is sealed, its link, and what follows.
fn split(rest: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let length = length(rest).filter(|l| *l <= MOST)?;
    let (sealed, rest) = rest[4..].split_at_checked(length)?;
    let (link, rest) = rest.split_at_checked(32)?;
    Some((sealed, link, rest))
}
