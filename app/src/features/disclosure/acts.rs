//! Editions of the disclosure, and what the database says about itself.

use jiff::Timestamp;
use paper::Paper;
use serde::Deserialize;
use tokio_postgres::{Row, types::Json};

use super::answers::Tally;
use crate::{Error, Result, app::App, auth::Operator, web::input};

const EDITIONS: &str = "SELECT n, at, change, yes, no, not_applicable FROM act.disclosure_editions()";
const EDITION: &str = "SELECT at, change, paper FROM act.disclosure_edition($1)";
const PUBLISH: &str = "SELECT op.publish_disclosure($1, $2, $3, $4, $5, $6)";
const HOUSE: &str = "SELECT act.state_of_the_house()";

/// A published edition, without its text.
#[derive(Debug, Clone)]
pub struct Edition {
    pub n: i32,
    pub at: Timestamp,
    pub change: String,
    pub tally: Tally,
}

/// Newest first.
pub async fn editions(app: &App) -> Result<Vec<Edition>> {
    let rows = app.db.job(EDITIONS, &[]).await?;
    let count = |r: &Row, n: usize| usize::try_from(r.get::<_, i32>(n)).unwrap_or(0);
    let read = |r: &Row| Edition {
        n: r.get(0),
        at: r.get(1),
        change: r.get(2),
        tally: Tally { yes: count(r, 3), no: count(r, 4), not_applicable: count(r, 5) },
    };
    Ok(rows.iter().map(read).collect())
}

/// An edition as it was published: when, and its paper.
pub async fn edition(app: &App, n: i32) -> Result<(Timestamp, Paper)> {
    let rows = app.db.job(EDITION, &[&n]).await?;
    let row = rows.first().ok_or(Error::NotFound)?;
    Ok((row.get(0), row.get::<_, Json<Paper>>(2).0))
}

/// Keeps the disclosure of this moment as edition `n`. `Stale` where somebody else was first.
pub async fn publish(
    app: &App,
    who: &Operator,
    n: i32,
    change: &str,
    paper: &Paper,
    tally: Tally,
) -> Result<()> {
    let change = input::text("change", change, 400).map_err(|e| Error::Invalid(vec![e]))?;
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let (yes, no, rest) = (count(tally.yes), count(tally.no), count(tally.not_applicable));
    let tx = app.db.operating(who).await?;
    tx.query_and_commit(PUBLISH, &[&n, &change, &Json(paper), &yes, &no, &rest]).await?;
    app.board.look_again().await;
    Ok(())
}

/// What the database says about itself, now.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct House {
    /// Rights to write that a login role holds on a table of the record.
    pub rewriters: i64,
    /// Missing or sleeping guards of the append-only tables.
    pub guards: i64,
    /// Tables without forced row security.
    pub blind: i64,
    pub staff: i64,
    pub two_factor: i64,
    pub operators: i64,
    pub facilities: i64,
    pub synchronous: bool,
    pub archiving: bool,
    pub checksums: bool,
    pub version: String,
}

pub async fn house(app: &App) -> Result<House> {
    let rows = app.db.job(HOUSE, &[]).await?;
    let row = rows.first().ok_or_else(|| Error::internal("one row"))?;
    Ok(row.get::<_, Json<House>>(0).0)
}
