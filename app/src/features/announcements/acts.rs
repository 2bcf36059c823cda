//! Writing, correcting, withdrawing and reading announcements.

use jiff::Timestamp;
use uuid::Uuid;

use super::model::{Announcement, Draft, Version};
use crate::{Result, db::Tx};

const SAVE: &str = "SELECT op.save_announcement($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const ALL: &str = "SELECT id, version, title, body, importance, audience, kinds, facilities, regions, from_at, until_at, withdrawn, at, operator FROM op.announcements($1, $2)";
const VERSIONS: &str = "SELECT id, version, title, body, importance, audience, kinds, facilities, regions, from_at, until_at, withdrawn, at, operator FROM op.announcement_versions($1)";
const READS: &str = "SELECT facility, staff, reads FROM op.announcement_reads($1)";
const MINE: &str =
    "SELECT id, version, title, body, importance, from_at, until_at, read FROM act.my_announcements($1)";
const READ: &str =
    "SELECT id, version, title, body, importance, from_at, until_at, read FROM act.read_announcement($1)";

/// How many one page shows.
pub const LIMIT: i32 = 100;

/// Writes the next version. `seen` is the one that the operator saw, 0 for a new announcement; `Stale` where somebody
/// else was first, and for a form that is sent a second time.
pub async fn save(tx: &mut Tx, id: Uuid, seen: i32, draft: &Draft, withdrawn: bool) -> Result<i32> {
    let importance = if draft.important { "important" } else { "normal" };
    let audience = &draft.audience;
    let (kinds, facilities, regions) = (audience.kinds(), audience.facilities(), audience.regions());
    let saved = tx
        .one(
            SAVE,
            &[
                &id,
                &seen,
                &draft.title,
                &draft.body,
                &importance,
                &audience.code(),
                &kinds,
                &facilities,
                &regions,
                &draft.from,
                &draft.until,
                &withdrawn,
            ],
        )
        .await?;
    Ok(saved.get(0))
}

/// A last version that takes the announcement off every page. Whoever wrote it stays on record.
pub async fn withdraw(tx: &mut Tx, newest: &Version) -> Result<i32> {
    save(tx, newest.id, newest.version, &Draft::from(newest), true).await
}

/// The newest version of each, for the console.
pub async fn all(tx: &mut Tx, before: Option<Timestamp>) -> Result<Vec<Version>> {
    Ok(tx.query(ALL, &[&before, &LIMIT]).await?.iter().map(Version::read).collect())
}

/// Every version of one, newest first; `NotFound` where there is none.
pub async fn versions(tx: &mut Tx, id: Uuid) -> Result<Vec<Version>> {
    let found: Vec<Version> = tx.query(VERSIONS, &[&id]).await?.iter().map(Version::read).collect();
    if found.is_empty() { Err(crate::Error::NotFound) } else { Ok(found) }
}

/// How many of a facility's staff have read the newest version.
#[derive(Debug, Clone)]
pub struct Reads {
    pub facility: String,
    pub staff: i64,
    pub reads: i64,
}

pub async fn reads(tx: &mut Tx, id: Uuid) -> Result<Vec<Reads>> {
    let rows = tx.query(READS, &[&id]).await?;
    Ok(rows.iter().map(|r| Reads { facility: r.get(0), staff: r.get(1), reads: r.get(2) }).collect())
}

/// What is for the caller's acting facility, newest first.
pub async fn mine(tx: &mut Tx) -> Result<Vec<Announcement>> {
    Ok(tx.query(MINE, &[&LIMIT]).await?.iter().map(Announcement::read).collect())
}

/// One of them; from now on it is read. `NotFound` for what is not for the caller.
pub async fn read(tx: &mut Tx, id: Uuid) -> Result<Announcement> {
    tx.one(READ, &[&id]).await.map(|row| Announcement::read(&row))
}
