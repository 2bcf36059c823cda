//! Going through records newest first, over many streams at once, until a page is full. Pure: what is not in memory yet is
//! asked for, and whether a proposal may be shown is for the database to say.

use std::{collections::BinaryHeap, sync::Arc, time::Instant};

use uuid::Uuid;

use super::{
    memory::{Block, Entry, Head, What},
    model::{Place, Wanted},
};
use crate::opaque_debug;

/// Streams that are loaded together at most, and sheets.
const LOADED_AT_ONCE: usize = 8;
const SHEETS_AT_ONCE: usize = 128;
/// Records between two looks at the clock.
const BETWEEN_LOOKS: u32 = 1_024;

/// One stream as far as the caller may see it, and how far the scan has come in it.
pub(super) struct Lane {
    pub stream: Uuid,
    pub group: Option<Uuid>,
    /// Of a face sheet.
    pub patient: Option<Uuid>,
    /// Records with numbers in `first + 1 ..= last` are in sight.
    pub first: i64,
    pub last: i64,
    /// When the newest was written.
    bound: i64,
    blocks: Vec<Arc<Block>>,
    /// Blocks in memory that end below `last`: good as soon as what came since is there.
    kept: Vec<Arc<Block>>,
    at: (usize, usize),
}

enum Next {
    Record(i64),
    /// The next one is older than this, and not in memory.
    Unknown,
    End,
}

impl Lane {
    pub fn new(
        stream: Uuid,
        (group, patient): (Option<Uuid>, Option<Uuid>),
        (first, last): (i64, i64),
        newest_at: i64,
        known: Vec<Arc<Block>>,
    ) -> Self {
        let whole = known.first().is_some_and(|newest| newest.high >= last);
        let (blocks, kept) = if whole { (known, Vec::new()) } else { (Vec::new(), known) };
        Self { stream, group, patient, first, last, bound: newest_at, blocks, kept, at: (0, 0) }
    }

    fn next(&mut self) -> Next {
        loop {
            let (block, entry) = self.at;
            let Some(here) = self.blocks.get(block) else {
                return if self.below() - 1 <= self.first { Next::End } else { Next::Unknown };
            };
            match here.entries.get(entry) {
                Some(e) if e.head.seq > self.last => self.at.1 += 1,
                Some(e) if e.head.seq <= self.first => return Next::End,
                Some(e) => return Next::Record(e.head.at),
                None => self.at = (block + 1, 0),
            }
        }
    }

    /// The part of the stream that is wanted next: numbers between these two.
    pub fn missing(&self) -> (i64, i64) {
        (self.kept.first().map_or(self.first, |newest| newest.high.max(self.first)), self.below())
    }

    fn below(&self) -> i64 {
        self.blocks.last().map_or(self.last + 1, |oldest| oldest.low)
    }

    /// Takes what was loaded; `None`: there is nothing more for the caller to see.
    pub fn add(&mut self, loaded: Option<Arc<Block>>) {
        let kept = std::mem::take(&mut self.kept);
        match loaded {
            Some(block) => {
                // A sheet may have got a newer version since it came in sight; that is the one of now.
                if self.patient.is_some() {
                    self.last = self.last.max(block.high);
                }
                let touches = kept.first().is_some_and(|newest| block.low == newest.high + 1);
                self.blocks.push(block);
                if touches {
                    self.blocks.extend(kept);
                }
            }
            None if kept.is_empty() => self.first = self.below() - 1,
            None => {}
        }
    }
}

/// What may be a hit.
#[derive(Debug, Clone)]
pub(super) struct Proposal {
    pub place: Place,
    pub group: Option<Uuid>,
    pub patient: Option<Uuid>,
    pub head: Head,
}

/// Why the scan stands still.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many proposals as were asked for.
    Full,
    /// Everything has been looked through.
    End,
    /// These lanes are wanted, with the newest of what is not known yet.
    Load(Vec<usize>),
    TimeIsUp,
}

pub(super) struct Scan {
    pub wanted: Wanted,
    before: Place,
    pub lanes: Vec<Lane>,
    heap: BinaryHeap<(i64, Uuid, usize)>,
    pub proposals: Vec<Proposal>,
    /// Everything newer has been looked through.
    pub reached: Option<Place>,
}

