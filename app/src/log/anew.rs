//! What a person decides about a log that does not go on by itself.

use std::path::PathBuf;

use tlog::{
    Frontier,
    checkpoint::Checkpoint,
    note::{Signer, VerifyKey},
    tiles::Folder,
};
use tokio_postgres::{Client, Config as PgConfig};
use uuid::Uuid;

use super::{
    copies,
    files::{self, Stop},
    key,
    place::{look, number_of_note, origin},
    sealer,
    store::{self, State},
};
use crate::{Error, Result, config, db::Tls};

/// The one finding after which another log may begin.
const OLDER: &str = "older";

fn refused(why: &str) -> Error {
    Error::Internal(format!("{why}; nothing was changed"))
}

/// Says that what was found so far has been looked at. How much that was; what is still so is found again.
pub async fn answer_findings(database: &PgConfig, tls: &Tls, reason: &str) -> Result<i64> {
    store::answer_findings(&sealer::connect(database, tls).await?, reason).await
}

/// Begins another log: the last signed state of the one before is kept and linked to. Its files are moved aside by the next start of a sealer. The new log's
/// number, and where the files will be. `lost`: the public key of the one before, where the secret one is gone.
///
/// # Errors
/// Where a sealer is at work, where the log is in order, and where it was altered: only a database that is older than what was signed, or a lost key, is a
/// reason.
pub async fn begin_anew(
    settings: &config::Log,
    database: &PgConfig,
    tls: &Tls,
    (reason, lost): (&str, Option<&VerifyKey>),
) -> Result<(i32, PathBuf)> {
    if !settings.is_on() {
        return Err(refused("this machine has no log ([log] folder)"));
    }
    let held = sealer::hold(database, tls).await?;
    let db = held.ok_or_else(|| refused("a sealer is at work, so the log is in order"))?;
    let state = store::state(&db).await?;
    let previous = last_note(settings, &state, lost).await?;
    let previous = previous.ok_or_else(|| refused("nothing was signed yet"))?;
    match (stands(settings, &db, &state, lost).await, lost.is_some()) {
        (Err(Stop::Altered(finding)), _) if finding.what == OLDER => {}
        (Err(Stop::Altered(finding)), _) => {
            let what = finding.what;
            return Err(refused(&format!(
                "the log does not hold ({what}): an incident, docs/operations/log.md"
            )));
        }
        (Err(Stop::Fault(error)), _) => return Err(error),
        (Ok(()), true) => {}
        (Ok(()), false) if is_later(&previous, &state) => {}
        (Ok(()), false) => return Err(refused("the log is in order")),
    }
    let number = begin(&db, &state, &previous, reason).await?;
    Ok((number, files::aside(&settings.folder, number)))
}

/// For a database that was just restored, and that nobody uses yet: whoever restores knows that the record goes back, so where it has gone back behind what was
/// signed, another log begins. Its number.
///
/// # Errors
/// The database, the disk, the key.
pub async fn after_restore(
    settings: &config::Log,
    database: &PgConfig,
    tls: &Tls,
    reason: &str,
) -> Result<Option<i32>> {
    let db = sealer::connect(database, tls).await?;
    let state = store::state(&db).await?;
    let Some(previous) = last_note(settings, &state, None).await? else { return Ok(None) };
    match stands(settings, &db, &state, None).await {
        Err(Stop::Altered(finding)) if finding.what == OLDER => {
            begin(&db, &state, &previous, reason).await.map(Some)
        }
        Ok(()) if is_later(&previous, &state) => begin(&db, &state, &previous, reason).await.map(Some),
        // What else does not agree, the sealer says.
        Ok(()) | Err(Stop::Altered(_)) => Ok(None),
        Err(Stop::Fault(error)) => Err(error),
    }
}

async fn begin(db: &Client, state: &State, previous: &str, reason: &str) -> Result<i32> {
    let before = number_of_note(state.deployment, previous.as_bytes()).unwrap_or(0);
    store::begin_anew(db, previous, (before, reason)).await
}

async fn stands(
    settings: &config::Log,
    db: &Client,
    state: &State,
    lost: Option<&VerifyKey>,
) -> Result<(), Stop> {
    let name = origin(state.deployment, state.epoch);
    let key = match lost {
        Some(_) if settings.key_file.exists() => return Err(refused("the key is there").into()),
        Some(key) if key.name() != name => {
            return Err(refused(&format!("this is not the key of {name}")).into());
        }
        Some(key) => key.clone(),
        None => own_key(settings, &name)?,
    };
    look(db, &Folder::at(&settings.folder), &key, state, &Frontier::new()).await.map(drop)
}

fn own_key(settings: &config::Log, name: &str) -> Result<VerifyKey> {
    let seed = key::open_or_create(&settings.key_file, false)?;
    Ok(Signer::from_seed(name, &seed).map_err(Error::internal)?.verify_key().clone())
}

/// The latest of what is published here, what the database keeps, and what has been copied to where it can be read: a machine that is new knows of the end of
/// the log before by its copies alone.
async fn last_note(
    settings: &config::Log,
    state: &State,
    lost: Option<&VerifyKey>,
) -> Result<Option<String>> {
    let published = files::published(&Folder::at(&settings.folder)).await?;
    let published = published.map(String::from_utf8).transpose().map_err(Error::internal)?;
    let copied = copied(settings, state.deployment, lost).await;
    // Where they are the same, what is published, with its witnesses.
    Ok(copied.into_iter().chain(state.note.clone()).chain(published).max_by_key(|note| age(state, note)))
}

/// Which log, and how much of it.
fn age(state: &State, note: &str) -> (Option<i32>, u64) {
    let size = Checkpoint::read(note.as_bytes()).map_or(0, |c| c.size());
    (number_of_note(state.deployment, note.as_bytes()), size)
}

/// Whether the database knows less than this: it went back, and nothing of the log is left here, or it would say so too.
fn is_later(note: &str, state: &State) -> bool {
    state.note.as_ref().is_none_or(|kept| age(state, note) > age(state, kept))
}

/// Those that a key of this deployment has signed.
async fn copied(settings: &config::Log, deployment: Uuid, lost: Option<&VerifyKey>) -> Vec<String> {
    let (copies, silent) = copies::kept(&settings.copies).await;
    silent.iter().for_each(|silent| tracing::warn!(silent, "looking for the end of the log before"));
    let signed = |note: &String| {
        let number = number_of_note(deployment, note.as_bytes())?;
        let name = origin(deployment, number);
        let own = own_key(settings, &name).ok();
        let keys: Vec<VerifyKey> = own.into_iter().chain(lost.cloned()).collect();
        Checkpoint::open(note.as_bytes(), &name, &keys).ok().map(drop)
    };
    copies.into_iter().map(|copy| copy.note).filter(|note| signed(note).is_some()).collect()
}
