//! The tree out of the leaves, against every checkpoint that was signed and against the logs before this one.

use std::collections::{BTreeMap, VecDeque};

use tlog::{Frontier, Hash, checkpoint::Checkpoint, note::VerifyKey};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::{ENOUGH, keys::Keys, leaves::Leaves};
use crate::{
    Result,
    cli::verify::Report,
    log::{self, origin},
};

const EPOCHS: &str = "SELECT number, previous FROM care.log_epoch ORDER BY number";
const CHECKPOINTS: &str = "SELECT size, epoch, root, note FROM care.checkpoint WHERE (size, epoch) > ($1, $2) ORDER BY size, epoch LIMIT 5000";

const LONG: &str = "SELECT (SELECT at FROM care.log_entry ORDER BY idx LIMIT 1) < (SELECT at FROM care.log_entry ORDER BY idx DESC LIMIT 1) - interval '10 minutes'";

/// The log as it stands now.
#[derive(Debug, Default)]
pub struct Newest {
    pub epoch: i32,
    /// The last note of the log before it.
    pub previous: Option<String>,
    /// The tree of its newest checkpoint.
    pub signed: Option<(u64, Hash)>,
}

/// Checkpoints one by one, in the order of their sizes.
struct Checkpoints<'a> {
    client: &'a Client,
    rows: VecDeque<Row>,
    after: (i64, i32),
}

impl Checkpoints<'_> {
    /// The next one, if it is of at most so many leaves.
    async fn next(&mut self, size: i64) -> Result<Option<Row>> {
        if self.rows.is_empty() {
            self.rows = self.client.query(CHECKPOINTS, &[&self.after.0, &self.after.1]).await?.into();
            if let Some(last) = self.rows.back() {
                self.after = (last.get(0), last.get(1));
            }
        }
        let fits = self.rows.front().is_some_and(|row| row.get::<_, i64>(0) <= size);
        Ok(if fits { self.rows.pop_front() } else { None })
    }
}

pub async fn check(client: &Client, keys: &Keys, deployment: Uuid, report: &mut Report) -> Result<Newest> {
    let (mut newest, after) = epochs(client, keys, deployment, report).await?;
    let epoch = newest.epoch;
    let mut checkpoints = Checkpoints { client, rows: VecDeque::new(), after: (0, 0) };
    let mut leaves = Leaves::new(client);
    let (mut tree, mut size, mut faults, mut unsigned) = (Frontier::new(), 0_i64, 0, 0_u64);
    while let Some((at, hash)) = leaves.next(report).await? {
        if at != size {
            break;
        }
        tree.push(Hash::leaf(&hash));
        size += 1;
        if size % 1_000_000 == 0 {
            eprintln!("… {size} leaves");
        }
        while let Some(row) = checkpoints.next(size).await? {
            let kept = Kept { epoch: row.get(1), root: row.get(2), note: row.get(3) };
            let key = keys.of(kept.epoch, epoch, kept.note);
            unsigned += u64::from(key.is_none());
            if let Err(fault) = one(&kept, &tree, deployment, key, after.get(&kept.epoch))
                && faults < ENOUGH
            {
                faults += 1;
                report.bad.push(format!("the checkpoint of {size} leaves: {fault}"));
            }
            if kept.epoch == epoch {
                newest.signed = Some((tree.size(), tree.root()));
            }
        }
    }
    report.leaves = tree.size();
    if let Some(row) = checkpoints.next(i64::MAX).await? {
        let signed: i64 = row.get(0);
        report.bad.push(format!("the checkpoint of {signed} leaves: the log has only {size}"));
    }
    if let Some((at, _)) = leaves.next(report).await? {
        report.bad.push(format!("the log has no leaf {size}, and goes on at {at} or before"));
    }
    if size > 0 && newest.signed.is_none() {
        let what = format!("none of {size} leaves is signed for");
        // Where one begins, that is so for moments.
        let long = client.query_one(LONG, &[]).await?.get(0);
        if epoch == 0 && long { report.bad.push(what) } else { report.said.push(what) }
    }
    if unsigned > 0 {
        let what = format!("there was no key for the signatures of {unsigned} checkpoints (--key)");
        // Whoever gives keys means to know; a drill on a machine without them still has the roots.
        if keys.are_given() { report.bad.push(what) } else { report.said.push(what) }
    }
    Ok(newest)
}

/// A checkpoint as the database keeps it.
struct Kept<'a> {
    epoch: i32,
    root: &'a [u8],
    note: &'a str,
}

fn one(
    kept: &Kept<'_>,
    tree: &Frontier,
    deployment: Uuid,
    key: Option<VerifyKey>,
    after: Option<&String>,
) -> std::result::Result<(), String> {
    if kept.root != tree.root().as_bytes().as_slice() {
        return Err("the leaves lead to another root".into());
    }
    let Some(key) = key else { return Ok(()) };
    let (keys, origin) = ([key], origin(deployment, kept.epoch));
    let opened = Checkpoint::open(kept.note.as_bytes(), &origin, &keys).map_err(|e| e.to_string())?;
    if (opened.checkpoint.size(), opened.checkpoint.root()) != (tree.size(), tree.root()) {
        return Err("its signed note says something else".into());
    }
    if after.is_some_and(|after| !opened.checkpoint.extensions().contains(after)) {
        return Err("it does not name the log that it comes after".into());
    }
    Ok(())
}

/// The log as it stands, and the logs before it: for each that came after another, the line with which its checkpoints must name that. Numbers may be
/// missing: what was brought in from elsewhere, or came after a restore, begins with a later one.
async fn epochs(
    client: &Client,
    keys: &Keys,
    deployment: Uuid,
    report: &mut Report,
) -> Result<(Newest, BTreeMap<i32, String>)> {
    let mut after = BTreeMap::new();
    let rows = client.query(EPOCHS, &[]).await?;
    let newest = rows.last().map_or(Newest::default(), |row| Newest {
        epoch: row.get(0),
        previous: row.get(1),
        signed: None,
    });
    for row in &rows {
        let (number, previous): (i32, &str) = (row.get(0), row.get(1));
        let text = Checkpoint::read(previous.as_bytes()).ok();
        let before = text.and_then(|c| Some((log::number(deployment, c.origin())?, c)));
        let Some((before, c)) = before.filter(|(before, _)| *before < number) else {
            report.bad.push(format!("it is not known which log comes before number {number}"));
            continue;
        };
        match keys.of(before, newest.epoch, previous) {
            Some(key) => {
                let keys = [key];
                if let Err(fault) = Checkpoint::open(previous.as_bytes(), c.origin(), &keys) {
                    report.bad.push(format!("the last note of log {before}: {fault}"));
                }
            }
            None => report.said.push(format!("there was no key for the last note of log {before} (--key)")),
        }
        after.insert(number, log::after(&c));
    }
    Ok((newest, after))
}
