//! Statements on copies, as the job's role.

use jiff::{Timestamp, civil::Date};
use serde_json::Value;
use tlog::note::Note;
use uuid::Uuid;

use super::{Copy, Place, rules::Known, stamp::Stamp};
use crate::{Error, Result, app::App, mail};

const NOTE_PLACES: &str = "SELECT act.note_copy_places($1)";
const NEWEST: &str = "SELECT deployment, epoch, size, note, signed_at, lines FROM act.checkpoint_to_copy()";
const PLACES: &str = "SELECT place, epoch, size, at, failed_at FROM act.copy_places()";
const NOTE: &str = "SELECT act.note_copy($1, $2, $3, $4, $5)";
const MAIL: &str = "SELECT act.mail_checkpoint($1, $2, $3, $4)";
const NOTE_STAMP: &str = "SELECT act.note_stamp($1, $2, $3, $4, $5)";
const STAMP_OF: &str = "SELECT note, token FROM act.stamp_of($1, $2)";

pub async fn note_places(app: &App, places: &[&str]) -> Result<()> {
    app.db.job(NOTE_PLACES, &[&places]).await.map(drop)
}

/// `None`: nothing is signed yet.
pub async fn newest(app: &App, day: Date) -> Result<Option<Copy>> {
    let rows = app.db.job(NEWEST, &[]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (mut note, lines): (String, Vec<&str>) = (row.get(3), row.get(5));
    for line in lines {
        note.push_str(line);
        note.push('\n');
    }
    Ok(Some(Copy {
        deployment: row.get::<_, Uuid>(0),
        epoch: row.get(1),
        size: row.get(2),
        signed_at: row.get(4),
        note: Note::parse(note.as_bytes()).map_err(Error::internal)?,
        token: None,
        day,
    }))
}

/// By their codes.
pub async fn places(app: &App) -> Result<Vec<(String, Known)>> {
    let rows = app.db.job(PLACES, &[]).await?;
    let known = |r: &tokio_postgres::Row| {
        let (epoch, size, at): (Option<i32>, Option<i64>, Option<Timestamp>) = (r.get(1), r.get(2), r.get(3));
        let last = epoch.zip(size).zip(at).map(|((epoch, size), at)| (epoch, size, at));
        (r.get(0), Known { last, failed_at: r.get(4) })
    };
    Ok(rows.iter().map(known).collect())
}

/// `how`: outcome and code.
pub async fn note(app: &App, place: Place, copy: &Copy, how: (&str, &str)) -> Result<()> {
    app.db.job(NOTE, &[&place.code(), &how.0, &copy.epoch, &copy.size, &how.1]).await.map(drop)
}

pub async fn mail(app: &App, copy: &Copy, letters: &[Value]) -> Result<()> {
    app.db.job(MAIL, &[&copy.epoch, &copy.size, &letters, &mail::KIND.tries]).await.map(drop)
}

pub async fn note_stamp(app: &App, copy: &Copy, stamp: &Stamp) -> Result<()> {
    let note = copy.note.to_string();
    app.db.job(NOTE_STAMP, &[&copy.epoch, &copy.size, &note, &stamp.token, &stamp.at]).await.map(drop)
}

/// The bytes that were stamped, and the stamp, where this checkpoint has one.
pub async fn stamp_of(app: &App, copy: &Copy) -> Result<Option<(Note, Vec<u8>)>> {
    let rows = app.db.job(STAMP_OF, &[&copy.epoch, &copy.size]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let note = Note::parse(row.get::<_, &str>(0).as_bytes()).map_err(Error::internal)?;
    Ok(Some((note, row.get(1))))
}
