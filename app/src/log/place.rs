//! Where a log stands when a sealer begins: what the database holds and what is on the disk must be one log, or nothing is signed.

use tlog::{
    Frontier, Hash,
    checkpoint::Checkpoint,
    note::{Note, VerifyKey},
    tiles::{self, Folder},
};
use tokio_postgres::Client;
use uuid::Uuid;

use super::{
    files::{self, Stop, beside, meaning, on_disk},
    store::{self, Finding},
};
use crate::{Error, Result};

/// Leaves that are read from the database at a time.
const AT_A_TIME: u64 = 65_536;

/// The first line of every checkpoint of a deployment, and the name of its key. A log that began anew is another log.
pub fn origin(deployment: Uuid, epoch: i32) -> String {
    if epoch == 0 { format!("renkei/{deployment}") } else { format!("renkei/{deployment}/{epoch}") }
}

/// The number of the log of this name; `None`: of another deployment.
pub fn number(deployment: Uuid, name: &str) -> Option<i32> {
    match name.strip_prefix(&origin(deployment, 0))? {
        "" => Some(0),
        rest => rest.strip_prefix('/')?.parse().ok().filter(|n| *n > 0),
    }
}

/// The number of the log whose checkpoint this is.
pub fn number_of_note(deployment: Uuid, note: &[u8]) -> Option<i32> {
    let first = note.split(|byte| *byte == b'\n').next()?;
    number(deployment, std::str::from_utf8(first).ok()?)
}

/// What is signed beside size and root: the life of the database, and which log this one comes after.
pub fn lines(state: &store::State) -> Vec<String> {
    let before = state.previous.as_ref().and_then(|note| Checkpoint::read(note.as_bytes()).ok());
    std::iter::once(timeline(state)).chain(before.as_ref().map(after)).collect()
}

/// The line by which a checkpoint names the end of the log before its own.
pub fn after(before: &Checkpoint) -> String {
    format!("after {} {} {}", before.origin(), before.size(), before.root())
}

/// The number and the end of the log that such a line names.
pub fn ended(deployment: Uuid, line: &str) -> Option<(i32, u64)> {
    let mut words = line.strip_prefix("after ")?.split(' ');
    Some((number(deployment, words.next()?)?, words.next()?.parse().ok()?))
}

fn timeline(state: &store::State) -> String {
    format!("timeline {}", state.timeline)
}

fn altered(what: &str) -> Stop {
    Stop::Altered(Finding::of_the_tree(what))
}

/// A checkpoint of this log, signed by its key.
fn opened(bytes: &[u8], origin: &str, key: &VerifyKey) -> Result<Checkpoint, Stop> {
    let keys = std::slice::from_ref(key);
    Checkpoint::open(bytes, origin, keys).map(|opened| opened.checkpoint).map_err(|error| {
        tracing::error!(%error, "a checkpoint of the log carries no signature of its key");
        altered("unsigned")
    })
}

/// How the database, the disk and what was signed stand to each other: one log, of which perhaps the disk does not have all yet.
#[derive(Debug)]
pub struct Found {
    kept: Option<Checkpoint>,
    /// Of the checkpoint that is published.
    published: u64,
    /// The tree as it was signed last; `None` where tiles are missing.
    tree: Option<Frontier>,
}

