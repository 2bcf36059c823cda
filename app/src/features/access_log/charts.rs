//! How often which patient's chart was opened in a period, and by whom: the two questions that the guideline asks of a facility's log.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{filter::Filter, kinds::chart_acts, store};
use crate::{Result, db::Tx};

/// Lines of one list of people: more in one period are saved in parts.
pub const MOST: usize = 20_000;

/// One patient's chart in a period.
#[derive(Debug, Clone)]
pub struct Chart {
    pub patient: Uuid,
    pub openings: i64,
    /// How many different people.
    pub people: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

/// One person's openings of one chart, for one facility.
#[derive(Debug, Clone)]
pub struct Reader {
    pub patient: Uuid,
    /// Id, name and profession of the last time; `None`: nobody of the staff is known by it.
    pub account: Option<(Uuid, Option<String>, Option<String>)>,
    pub facility: Option<(Uuid, String)>,
    pub openings: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// As far as is known, over all openings.
    pub seconds: i64,
}

/// All openings of the period, and of how many charts.
#[derive(Debug, Clone, Copy)]
pub struct Total {
    pub openings: i64,
    pub charts: i64,
}

pub async fn total(tx: &mut Tx, f: &Filter) -> Result<Total> {
    let row = tx.one(store::CHARTS_TOTAL, &[&f.patient, &f.from, &f.to, &chart_acts()]).await?;
    Ok(Total { openings: row.get(0), charts: row.get(1) })
}

/// The most opened first: at most so many, from this place on.
pub async fn charts(tx: &mut Tx, f: &Filter, limit: i64, from: i64) -> Result<Vec<Chart>> {
    let acts = chart_acts();
    let rows = tx.query(store::CHARTS, &[&f.patient, &f.from, &f.to, &acts, &limit, &from]).await?;
    let chart = |r: &Row| Chart {
        patient: r.get(0),
        openings: r.get(1),
        people: r.get(2),
        first_at: r.get(3),
        last_at: r.get(4),
    };
    Ok(rows.iter().map(chart).collect())
}

/// Who opened them: of each chart whoever did so most often first.
pub async fn readers(tx: &mut Tx, f: &Filter, limit: usize) -> Result<Vec<Reader>> {
    let (acts, limit) = (chart_acts(), i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = tx.query(store::CHART_PEOPLE, &[&f.patient, &f.from, &f.to, &acts, &limit]).await?;
    let reader = |r: &Row| Reader {
        patient: r.get(0),
        account: r.get::<_, Option<Uuid>>(1).map(|id| (id, r.get(2), r.get(3))),
        facility: r
            .get::<_, Option<Uuid>>(4)
            .map(|id| (id, r.get::<_, Option<String>>(5).unwrap_or_default())),
        openings: r.get(6),
        first_at: r.get(7),
        last_at: r.get(8),
        seconds: r.get(9),
    };
    Ok(rows.iter().map(reader).collect())
}
