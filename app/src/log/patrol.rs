//! Goes over the log and the record, for a second or so at a time, so that all of it has been looked at again before long: a small deployment's whole record
//! each time, a large one's piece by piece.

use std::time::Instant;

use tlog::{Frontier, Hash};
use tokio_postgres::Client;
use uuid::Uuid;

use super::{
    sealer::Pace,
    store::{self, Finding},
};
use crate::Result;

/// Findings of one step; who finds so much does not need the rest.
const TOLD: usize = 20;
/// The kinds of leaves, as the migration numbers them.
const KINDS: [i16; 7] = [1, 2, 3, 4, 5, 10, 11];

/// Where it is. An error leaves it there; what was found is noted at once.
#[derive(Debug, Default)]
pub struct Patrol {
    /// The tree of the entries that were read in this turn.
    tree: Frontier,
    /// Of [`KINDS`], and the last row of it that was looked at.
    kind: usize,
    row: (Uuid, i64),
}

impl Patrol {
    /// Goes on for a while, or once round: leaves, then rows. `signed`: the tree as it was signed last; `rows`: whether every row has been queued. Whether the
    /// leaves make up what was signed, as far as was seen.
    pub async fn walk(&mut self, db: &Client, signed: &Frontier, pace: Pace, rows: bool) -> Result<bool> {
        let until = Instant::now() + pace.patrol;
        // The newest leaves each time, whatever the turn is at.
        let tail = signed.size().saturating_sub(pace.step.into());
        if tail > self.tree.size() {
            let newest = store::against_rows(db, tail, signed.size()).await?;
            for finding in newest.into_iter().filter_map(|entry| entry.finding).take(TOLD) {
                note(db, Some(finding)).await?;
            }
        }
        loop {
            match self.leaves(db, signed, pace.step.into()).await? {
                Turn::Goes if Instant::now() < until => {}
                Turn::Goes | Turn::Ended => break,
                Turn::Fork => {
                    note(db, Some(Finding::of_the_tree("fork"))).await?;
                    return Ok(false);
                }
            }
        }
        let (until, mut kinds) = (Instant::now() + pace.patrol, KINDS.len());
        while rows && kinds > 0 && Instant::now() < until {
            kinds -= usize::from(self.rows(db, pace.step.into()).await?);
        }
        Ok(true)
    }

    /// Leaf by leaf: that none is missing, that its row still makes it up, and at the end of a turn that they lead to the signed root.
    async fn leaves(&mut self, db: &Client, signed: &Frontier, step: u64) -> Result<Turn> {
        if self.tree.size() > signed.size() {
            self.tree = Frontier::new();
        }
        let until = (self.tree.size() + step).min(signed.size());
        let entries = store::against_rows(db, self.tree.size(), until).await?;
        let mut tree = self.tree.clone();
        let mut found = Vec::new();
        for entry in entries {
            if entry.index != tree.size() {
                break;
            }
            tree.push(Hash::leaf(&entry.hash));
            found.extend(entry.finding);
        }
        for finding in found.into_iter().take(TOLD) {
            note(db, Some(finding)).await?;
        }
        let whole = tree.size() == signed.size();
        if tree.size() < until || (whole && tree.root() != signed.root()) {
            self.tree = Frontier::new();
            return Ok(Turn::Fork);
        }
        self.tree = if whole { Frontier::new() } else { tree };
        Ok(if whole { Turn::Ended } else { Turn::Goes })
    }

    /// Row by row: that a leaf stands for it. Whether that was the last part of a kind.
    async fn rows(&mut self, db: &Client, step: i64) -> Result<bool> {
        let part = store::against_log(db, KINDS[self.kind], self.row, step).await?;
        for finding in part.found {
            note(db, Some(finding)).await?;
        }
        let last = part.seen < step;
        (self.kind, self.row) =
            if last { ((self.kind + 1) % KINDS.len(), Default::default()) } else { (self.kind, part.last) };
        Ok(last)
    }
}

enum Turn {
    Goes,
    Ended,
    Fork,
}

async fn note(db: &Client, finding: Option<Finding>) -> Result<()> {
    let Some(finding) = finding else { return Ok(()) };
    tracing::error!(what = finding.what, "the record does not agree with its log");
    store::note_finding(db, &finding).await
}
