//! What leaves a vault with the generations that leave it: log and uploads that nothing which is kept needs any more.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

use crate::Manifest;
use crate::error::{At, Error};
use crate::mirror::UPLOADS;
use crate::vault::{entries, remove};

/// A generation comes this long after its uploads were listed, at most: what came in between is in no list yet.
const LISTED_BEFORE: SignedDuration = SignedDuration::from_hours(48);
/// The log of every database in a repository.
const LOG: &str = "database/archive";

/// Removes it and returns how many files went. `held`: every generation that the vault still has. `oldest_came`: when the
/// oldest of them came, by the vault's own clock. Without any generation nothing goes.
pub(crate) fn prune(
    from: &Path,
    vault: &Path,
    held: &[Manifest],
    oldest_came: Timestamp,
) -> Result<u64, Error> {
    let mut gone = 0;
    for file in log(from, vault, held)?.into_iter().chain(uploads(from, vault, held, oldest_came)?) {
        remove(&file)?;
        gone += 1;
    }
    Ok(gone)
}

/// Segments before the first one that any generation needs. Replaying only goes forward, on whatever timeline: nobody who
/// begins with one of these generations comes back to them. Where one does not say where it begins, everything stays;
/// so it does where the log is of more than one database, whose positions do not compare. What the repository still has
/// would only come again.
fn log(from: &Path, vault: &Path, held: &[Manifest]) -> Result<Vec<PathBuf>, Error> {
    let first: Option<Vec<u64>> =
        held.iter().map(|manifest| position(manifest.first_segment.as_deref()?)).collect();
    let Some(needed) = first.and_then(|positions| positions.into_iter().min()) else { return Ok(Vec::new()) };
    let mut databases = Vec::new();
    for stanza in entries(&vault.join(LOG))? {
        databases.extend(entries(&stanza)?.into_iter().filter(|path| path.is_dir()));
    }
    let [database] = databases.as_slice() else { return Ok(Vec::new()) };
    let mut before = Vec::new();
    for folder in entries(database)?.into_iter().filter(|path| path.is_dir()) {
        let old = |path: &PathBuf| {
            let at = path.file_name().and_then(|name| position(&name.to_string_lossy()));
            let theirs = path.strip_prefix(vault).is_ok_and(|name| from.join(name).exists());
            at.is_some_and(|at| at < needed) && !theirs
        };
        before.extend(entries(&folder)?.into_iter().filter(old));
    }
    Ok(before)
}

/// Where a segment (or what is named after one) stands in the log: `TTTTTTTTXXXXXXXXYYYYYYYY…` without the timeline.
fn position(name: &str) -> Option<u64> {
    let digits = name.get(..24).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u64::from_str_radix(&digits[8..], 16).ok()
}

/// Uploads that no generation names, that the repository has no more, and that were here well before the oldest generation was:
/// what is younger may belong to a record that only the log has yet.
fn uploads(
    from: &Path,
    vault: &Path,
    held: &[Manifest],
    oldest_came: Timestamp,
) -> Result<Vec<PathBuf>, Error> {
    let named: HashSet<&str> =
        held.iter().flat_map(|manifest| &manifest.uploads).map(|entry| entry.path.as_str()).collect();
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let before = SystemTime::from(oldest_came - LISTED_BEFORE);
    let (ours, theirs) = (vault.join(UPLOADS), from.join(UPLOADS));
    let (mut todo, mut unneeded) = (vec![ours.clone()], Vec::new());
    while let Some(folder) = todo.pop() {
        for path in entries(&folder)? {
            if path.is_dir() {
                todo.push(path);
                continue;
            }
            let Ok(name) = path.strip_prefix(&ours) else { continue };
            let known = named.contains(&*name.to_string_lossy()) || theirs.join(name).exists();
            let came = fs::metadata(&path).and_then(|found| found.modified()).at(&path)?;
            if !known && came < before {
                unneeded.push(path);
            }
        }
    }
    Ok(unneeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_compare_across_timelines_and_other_names_have_none() {
        assert!(position("0000000200000000000000FF-aa.zst") < position("000000010000000100000000"));
        assert_eq!(position("000000010000000000000003.00000028.backup"), Some(3));
        assert_eq!(position("00000002.history"), None);
    }
}
