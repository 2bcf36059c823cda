//! Reading the log. That it was read stands in it, in the same transaction.

use std::collections::HashMap;

use jiff::Timestamp;
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use super::{
    filter::{Cursor, Filter},
    store,
    words::words,
};
use crate::words::{fill, t};
use crate::{
    Result,
    db::{Params, Tx},
};

/// One event, with the names of its time. No patient's name: that is opened only where it is shown.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: Uuid,
    pub at: Timestamp,
    pub act: String,
    /// `done`, `refused` or `failed`.
    pub outcome: String,
    /// Id, name and profession's code; `None` before anybody was known.
    pub account: Option<(Uuid, String, String)>,
    /// For which facility the person acted: id and name.
    pub facility: Option<(Uuid, String)>,
    pub device: Option<String>,
    pub device_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub patient_id: Option<Uuid>,
    pub group_id: Option<Uuid>,
    pub reference: Option<Uuid>,
    /// How long the page was open.
    pub seconds: Option<i32>,
    /// Of a search: the groups in range, and how many places it showed.
    pub searched: Option<Searched>,
}

#[derive(Debug, Clone)]
pub struct Searched {
    pub groups: Vec<Uuid>,
    pub found: i32,
}

impl Event {
    /// The act in words; of a search also how far it went.
    pub fn words(&self) -> String {
        let words = words(&self.act, self.outcome == "refused");
        match &self.searched {
            Some(s) => fill(
                t("{words}（{0}グループの中から{1}か所）"),
                &[("words", &words), ("0", &s.groups.len()), ("1", &s.found)],
            ),
            None => words.to_owned(),
        }
    }
}

/// Part of the log, newest first.
#[derive(Debug, Clone)]
pub struct Page {
    pub events: Vec<Event>,
    pub newer: Option<Cursor>,
    pub older: Option<Cursor>,
}

/// The filter's seven parameters.
fn of(f: &Filter) -> [&(dyn ToSql + Sync); 7] {
    [&f.patient, &f.account, &f.from, &f.to, &f.acts, &f.refused, &f.device]
}

pub async fn page(tx: &mut Tx, filter: &Filter, limit: usize) -> Result<Page> {
    let cursor = filter.cursor.unwrap_or(Cursor { at: filter.to, id: Uuid::max(), newer: false });
    let statement = if cursor.newer { store::NEWER } else { store::OLDER };
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let place: Params<'_> = &[&cursor.at, &cursor.id, &one_more];
    let rows = tx.query(statement, &[&of(filter)[..], place].concat()).await?;
    let more = rows.len() > limit;
    let devices = device_names(tx, &rows).await?;
    let mut events: Vec<Event> = rows.iter().take(limit).map(|row| read(row, &devices)).collect();
    add_searches(tx, &mut events).await?;
    if cursor.newer {
        events.reverse();
    }
    let place = |event: &Event, newer| Cursor { at: event.at, id: event.id, newer };
    let (has_newer, has_older) = if cursor.newer { (more, true) } else { (filter.cursor.is_some(), more) };
    Ok(Page {
        newer: events.first().filter(|_| has_newer).map(|e| place(e, true)),
        older: events.last().filter(|_| has_older).map(|e| place(e, false)),
        events,
    })
}

async fn device_names(tx: &mut Tx, rows: &[Row]) -> Result<HashMap<Uuid, String>> {
    let mut devices: Vec<Uuid> = rows.iter().filter_map(|r| r.get("device_id")).collect();
    devices.sort_unstable();
    devices.dedup();
    Ok(tx.query(store::DEVICES, &[&devices]).await?.iter().map(|r| (r.get(0), r.get(1))).collect())
}

/// Devices in the facility's log since a time, for a list of choices: id, and what and whose it is.
pub async fn devices_seen(tx: &mut Tx, since: Timestamp) -> Result<Vec<(String, String)>> {
    let rows = tx.query(store::DEVICES_SEEN, &[&since]).await?;
    let ids: Vec<Uuid> = rows.iter().map(|r| r.get(0)).collect();
    let names: HashMap<Uuid, String> =
        tx.query(store::DEVICES, &[&ids]).await?.iter().map(|r| (r.get(0), r.get(1))).collect();
    let in_words = |r: &Row| {
        let (id, whose): (Uuid, Option<String>) = (r.get(0), r.get(1));
        let name = names.get(&id)?;
        Some((
            id.to_string(),
            whose.map_or_else(|| name.clone(), |whose| format!("{name}{}{whose}", t("・"))),
        ))
    };
    Ok(rows.iter().filter_map(in_words).collect())
}

/// No statement where nobody searched.
async fn add_searches(tx: &mut Tx, events: &mut [Event]) -> Result<()> {
    let ids: Vec<Uuid> =
        events.iter().filter(|e| e.act == "searched").filter_map(|event| event.reference).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let rows = tx.query(store::SEARCHES, &[&ids]).await?;
    let found: HashMap<Uuid, Searched> =
        rows.iter().map(|r| (r.get(0), Searched { groups: r.get(1), found: r.get(2) })).collect();
    for event in events.iter_mut().filter(|e| e.act == "searched") {
        event.searched = event.reference.and_then(|id| found.get(&id).cloned());
    }
    Ok(())
}

fn read(row: &Row, devices: &HashMap<Uuid, String>) -> Event {
    let text = |name| row.get::<_, Option<String>>(name).unwrap_or_default();
    Event {
        id: row.get("id"),
        at: row.get("at"),
        act: row.get("act"),
        outcome: row.get("outcome"),
        account: row.get::<_, Option<Uuid>>("account_id").map(|id| (id, text("name"), text("profession"))),
        facility: row.get::<_, Option<Uuid>>("facility_id").map(|id| (id, text("facility"))),
        device: row.get::<_, Option<Uuid>>("device_id").and_then(|id| devices.get(&id).cloned()),
        device_id: row.get("device_id"),
        session_id: row.get("session_id"),
        patient_id: row.get("patient_id"),
        group_id: row.get("group_id"),
        reference: row.get("ref"),
        seconds: row.get("seconds"),
        searched: None,
    }
}

/// How many events of the period, and on whom and by whom the most.
#[derive(Debug, Clone)]
pub struct Counts {
    pub total: i64,
    pub per_patient: Vec<(Uuid, i64)>,
    /// Account, count, name, profession's code.
    pub per_person: Vec<(Uuid, i64, String, String)>,
}

pub async fn counts(tx: &mut Tx, f: &Filter) -> Result<Counts> {
    let total = tx.one(store::TOTAL, &of(f)).await?.get(0);
    let patients = tx.query(store::PER_PATIENT, &of(f)).await?;
    let people = tx.query(store::PER_PERSON, &of(f)).await?;
    let text = |r: &Row, i: usize| r.get::<_, Option<String>>(i).unwrap_or_default();
    Ok(Counts {
        total,
        per_patient: patients.iter().map(|r| (r.get(0), r.get(1))).collect(),
        per_person: people.iter().map(|r| (r.get(0), r.get(1), text(r, 2), text(r, 3))).collect(),
    })
}
