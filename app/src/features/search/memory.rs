//! Folded text of records, in memory alone and bounded. A record never changes, so what was folded once stays right; who
//! may see it is not known here. Nothing leaves this folder but through `present`, which reads every hit again.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use uuid::Uuid;
use zeroize::{Zeroize as _, Zeroizing};

use crate::{app::Shared, opaque_debug, web::ui::Profession};

/// Unused for so long, text is wiped.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(15 * 60);
/// Used within so long, text makes no room for other text: a search over more than fits would wipe what it needs next.
const SPARED_FOR: Duration = Duration::from_secs(20);
/// Small blocks at the new end of a stream become one, up to so many records.
const ONE_BLOCK: usize = 512;

/// What kind of record it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Post,
    Correction,
    /// Its text is the reason.
    Withdrawal,
    Sheet,
}

/// What a record is, without its words.
#[derive(Clone)]
pub(super) struct Head {
    pub seq: i64,
    /// What a hit leads to: the post (of a withdrawal: the one that is withdrawn), or the version of a sheet.
    pub opens: Uuid,
    pub what: What,
    /// Microseconds since 1970.
    pub at: i64,
    pub author_id: Uuid,
    pub profession: Profession,
    pub facility_id: Uuid,
    /// The versions of that person and of that facility.
    pub author: Uuid,
    pub facility: Uuid,
}

/// One record with the places of its words in the block.
#[derive(Clone)]
pub(super) struct Entry {
    pub head: Head,
    pub has_files: bool,
    from: usize,
    names: usize,
    to: usize,
}

/// A run of one stream without gaps, newest first.
pub(super) struct Block {
    pub low: i64,
    pub high: i64,
    pub entries: Vec<Entry>,
    text: Zeroizing<Vec<u8>>,
}

opaque_debug!(Head, Entry, Block);

/// What stands between texts, so that no word reaches from one into the next. No word that is looked for holds it.
pub(super) const APART: char = '\0';

impl Block {
    /// The text, and the names of the files behind it.
    pub fn all(&self, e: &Entry) -> &[u8] {
        &self.text[e.from..e.to]
    }

    /// The text alone.
    pub fn body(&self, e: &Entry) -> &[u8] {
        &self.text[e.from..e.names]
    }

    /// The names of the files alone.
    pub fn names(&self, e: &Entry) -> &[u8] {
        &self.text[e.names..e.to]
    }

    fn bytes(&self) -> usize {
        self.text.capacity() + self.entries.capacity() * size_of::<Entry>()
    }

    /// `newer` and `older` as one; they follow each other.
    fn joined(newer: &Self, older: &Self) -> Self {
        let shift = newer.text.len();
        let mut text = Vec::with_capacity(shift + older.text.len());
        text.extend_from_slice(&newer.text);
        text.extend_from_slice(&older.text);
        let mut entries = Vec::with_capacity(newer.entries.len() + older.entries.len());
        entries.extend_from_slice(&newer.entries);
        entries.extend(older.entries.iter().cloned().map(|e| Entry {
            from: e.from + shift,
            names: e.names + shift,
            to: e.to + shift,
            ..e
        }));
        Self { low: older.low, high: newer.high, entries, text: Zeroizing::new(text) }
    }
}

/// One record as it comes from the database, decrypted.
pub(super) struct Opened {
    pub head: Head,
    pub texts: Vec<String>,
    pub names: Vec<String>,
}

opaque_debug!(Opened);

/// Folds records of one stream, newest first, into a block; `None` without any.
pub(super) fn folded(records: Vec<Opened>) -> Option<Block> {
    let (high, low) = (records.first()?.head.seq, records.last()?.head.seq);
    let mut text = Zeroizing::new(String::with_capacity(
        records.iter().flat_map(|r| r.texts.iter().chain(&r.names)).map(|t| t.len() + 8).sum(),
    ));
    let mut entries = Vec::with_capacity(records.len());
    for mut r in records {
        let from = text.len();
        for one in &r.texts {
            folding::fold_onto(one, &mut text);
            text.push(APART);
        }
        let names = text.len();
        for one in &r.names {
            folding::fold_onto(one, &mut text);
            text.push(APART);
        }
        let has_files = !r.names.is_empty();
        r.texts.iter_mut().chain(&mut r.names).for_each(|one| one.zeroize());
        entries.push(Entry { head: r.head, has_files, from, names, to: text.len() });
    }
    // A copy of the right size; the first is wiped when it is dropped.
    let text = Zeroizing::new(text.as_bytes().to_vec());
    Some(Block { low, high, entries, text })
}