/// Looks, and changes nothing. What the database says was signed must be what the disk says, or one step ahead of it; and the entries must still make up
/// that tree. What leads to `from` was looked at before.
///
/// # Errors
/// [`Stop::Altered`]: `older` where the database knows less than was signed, `fork` where its leaves lead to another root, `tiles` where the files do, `unsigned`
/// where a note is not of this key.
pub async fn look(
    db: &Client,
    folder: &Folder,
    key: &VerifyKey,
    state: &store::State,
    from: &Frontier,
) -> Result<Found, Stop> {
    let origin = origin(state.deployment, state.epoch);
    let published = files::published(folder).await?;
    // A log that began after this one: the database is from before that.
    if published
        .as_ref()
        .and_then(|note| number_of_note(state.deployment, note))
        .is_some_and(|n| n > state.epoch)
    {
        return Err(altered("older"));
    }
    let published = published.map(|bytes| opened(&bytes, &origin, key)).transpose()?;
    let kept = state.note.as_ref().map(|note| opened(note.as_bytes(), &origin, key)).transpose()?;
    let size = |c: &Option<Checkpoint>| c.as_ref().map_or(0, Checkpoint::size);
    let (on_the_disk, in_the_database) = (size(&published), size(&kept));
    // What was signed stands on the disk and in the world; a database that knows less has gone back.
    if on_the_disk > in_the_database || state.entries < in_the_database {
        return Err(altered("older"));
    }
    let Some(kept) = kept else {
        return Ok(Found { kept: None, published: 0, tree: Some(Frontier::new()) });
    };
    let from = if from.size() <= on_the_disk { from.clone() } else { Frontier::new() };
    let [earlier, root] = roots(db, from.clone(), [on_the_disk, kept.size()]).await?;
    if root != kept.root() || published.as_ref().is_some_and(|p| p.root() != earlier) {
        return Err(altered("fork"));
    }
    // Another life of the database, and this disk does not have what was signed in the one before: nobody knows what it lost.
    let moved = !kept.extensions().contains(&timeline(state));
    let tree = match files::holds(folder, &from, kept.size(), root).await? {
        Ok(tree) => Some(tree),
        Err(tiles::Error::Missing(_)) if moved => return Err(altered("older")),
        Err(tiles::Error::Missing(_)) => None,
        Err(error) => return Err(meaning(error)),
    };
    Ok(Found { kept: Some(kept), published: on_the_disk, tree })
}

/// Takes up what was found: tiles that were never signed leave, missing ones are made again, and what is kept is published.
pub async fn take_up(
    db: &Client,
    folder: &Folder,
    state: &store::State,
    found: Found,
) -> Result<Frontier, Stop> {
    let size = found.kept.as_ref().map_or(0, Checkpoint::size);
    files::leave_unsigned(folder, size).await?;
    let tree = match found.tree {
        Some(tree) => tree,
        None => grow(db, folder, &Frontier::new(), size).await?,
    };
    if found.published < size {
        let note = Note::parse(state.note.as_deref().unwrap_or_default().as_bytes());
        let (note, folder) = (note.map_err(Error::internal)?, folder.clone());
        on_disk(move || folder.publish(&note)).await?;
    }
    Ok(tree)
}

/// The roots over the first so many entries, as the database has them now; the sizes do not fall.
async fn roots(db: &Client, from: Frontier, sizes: [u64; 2]) -> Result<[Hash; 2]> {
    let mut tree = from;
    let mut roots = [Hash::EMPTY; 2];
    for (size, root) in sizes.into_iter().zip(&mut roots) {
        while tree.size() < size {
            let leaves = store::leaves(db, tree.size(), (tree.size() + AT_A_TIME).min(size)).await?;
            if leaves.is_empty() {
                return Ok(roots);
            }
            tree = beside(move || {
                tree.extend(leaves);
                tree
            })
            .await?;
        }
        *root = tree.root();
    }
    Ok(roots)
}

/// Writes the tiles of the entries up to `until`, reads them back from the disk and recomputes.
pub async fn grow(db: &Client, folder: &Folder, old: &Frontier, until: u64) -> Result<Frontier, Stop> {
    let mut tree = old.clone();
    while tree.size() < until {
        let leaves = store::leaves(db, tree.size(), (tree.size() + AT_A_TIME).min(until)).await?;
        if leaves.is_empty() {
            return Err(altered("fork"));
        }
        let (folder, from) = (folder.clone(), tree);
        tree = on_disk(move || {
            let grown = folder.append(&from, &leaves)?;
            folder.read_back(&from, grown.size(), &grown.root())
        })
        .await?;
    }
    Ok(tree)
}
