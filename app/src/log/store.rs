//! What the sealer asks the database, as its own role.

use tlog::Hash;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use crate::{Error, Result};

const STATE: &str = "SELECT deployment, entries, epoch, previous, note, timeline FROM act.log_state()";
const BEGIN_ANEW: &str = "SELECT act.begin_log_anew($1, $2, $3)";
const TAKE: &str = "SELECT act.take_leaves($1, $2)";
const ENTRIES: &str = "SELECT hash FROM act.log_entries($1, $2)";
const NOTE_CHECKPOINT: &str = "SELECT act.note_checkpoint($1, $2, $3, $4)";
const NOTE_WITNESS: &str = "SELECT act.note_witness($1, $2, $3, $4)";
const NOTE_FINDING: &str = "SELECT act.note_finding($1, $2, $3, $4)";
const NOTE_WITNESSES: &str = "SELECT act.note_witnesses($1)";
const ANSWER: &str = "SELECT act.answer_findings($1)";
const QUEUE_EARLIER: &str = "SELECT act.queue_earlier($1)";
const AGAINST_ROWS: &str = "SELECT idx, hash, what, kind, place, number FROM act.log_against_rows($1, $2)";
const AGAINST_LOG: &str =
    "SELECT last_place, last_number, seen, place, number FROM act.rows_against_log($1, $2, $3, $4)";

/// What the database knows of the log.
#[derive(Debug)]
pub struct State {
    pub deployment: Uuid,
    /// Leaves that have a number.
    pub entries: u64,
    /// How often the log began anew.
    pub epoch: i32,
    /// The last note of the log before this one.
    pub previous: Option<String>,
    /// The newest signed note of this one.
    pub note: Option<String>,
    pub timeline: i64,
}

/// Something that does not agree with the log. Without a place: the tree as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub what: String,
    pub kind: Option<i16>,
    pub place: Option<Uuid>,
    pub number: Option<i64>,
}

impl Finding {
    pub fn of_the_tree(what: &str) -> Self {
        Self { what: what.to_owned(), kind: None, place: None, number: None }
    }
}

fn size(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(Error::internal)
}

fn number(size: u64) -> Result<i64> {
    i64::try_from(size).map_err(Error::internal)
}

pub async fn state(db: &Client) -> Result<State> {
    let row = db.query_one(STATE, &[]).await?;
    Ok(State {
        deployment: row.get(0),
        entries: size(row.get(1))?,
        epoch: row.get(2),
        previous: row.get(3),
        note: row.get(4),
        timeline: row.get(5),
    })
}

/// Gives numbers to at most `most` leaves that are committed for good. How many entries there are then.
pub async fn take(db: &Client, known: u64, most: i32) -> Result<u64> {
    size(db.query_one(TAKE, &[&number(known)?, &most]).await?.get(0))
}

/// The leaf hashes of entries `from..until`.
pub async fn leaves(db: &Client, from: u64, until: u64) -> Result<Vec<Hash>> {
    let rows = db.query(ENTRIES, &[&number(from)?, &number(until)?]).await?;
    Ok(rows.iter().map(|r| Hash::leaf(r.get::<_, &[u8]>(0))).collect())
}

/// The number of the log that begins, after log `before` and any that the database knows of.
pub async fn begin_anew(db: &Client, previous: &str, (before, reason): (i32, &str)) -> Result<i32> {
    Ok(db.query_one(BEGIN_ANEW, &[&previous, &before, &reason]).await?.get(0))
}

pub async fn note_checkpoint(db: &Client, epoch: i32, size: u64, root: &Hash, note: &str) -> Result<()> {
    db.execute(NOTE_CHECKPOINT, &[&epoch, &number(size)?, &root.as_bytes().as_slice(), &note]).await?;
    Ok(())
}

pub async fn note_witness(
    db: &Client,
    witness: &str,
    size: u64,
    outcome: &str,
    line: Option<&str>,
) -> Result<()> {
    db.execute(NOTE_WITNESS, &[&witness, &number(size)?, &outcome, &line]).await?;
    Ok(())
}

pub async fn note_finding(db: &Client, f: &Finding) -> Result<()> {
    db.execute(NOTE_FINDING, &[&f.what, &f.kind, &f.place, &f.number]).await?;
    Ok(())
}

/// Says who is asked from now on.
pub async fn note_witnesses(db: &Client, names: &[&str]) -> Result<()> {
    db.execute(NOTE_WITNESSES, &[&names]).await?;
    Ok(())
}

/// Queues at most `most` rows that were there before the log. Whether there are more.
pub async fn queue_earlier(db: &Client, most: i32) -> Result<bool> {
    Ok(db.query_one(QUEUE_EARLIER, &[&most]).await?.get(0))
}

/// A person has looked at what was found. How much that was.
pub async fn answer_findings(db: &Client, reason: &str) -> Result<i64> {
    Ok(db.query_one(ANSWER, &[&reason]).await?.get(0))
}

/// An entry, and what is wrong with its row.
#[derive(Debug)]
pub struct Entry {
    pub index: u64,
    pub hash: Vec<u8>,
    pub finding: Option<Finding>,
}

/// Entries `from..until`, each held against its row.
pub async fn against_rows(db: &Client, from: u64, until: u64) -> Result<Vec<Entry>> {
    let entry = |r: &Row| {
        let what: Option<String> = r.get(2);
        let finding = |what| Finding { what, kind: r.get(3), place: r.get(4), number: r.get(5) };
        Ok(Entry { index: size(r.get(0))?, hash: r.get(1), finding: what.map(finding) })
    };
    db.query(AGAINST_ROWS, &[&number(from)?, &number(until)?]).await?.iter().map(entry).collect()
}

/// A part of the rows of one kind.
#[derive(Debug, Default)]
pub struct Part {
    /// The last row.
    pub last: (Uuid, i64),
    pub seen: i64,
    /// Those for which no leaf stands, nor waits.
    pub found: Vec<Finding>,
}

/// The next rows of a kind after this one.
pub async fn against_log(db: &Client, kind: i16, after: (Uuid, i64), most: i64) -> Result<Part> {
    let most = i32::try_from(most).map_err(Error::internal)?;
    let rows = db.query(AGAINST_LOG, &[&kind, &after.0, &after.1, &most]).await?;
    let Some(first) = rows.first() else { return Ok(Part::default()) };
    let finding = |r: &Row| {
        let place: Option<Uuid> = r.get(3);
        place.map(|_| Finding { what: "unlogged".into(), kind: Some(kind), place, number: r.get(4) })
    };
    Ok(Part {
        last: (first.get(0), first.get(1)),
        seen: first.get(2),
        found: rows.iter().filter_map(finding).collect(),
    })
}
