//! Reading visits: one statement for a group, opened and laid out in time in memory.

use std::collections::HashMap;

use envelope::Aad;
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    model::{Party, Shown, Visit},
    rules::{Occurrence, conflicts},
};
use crate::{Error, Result, app::App, db::Tx, holidays, japan, seal};

/// $1: one group or NULL, for all of the caller's; $2: one visit or NULL.
pub const LIST: &str = "SELECT v.id, v.group_id, v.stream_id, v.facility_id, f.name, v.account_id, p.name, v.version, v.made_by, v.envelope
  FROM care.visit v JOIN care.facility_now f ON f.facility_id = v.facility_id LEFT JOIN care.person_now p ON p.account_id = v.account_id
  WHERE ($1::uuid IS NULL OR v.group_id = $1) AND ($2::uuid IS NULL OR v.id = $2) ORDER BY v.id";

/// The visits of a group, or of all groups of the caller.
pub async fn list(app: &App, tx: &mut Tx, group: Option<Uuid>) -> Result<Vec<Visit>> {
    let rows = tx.query(LIST, &[&group, &None::<Uuid>]).await?;
    opened(app, tx, &rows).await
}

/// One, or `NotFound`.
pub async fn one(app: &App, tx: &mut Tx, visit: Uuid) -> Result<Visit> {
    let rows = tx.query(LIST, &[&None::<Uuid>, &Some(visit)]).await?;
    opened(app, tx, &rows).await?.pop().ok_or(Error::NotFound)
}

/// Rows of [`LIST`].
pub async fn opened(app: &App, tx: &mut Tx, rows: &[Row]) -> Result<Vec<Visit>> {
    let streams: Vec<Uuid> = rows.iter().map(|r| r.get(2)).collect();
    app.keys.data_keys(tx, &streams).await?;
    rows.iter().map(|row| visit(app, row)).collect()
}

fn visit(app: &App, r: &Row) -> Result<Visit> {
    let (id, stream): (Uuid, Uuid) = (r.get(0), r.get(2));
    let key = app.keys.cached_data_key(stream).ok_or_else(|| Error::internal("the keys were just read"))?;
    Ok(Visit {
        id,
        group: r.get(1),
        party: Party { facility: r.get(3), account: r.get(5) },
        facility: r.get(4),
        person: r.get(6),
        version: r.get(7),
        made_by: r.get(8),
        plan: seal::open_words(&key, Aad { table: "visit", stream, row: id }, r.get(9))?,
    })
}

/// Others that a visit is said to meet at most: whoever reads of twenty need not read of more.
const MOST_MET: usize = 20;

/// One visit at its time, and with which others it meets.
#[derive(Clone)]
pub struct Placed<'a> {
    pub visit: &'a Visit,
    pub at: Occurrence,
    /// Positions in the same list, of the first [`MOST_MET`].
    pub meets: Vec<usize>,
}

impl std::fmt::Debug for Placed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Placed { … }")
    }
}

/// Everything between two days by its time, with the hints: within one patient, and of visits that are not called off.
pub fn placed<'a>(visits: &'a [Visit], from: Date, to: Date) -> Vec<Placed<'a>> {
    // A day more on both sides, so that a visit over midnight meets what is asked for.
    let wide = (from.yesterday().unwrap_or(from), to.tomorrow().unwrap_or(to));
    let mut all: Vec<Placed<'_>> = visits
        .iter()
        .flat_map(|visit| {
            let at = visit.plan.between(wide.0, wide.1);
            at.into_iter().map(move |at| Placed { visit, at, meets: Vec::new() })
        })
        .collect();
    all.sort_by_key(|p| (p.at.start, p.visit.id));
    let meets = meetings(&all);
    // Back to the days that were asked for; positions move with what is left out. One beyond the days still counts: it stands for itself.
    let asked = |p: &Placed<'_>| (from..=to).contains(&p.at.start.date());
    let mut place = vec![usize::MAX; all.len()];
    for (position, (n, _)) in all.iter().enumerate().filter(|(_, p)| asked(p)).enumerate() {
        place[n] = position;
    }
    let kept = all.into_iter().zip(meets).filter(|(p, _)| asked(p));
    kept.map(|(p, meets)| Placed { meets: meets.into_iter().map(|m| place[m]).collect(), ..p }).collect()
}

/// With which others each visit meets, within its group.
fn meetings(all: &[Placed<'_>]) -> Vec<Vec<usize>> {
    let mut of_group: HashMap<Uuid, Vec<usize>> = HashMap::new();
    for (n, p) in all.iter().enumerate().filter(|(_, p)| !p.at.cancelled) {
        of_group.entry(p.visit.group).or_default().push(n);
    }
    let mut meets: Vec<Vec<usize>> = vec![Vec::new(); all.len()];
    for these in of_group.values() {
        let slots: Vec<(Uuid, DateTime, DateTime)> =
            these.iter().map(|n| (all[*n].visit.id, all[*n].at.start, all[*n].at.end)).collect();
        conflicts(&slots, |a, b| {
            for (one, other) in [(these[a], these[b]), (these[b], these[a])] {
                if meets[one].len() < MOST_MET {
                    meets[one].push(other);
                }
            }
        });
    }
    meets
}

/// As the API shows it.
pub fn shown(p: &Placed<'_>) -> Shown {
    let Visit { id, party, facility, person, version, plan, .. } = p.visit;
    Shown {
        visit_id: *id,
        day: p.at.day.to_string(),
        start: instant(p.at.start),
        end: instant(p.at.end),
        kind: plan.kind,
        facility_id: party.facility,
        facility: facility.clone(),
        account_id: party.account,
        person: person.clone(),
        note: plan.note.clone(),
        moved: p.at.moved,
        cancelled: p.at.cancelled,
        reason: p.at.reason.clone(),
        conflict: !p.meets.is_empty(),
        holiday: holidays::name(p.at.start.date()).map(str::to_owned),
        version: *version,
    }
}

pub fn instant(at: DateTime) -> Timestamp {
    at.to_zoned(japan::zone()).map_or(Timestamp::UNIX_EPOCH, |z| z.timestamp())
}

pub fn local(at: Timestamp) -> DateTime {
    at.to_zoned(japan::zone()).datetime()
}