/// The blocks of one stream that follow each other, the newest first.
struct Segment {
    blocks: Vec<Arc<Block>>,
    used: Instant,
}

impl Segment {
    fn bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.bytes()).sum()
    }
}

#[derive(Default)]
struct Kept {
    segments: HashMap<Uuid, Segment>,
    bytes: usize,
}

opaque_debug!(Kept);

#[derive(Debug)]
pub(super) struct Memory {
    most: usize,
    kept: Mutex<Kept>,
}

impl Memory {
    pub fn new(mebibytes: usize) -> Self {
        Self { most: mebibytes.saturating_mul(1024 * 1024), kept: Mutex::default() }
    }

    pub fn bytes(&self) -> usize {
        self.kept.lock().bytes
    }

    /// What there is of these streams, newest first.
    pub fn of(&self, streams: &[Uuid]) -> Vec<Vec<Arc<Block>>> {
        let now = Instant::now();
        let mut kept = self.kept.lock();
        streams
            .iter()
            .map(|stream| match kept.segments.get_mut(stream) {
                Some(segment) => {
                    segment.used = now;
                    segment.blocks.clone()
                }
                None => Vec::new(),
            })
            .collect()
    }

    /// Keeps a block that follows what there is, or that begins anew where a newer end does not touch it any more.
    pub fn add(&self, stream: Uuid, block: &Arc<Block>) {
        let now = Instant::now();
        let mut kept = self.kept.lock();
        if !kept.has_room(block.bytes(), self.most, now) {
            return;
        }
        let segment =
            kept.segments.entry(stream).or_insert_with(|| Segment { blocks: Vec::new(), used: now });
        let before = segment.bytes();
        segment.used = now;
        match (segment.blocks.first(), segment.blocks.last()) {
            (Some(newest), _) if block.low == newest.high + 1 => {
                let small = block.entries.len() + newest.entries.len() <= ONE_BLOCK;
                if small {
                    segment.blocks[0] = Arc::new(Block::joined(block, newest));
                } else {
                    segment.blocks.insert(0, block.clone());
                }
            }
            (_, Some(oldest)) if block.high == oldest.low - 1 => segment.blocks.push(block.clone()),
            (Some(newest), _) if block.low <= newest.high => {}
            _ => segment.blocks = vec![block.clone()],
        }
        let after = segment.bytes();
        kept.bytes = kept.bytes + after - before;
    }

    pub fn forget(&self) {
        self.kept.lock().forget(|_| true);
    }

    /// Wipes what nobody has used for a while.
    fn forget_unused(&self) {
        let now = Instant::now();
        self.kept.lock().forget(|segment| now - segment.used >= FORGOTTEN_AFTER);
    }
}

impl Kept {
    /// Makes room from what was used longest ago. False where all that there is was just used.
    fn has_room(&mut self, bytes: usize, most: usize, now: Instant) -> bool {
        while self.bytes + bytes > most {
            let oldest = self.segments.iter().min_by_key(|(_, s)| s.used).map(|(id, s)| (*id, s.used));
            match oldest {
                Some((id, used)) if now - used >= SPARED_FOR => {
                    let gone = self.segments.remove(&id).map_or(0, |s| s.bytes());
                    self.bytes -= gone;
                }
                _ => return false,
            }
        }
        true
    }

    fn forget(&mut self, which: impl Fn(&Segment) -> bool) {
        self.segments.retain(|_, segment| !which(segment));
        self.bytes = self.segments.values().map(Segment::bytes).sum();
    }
}

/// Every minute, until the process ends.
pub async fn forget_unused(app: Shared) {
    let mut tick = tokio::time::interval(Duration::from_secs(60));
    loop {
        tick.tick().await;
        app.search.memory.forget_unused();
    }
}
