//! What a secretariat has of its region, and what a facility has of it.

use jiff::Timestamp;
use serde::Serialize;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{Result, db::Tx};

const FACILITIES: &str = "SELECT name, kind, region_id, region, staff, groups, this_month, last_month, policy, accepted FROM op.region_facilities()";
const POLICIES: &str =
    "SELECT n, title, body, change, at, operator, accepted, facilities FROM op.region_policies($1)";
const PUBLISH: &str = "SELECT op.publish_region_policy($1, $2, $3, $4, $5, $6)";
const NOTICES: &str = "SELECT title, body, at, operator, staff, reads FROM op.region_notices($1)";
const NOTIFY: &str = "SELECT op.notify_region($1, $2, $3, $4)";
const MINE: &str = "SELECT region_id, region, n, title, body, change, at, accepted_n, accepted_at, accepted_by, accepted_body FROM act.my_region()";
const ACCEPT: &str = "SELECT act.accept_region_policy($1, $2)";

/// What the database says of an id that stands for something else.
pub const OTHER: &str = "client_id_used_for_something_else";

/// A facility in numbers.
#[derive(Debug, Clone, Serialize)]
pub struct Counted {
    pub name: String,
    pub kind: String,
    pub region: Option<(Uuid, String)>,
    /// Active.
    pub staff: i64,
    /// Open ones that it manages.
    pub groups: i64,
    /// Posts, corrections and withdrawals in its groups in this month of Japan,
    pub this_month: i64,
    /// and in the one before.
    pub last_month: i64,
    /// The newest version of the region's policy,
    pub policy: Option<i32>,
    /// and the one that the facility accepted last.
    pub accepted: Option<i32>,
}

/// By kana; a secretariat's own region alone.
pub async fn facilities(tx: &mut Tx) -> Result<Vec<Counted>> {
    let rows = tx.query(FACILITIES, &[]).await?;
    let read = |r: &Row| Counted {
        name: r.get(0),
        kind: r.get(1),
        region: r.get::<_, Option<Uuid>>(2).zip(r.get(3)),
        staff: r.get(4),
        groups: r.get(5),
        this_month: r.get(6),
        last_month: r.get(7),
        policy: r.get(8),
        accepted: r.get(9),
    };
    Ok(rows.iter().map(read).collect())
}

/// A version of a region's policy.
#[derive(Debug, Clone)]
pub struct Policy {
    pub n: i32,
    pub title: String,
    pub body: String,
    /// What is new, in a sentence.
    pub change: String,
    pub at: Timestamp,
    pub by: Option<String>,
    /// How many of the region's facilities accepted it, and how many there are.
    pub accepted: i64,
    pub facilities: i64,
}

/// The newest first. `NotFound` for another region than a secretariat's own.
pub async fn policies(tx: &mut Tx, region: Uuid) -> Result<Vec<Policy>> {
    let rows = tx.query(POLICIES, &[&region]).await?;
    let read = |r: &Row| Policy {
        n: r.get(0),
        title: r.get(1),
        body: r.get(2),
        change: r.get(3),
        at: r.get(4),
        by: r.get(5),
        accepted: r.get(6),
        facilities: r.get(7),
    };
    Ok(rows.iter().map(read).collect())
}

/// A text for the region: title, body, and of a policy what is new.
#[derive(Debug, Clone)]
pub struct Text {
    pub client_id: Uuid,
    pub title: String,
    pub body: String,
    pub change: String,
}

/// Publishes version `n`. `Stale` where somebody else was first; the same client id again changes nothing.
pub async fn publish(tx: &mut Tx, region: Uuid, n: i32, new: &Text) -> Result<()> {
    tx.query(PUBLISH, &[&region, &n, &new.client_id, &new.title, &new.body, &new.change]).await.map(drop)
}

/// What the region was told.
#[derive(Debug, Clone)]
pub struct Notice {
    pub title: String,
    pub body: String,
    pub at: Timestamp,
    pub by: Option<String>,
    /// People in the region, and how many of them have read it.
    pub staff: i64,
    pub reads: i64,
}

pub async fn notices(tx: &mut Tx, region: Uuid) -> Result<Vec<Notice>> {
    let rows = tx.query(NOTICES, &[&region]).await?;
    let read = |r: &Row| Notice {
        title: r.get(0),
        body: r.get(1),
        at: r.get(2),
        by: r.get(3),
        staff: r.get(4),
        reads: r.get(5),
    };
    Ok(rows.iter().map(read).collect())
}

/// An announcement to the staff of the region's facilities. The same client id again changes nothing.
pub async fn notify(tx: &mut Tx, region: Uuid, new: &Text) -> Result<()> {
    tx.query(NOTIFY, &[&region, &new.client_id, &new.title, &new.body]).await.map(drop)
}

/// The region of the facility for which the caller acts.
#[derive(Debug, Clone)]
pub struct Mine {
    pub region_id: Uuid,
    pub region: String,
    /// The newest version: number, title, text, what is new, when.
    pub policy: Option<(i32, String, String, String, Timestamp)>,
    /// What the facility accepted last: number, when, who, the text.
    pub accepted: Option<(i32, Timestamp, String, String)>,
}

impl Mine {
    /// Whether there is a version that the facility has yet to accept.
    pub fn is_due(&self) -> bool {
        let accepted = self.accepted.as_ref().map_or(0, |a| a.0);
        self.policy.as_ref().is_some_and(|p| p.0 > accepted)
    }

    /// The badge of the facility: region, and the version that was accepted.
    pub fn badge(&self) -> String {
        match &self.accepted {
            Some((n, ..)) => fill(t("{0}・方針 第{n}版"), &[("0", &self.region), ("n", &n)]),
            None => self.region.clone(),
        }
    }
}

/// `None`: the facility lies in no region.
pub async fn mine(tx: &mut Tx) -> Result<Option<Mine>> {
    let rows = tx.query(MINE, &[]).await?;
    let read = |r: &Row| Mine {
        region_id: r.get(0),
        region: r.get(1),
        policy: r.get::<_, Option<i32>>(2).map(|n| (n, r.get(3), r.get(4), r.get(5), r.get(6))),
        accepted: r
            .get::<_, Option<i32>>(7)
            .map(|n| (n, r.get(8), r.get::<_, Option<String>>(9).unwrap_or_default(), r.get(10))),
    };
    Ok(rows.first().map(read))
}

/// The facility's admin accepts. `Forbidden` for anybody else; `Stale` where there is a newer version.
pub async fn accept(tx: &mut Tx, region: Uuid, n: i32) -> Result<()> {
    tx.query(ACCEPT, &[&region, &n]).await.map(drop)
}
