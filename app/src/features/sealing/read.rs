//! The state of the log, in one question.

use jiff::Timestamp;

use crate::{Result, db::Tx};

const ABOUT: &str =
    "SELECT leaves, signed, signed_at, unanswered, witnesses, cosigned_at FROM act.log_about()";

#[derive(Debug)]
pub struct About {
    /// Entries that have a number.
    pub leaves: i64,
    /// Those of the newest signature, and its time; none before the first.
    pub signed: Option<(i64, Timestamp)>,
    /// Findings that nobody has answered yet.
    pub unanswered: i64,
    /// Each with the time of its last line that was kept.
    pub witnesses: Vec<(String, Timestamp)>,
}

pub async fn about(tx: &mut Tx) -> Result<About> {
    let rows = tx.query(ABOUT, &[]).await?;
    let row = rows.first().ok_or(crate::Error::NotFound)?;
    let (names, times): (Vec<String>, Vec<Timestamp>) = (row.get(4), row.get(5));
    let signed: Option<i64> = row.get(1);
    Ok(About {
        leaves: row.get(0),
        signed: signed.zip(row.get::<_, Option<Timestamp>>(2)),
        unanswered: row.get(3),
        witnesses: names.into_iter().zip(times).collect(),
    })
}
