//! What witnesses have signed: that every line that is kept is theirs, and of a checkpoint that is kept.

use futures_util::{StreamExt as _, pin_mut};
use tlog::note::{NotSigned, Note, VerifyKey};
use tokio_postgres::Client;

use crate::{Error, Result, cli::verify::Report, config::Config};

/// A log that began anew may have had a checkpoint of the same size.
const LINES: &str =
    "SELECT w.witness, w.size, w.line, ARRAY(SELECT c.note FROM care.checkpoint c WHERE c.size = w.size)
  FROM care.witness_answer w WHERE w.outcome = 'cosigned'";

pub fn keys(config: &Config) -> Result<Vec<VerifyKey>> {
    config.log.witnesses.iter().map(|w| w.key.parse().map_err(Error::internal)).collect()
}

pub async fn check(client: &Client, config: &Config, report: &mut Report) -> Result<()> {
    let keys = keys(config)?;
    let (mut checked, mut unknown) = (0_u64, 0_u64);
    let rows = client.query_raw(LINES, Vec::<i64>::new()).await?;
    pin_mut!(rows);
    while let Some(row) = rows.next().await {
        let row = row?;
        let (name, size, line, notes): (&str, i64, &str, Vec<&str>) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        let own: Vec<VerifyKey> = keys.iter().filter(|key| key.name() == name).cloned().collect();
        let lines = notes.iter().map(|note| under(note, name, line, &own));
        match lines.min().unwrap_or(Line::Not) {
            Line::Theirs => checked += 1,
            Line::OfAnotherKey => unknown += 1,
            Line::Not => {
                report.bad.push(format!("what {name} signed is not the checkpoint of {size} leaves"))
            }
        }
    }
    if checked + unknown > 0 {
        report.said.push(format!(
            "{checked} signatures of witnesses checked; {unknown} are of witnesses that [log] does not name"
        ));
    }
    Ok(())
}

/// What a line is under a checkpoint, the best first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Theirs,
    /// Of its name, by a key that is not the one in the settings.
    OfAnotherKey,
    Not,
}

/// As if it were the only line under the checkpoint.
fn under(note: &str, name: &str, line: &str, own: &[VerifyKey]) -> Line {
    let text = Note::parse(note.as_bytes()).map(|note| note.text().to_owned()).unwrap_or_default();
    let Ok(note) = Note::parse(format!("{text}\n{line}\n").as_bytes()) else { return Line::Not };
    if note.signatures().iter().any(|signature| signature.name() != name) {
        return Line::Not;
    }
    match note.verify(own) {
        Ok(_) => Line::Theirs,
        Err(NotSigned::Unknown) => Line::OfAnotherKey,
        Err(_) => Line::Not,
    }
}
