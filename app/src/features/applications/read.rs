//! What reviewers see.

use jiff::Timestamp;
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{acts::particulars, model::Particulars};
use crate::{Error, Result, db::Tx};

const QUEUE: &str =
    "SELECT id, number, at, state, changed_at, region, kind, name, person FROM op.applications($1, $2)";
const ONE: &str = "SELECT id, number, at, state, region_id, kind, name, kana, postal_code, address, phone, person, person_kana, profession, region, mail, pledge, facility_id, redeemed, link_until FROM op.application($1)";
const ENTRIES: &str = "SELECT kind, body, operator, at FROM op.application_entries($1)";
const CHECKS: &str = "SELECT id, label, active, ticked, operator, at FROM op.application_checks($1)";
const DOUBLES: &str = "SELECT facility, name, phone, same_name, same_phone FROM op.application_doubles($1)";
const ITEMS: &str = "SELECT id, label, place, active FROM op.check_items()";

/// One line of the queue.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Queued {
    pub id: Uuid,
    /// What the applicant asks by.
    pub number: i64,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `waiting`, `asked`, `approved` or `refused`.
    pub state: String,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    pub region: Option<String>,
    /// A code of the list of kinds.
    pub kind: String,
    pub name: String,
    /// Who is responsible.
    pub person: String,
}

/// What waits longest comes first; of the decided ones the newest.
pub async fn queue(tx: &mut Tx, closed: bool) -> Result<Vec<Queued>> {
    let rows = tx.query(QUEUE, &[&closed, &200_i32]).await?;
    let read = |r: &Row| Queued {
        id: r.get(0),
        number: r.get(1),
        at: r.get(2),
        state: r.get(3),
        changed_at: r.get(4),
        region: r.get(5),
        kind: r.get(6),
        name: r.get(7),
        person: r.get(8),
    };
    Ok(rows.iter().map(read).collect())
}

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Entry {
    pub kind: String,
    pub body: String,
    /// `None`: the applicant.
    pub operator: Option<String>,
    pub at: Timestamp,
}

/// An item of the list, with who ticked it last.
#[derive(Debug, Clone)]
pub struct Check {
    pub id: Uuid,
    pub label: String,
    /// False: it was ticked before it was taken off the list.
    pub active: bool,
    pub ticked: bool,
    pub by: Option<(String, Timestamp)>,
}

/// A facility, or another open application, that has the same name or telephone number.
#[derive(Debug, Clone)]
pub struct Double {
    pub facility: bool,
    pub name: String,
    pub phone: String,
    pub same_name: bool,
    pub same_phone: bool,
}

/// An application as a reviewer reads it.
#[derive(Debug, Clone)]
pub struct Reviewed {
    pub id: Uuid,
    pub number: i64,
    pub at: Timestamp,
    pub state: String,
    pub particulars: Particulars,
    pub region: Option<String>,
    pub mail: String,
    pub pledge: i32,
    pub facility: Option<Uuid>,
    /// The first admin is in.
    pub redeemed: bool,
    /// Until when the first admin's link is good.
    pub link_until: Option<Timestamp>,
    pub entries: Vec<Entry>,
    pub checks: Vec<Check>,
    pub doubles: Vec<Double>,
}

impl Reviewed {
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "waiting" | "asked")
    }

    pub fn is_checked(&self) -> bool {
        self.checks.iter().all(|c| c.ticked || !c.active)
    }
}

/// `NotFound` where it is of another region, or not confirmed.
pub async fn one(tx: &mut Tx, id: Uuid) -> Result<Reviewed> {
    let rows = tx.query(ONE, &[&id]).await?;
    let r = rows.first().ok_or(Error::NotFound)?;
    let entry = |e: &Row| Entry { kind: e.get(0), body: e.get(1), operator: e.get(2), at: e.get(3) };
    let check = |c: &Row| Check {
        id: c.get(0),
        label: c.get(1),
        active: c.get(2),
        ticked: c.get(3),
        by: c.get::<_, Option<String>>(4).zip(c.get(5)),
    };
    let double = |d: &Row| Double {
        facility: d.get(0),
        name: d.get(1),
        phone: d.get(2),
        same_name: d.get(3),
        same_phone: d.get(4),
    };
    Ok(Reviewed {
        id: r.get(0),
        number: r.get(1),
        at: r.get(2),
        state: r.get(3),
        particulars: particulars(r, 4, 5),
        region: r.get(14),
        mail: r.get(15),
        pledge: r.get(16),
        facility: r.get(17),
        redeemed: r.get(18),
        link_until: r.get(19),
        entries: tx.query(ENTRIES, &[&id]).await?.iter().map(entry).collect(),
        checks: tx.query(CHECKS, &[&id]).await?.iter().map(check).collect(),
        doubles: tx.query(DOUBLES, &[&id]).await?.iter().map(double).collect(),
    })
}

/// An item of the list that reviewers go through.
#[derive(Debug, Clone)]
pub struct Item {
    pub id: Uuid,
    pub label: String,
    pub place: i32,
    pub active: bool,
}

pub async fn items(tx: &mut Tx) -> Result<Vec<Item>> {
    let rows = tx.query(ITEMS, &[]).await?;
    let read = |r: &Row| Item { id: r.get(0), label: r.get(1), place: r.get(2), active: r.get(3) };
    Ok(rows.iter().map(read).collect())
}