opaque_debug!(Lane, Scan);

impl Scan {
    pub fn new(wanted: Wanted, lanes: Vec<Lane>) -> Self {
        let before = wanted.older_than();
        let mut scan =
            Self { wanted, before, lanes, heap: BinaryHeap::new(), proposals: Vec::new(), reached: None };
        (0..scan.lanes.len()).for_each(|lane| scan.queue(lane));
        scan
    }

    fn queue(&mut self, lane: usize) {
        let l = &mut self.lanes[lane];
        match l.next() {
            Next::Record(at) => self.heap.push((at, l.stream, lane)),
            Next::Unknown => self.heap.push((l.bound, l.stream, lane)),
            Next::End => {}
        }
    }

    /// A lane has got what it was waiting for.
    pub fn loaded(&mut self, lane: usize, block: Option<Arc<Block>>) {
        self.lanes[lane].add(block);
        self.queue(lane);
    }

    /// Goes on until there are `most` proposals, or until the time is up.
    pub fn run(&mut self, most: usize, until: Instant) -> Step {
        let mut looks = 0;
        while let Some(&(at, stream, lane)) = self.heap.peek() {
            if self.wanted.from.is_some_and(|from| at < from) {
                break;
            }
            looks += 1;
            if looks % BETWEEN_LOOKS == 0 && Instant::now() >= until {
                return Step::TimeIsUp;
            }
            let (block, entry) = self.lanes[lane].at;
            let Some(block) = self.lanes[lane].blocks.get(block).cloned() else {
                return Step::Load(self.take_unknown());
            };
            self.heap.pop();
            let l = &mut self.lanes[lane];
            let e = &block.entries[entry];
            l.at.1 += 1;
            l.bound = at;
            let place = Place { at, stream };
            if place < self.before && is_wanted(&self.wanted, &block, e) {
                let (group, patient) = (l.group, l.patient);
                self.proposals.push(Proposal { place, group, patient, head: e.head.clone() });
            }
            self.reached = Some(place);
            self.queue(lane);
            if self.proposals.len() >= most {
                return Step::Full;
            }
        }
        self.heap.clear();
        Step::End
    }

    /// The lanes that wait for their next records, those that may have the newest first. They come back by `loaded`.
    fn take_unknown(&mut self) -> Vec<usize> {
        let mut waiting: Vec<(i64, Uuid, usize)> = self
            .heap
            .iter()
            .filter(|(_, _, lane)| {
                let l = &self.lanes[*lane];
                l.blocks.get(l.at.0).is_none()
            })
            .copied()
            .collect();
        waiting.sort_unstable_by(|a, b| b.cmp(a));
        let sheets = waiting.first().is_some_and(|(_, _, lane)| self.lanes[*lane].patient.is_some());
        waiting.retain(|(_, _, lane)| self.lanes[*lane].patient.is_some() == sheets);
        waiting.truncate(if sheets { SHEETS_AT_ONCE } else { LOADED_AT_ONCE });
        let lanes: Vec<usize> = waiting.into_iter().map(|(_, _, lane)| lane).collect();
        self.heap.retain(|(_, _, lane)| !lanes.contains(lane));
        lanes
    }
}

fn is_wanted(w: &Wanted, block: &Block, e: &Entry) -> bool {
    let filtered = w.author.is_none_or(|author| author == e.head.author_id)
        && w.facility.is_none_or(|facility| facility == e.head.facility_id)
        && w.profession.is_none_or(|profession| profession == e.head.profession)
        && (!w.has_files || e.has_files);
    let text = match e.head.what {
        What::Sheet => w.kinds.face_sheets,
        What::Correction => w.kinds.corrections,
        What::Post | What::Withdrawal => w.kinds.posts,
    };
    let names = w.kinds.files && e.has_files;
    filtered
        && match (text, names) {
            (true, true) => w.query.is_in(block.all(e)),
            (true, false) => w.query.is_in(block.body(e)),
            (false, true) => w.query.is_in(block.names(e)),
            (false, false) => false,
        }
}
