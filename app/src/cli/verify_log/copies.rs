//! States of the log that have left this machine: the log as it is now must contain each of them, that is, its first so many leaves must make up the root
//! that was signed then.

use std::{collections::BTreeMap, path::PathBuf};

use tlog::{Frontier, Hash, checkpoint::Checkpoint};
use uuid::Uuid;

use super::{ENOUGH, keys::Keys, signed::Newest};
use crate::{
    Result,
    cli::verify::Report,
    config::Config,
    log::{
        copies::{self, Copied},
        number,
    },
};

/// Those that could be read, before the database was looked at: none is ahead of what is seen there, unless the database went back.
#[derive(Debug, Default)]
pub struct Copies {
    all: Vec<(Copied, Checkpoint)>,
    /// What could not be read.
    silent: Vec<String>,
}

/// Of the places in the settings, and of files that whoever asks has kept.
///
/// # Errors
/// A file that was named holds no copy.
pub async fn read(config: &Config, given: &[PathBuf]) -> Result<Copies> {
    let (mut all, silent) = copies::kept(&config.log.copies).await;
    for path in given {
        all.extend(Copied::given(path)?);
    }
    Ok(Copies { all: all.into_iter().filter_map(understood).collect(), silent })
}

fn understood(copied: Copied) -> Option<(Copied, Checkpoint)> {
    let checkpoint = Checkpoint::read(copied.note.as_bytes()).ok()?;
    Some((copied, checkpoint))
}

/// The roots over so many leaves as are asked for, filled in while the tree grows.
#[derive(Debug, Default)]
pub struct Roots(BTreeMap<u64, Option<Hash>>);

impl Roots {
    pub fn want(&mut self, size: u64) {
        self.0.insert(size, None);
    }

    pub fn note(&mut self, tree: &Frontier) {
        if let Some(root) = self.0.get_mut(&tree.size()) {
            *root = Some(tree.root());
        }
    }

    fn of(&self, size: u64) -> Option<Hash> {
        self.0.get(&size).copied().flatten()
    }
}

impl Copies {
    pub fn want(&self, roots: &mut Roots) {
        self.all.iter().for_each(|(_, checkpoint)| roots.want(checkpoint.size()));
    }

    pub fn check(self, keys: &Keys, deployment: Uuid, log: (&Newest, &Roots), report: &mut Report) {
        report.said.extend(self.silent);
        let (mut contained, mut before, mut lost, mut bad) = (0_u64, 0_u64, 0_u64, Vec::new());
        let mut elsewhere = 0_u64;
        for (copied, checkpoint) in self.all {
            match one(&copied, &checkpoint, keys, deployment, log) {
                Ok(Found::Contained) => contained += 1,
                Ok(Found::Before) => before += 1,
                Ok(Found::Lost) => lost += 1,
                Ok(Found::Elsewhere) => elsewhere += 1,
                Err(fault) => bad.push(format!("the copy in {}: {fault}", copied.from)),
            }
        }
        if contained + before + lost + bad.len() as u64 > 0 {
            report.said.push(format!("copies of checkpoints: the log contains {contained}"));
        }
        if before > 0 {
            report
                .said
                .push(format!("{before} copies are of logs before this one, whose key is not here (--key)"));
        }
        if lost > 0 {
            report.said.push(format!(
                "{lost} copies are of states that were lost when the log began anew, after a restore"
            ));
        }
        if elsewhere > 0 {
            report.said.push(format!("{elsewhere} copies are of other deployments"));
        }
        bad.truncate(ENOUGH);
        report.bad.extend(bad);
    }
}

/// What a copied state is to the log.
pub enum Found {
    Contained,
    /// Of a log before this one, and signed by nobody knows whom.
    Before,
    /// It came after what the log before this one was gone on from.
    Lost,
    Elsewhere,
}

/// What it is, after its signature was looked at.
pub fn one(
    copied: &Copied,
    checkpoint: &Checkpoint,
    keys: &Keys,
    deployment: Uuid,
    (newest, roots): (&Newest, &Roots),
) -> std::result::Result<Found, String> {
    let Some(epoch) = number(deployment, checkpoint.origin()) else { return Ok(Found::Elsewhere) };
    if epoch > newest.epoch {
        return Err(format!("the database knows of no log {epoch}: it is older than what was copied"));
    }
    let size = checkpoint.size();
    match keys.of(epoch, newest.epoch, &copied.note) {
        Some(key) => {
            let keys = [key];
            let opened = Checkpoint::open(copied.note.as_bytes(), checkpoint.origin(), &keys);
            opened.map(drop).map_err(|fault| fault.to_string())?;
        }
        None if epoch < newest.epoch => return Ok(Found::Before),
        None => return Err(format!("no key of {} was given (--key)", checkpoint.origin())),
    }
    let root = roots.of(size);
    if root == Some(checkpoint.root()) {
        return Ok(Found::Contained);
    }
    // What came with a log that was given up is not in the next one; but no more than its last note says.
    let ended = newest.ends.get(&epoch).copied();
    match (ended, root) {
        (Some(ended), _) if size <= ended => Ok(Found::Lost),
        (Some(ended), _) => {
            Err(format!("that log was given up at {ended} leaves, and {size} had been signed"))
        }
        (None, None) => Err(format!("the database is older than what was copied: it has no {size} leaves")),
        (None, Some(_)) => Err(format!("the first {size} leaves lead to another root")),
    }
}
