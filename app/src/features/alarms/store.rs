//! Statements of the alarms.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{rules, sources::Found};
use crate::{Result, app::App, db::Tx};

const NOTE: &str = "SELECT act.note_findings($1, $2, $3, $4, $5, pg_catalog.make_interval(secs => $6))";
const TO_TELL: &str = "SELECT id, code, severity, number, raised_at, again FROM act.alarms_to_tell(pg_catalog.make_interval(mins => $1))";
const TELL: &str = "SELECT act.tell_alarms($1, $2, $3, $4)";
const ALARMS: &str = "SELECT id, code, subject, severity, number, raised_at, last_true_at, told_at, seen_at, seen_by, ended_at FROM op.alarms($1)";
const SEE: &str = "SELECT op.see_alarm($1)";
const SAMPLES: &str = "SELECT name, at, value FROM op.samples($1, pg_catalog.make_interval(mins => $2))";
const NODES: &str = "SELECT name, version, seen_at, stopped_at, clock_offset_ms, ntp, disks FROM op.nodes()";
const SCHEDULES: &str = "SELECT name, finished_at, outcome, went_well_at FROM op.schedules()";
const DEAD: &str = "SELECT id, kind, tries, last_error, ended_at FROM op.dead_jobs(50)";
const REVIVE: &str = "SELECT op.revive_job($1)";

/// Raises what is new, keeps what is still true, ends what has been over for `quiet`. Returns how many were raised.
pub(super) async fn note(app: &App, found: &Found, quiet: Duration) -> Result<i32> {
    let (mut codes, mut subjects, mut severities, mut numbers) = (vec![], vec![], vec![], vec![]);
    for f in &found.findings {
        let Some(rule) = rules::find(&f.code) else { continue };
        codes.push(rule.code);
        subjects.push(f.subject.as_str());
        severities.push(rule.severity.code());
        numbers.push(f.number);
    }
    let rows = app
        .db
        .job(NOTE, &[&found.looked_at, &codes, &subjects, &severities, &numbers, &quiet.as_secs_f64()])
        .await?;
    Ok(rows.first().map_or(0, |row| row.get(0)))
}

/// An alarm that somebody is to hear of.
#[derive(Debug, Clone)]
pub(super) struct Untold {
    pub id: Uuid,
    pub code: String,
    pub severity: String,
    pub number: i64,
    pub raised_at: Timestamp,
    /// Told before, and seen by nobody since.
    pub again: bool,
}

pub(super) async fn to_tell(app: &App) -> Result<Vec<Untold>> {
    let remind = i32::try_from(app.config.watch.remind_minutes).unwrap_or(i32::MAX);
    let rows = app.db.job(TO_TELL, &[&remind]).await?;
    Ok(rows
        .iter()
        .map(|r| Untold {
            id: r.get(0),
            code: r.get(1),
            severity: r.get(2),
            number: r.get(3),
            raised_at: r.get(4),
            again: r.get(5),
        })
        .collect())
}

/// Queues letters and calls and notes the alarms as told, in one transaction.
pub(super) async fn told(
    app: &App,
    ids: &[Uuid],
    kinds: &[&str],
    payloads: &[Value],
    tries: i32,
) -> Result<()> {
    app.db.job(TELL, &[&ids, &kinds, &payloads, &tries]).await?;
    app.jobs.ring();
    Ok(())
}

/// An alarm as the operator's page shows it.
#[derive(Debug, Clone)]
pub struct Alarm {
    pub id: Uuid,
    pub code: String,
    pub subject: String,
    pub number: i64,
    pub raised_at: Timestamp,
    pub told_at: Option<Timestamp>,
    pub seen_at: Option<Timestamp>,
    pub seen_by: Option<String>,
    pub ended_at: Option<Timestamp>,
}

/// Open ones first, the most serious on top; then those that ended, newest first.
pub async fn alarms(tx: &mut Tx, limit: i32) -> Result<Vec<Alarm>> {
    let rows = tx.query(ALARMS, &[&limit]).await?;
    Ok(rows
        .iter()
        .map(|r| Alarm {
            id: r.get("id"),
            code: r.get("code"),
            subject: r.get("subject"),
            number: r.get("number"),
            raised_at: r.get("raised_at"),
            told_at: r.get("told_at"),
            seen_at: r.get("seen_at"),
            seen_by: r.get("seen_by"),
            ended_at: r.get("ended_at"),
        })
        .collect())
}

/// The operator has seen it: no reminder any more. `NotFound` where there is none.
pub async fn see(tx: &mut Tx, alarm: Uuid) -> Result<()> {
    tx.query(SEE, &[&alarm]).await.map(drop)
}

/// A figure at the beginning of a step.
#[derive(Debug, Clone)]
pub struct Sample {
    pub name: String,
    pub at: Timestamp,
    pub value: f64,
}

pub async fn samples(tx: &mut Tx, since: Timestamp, step_minutes: i32) -> Result<Vec<Sample>> {
    let rows = tx.query(SAMPLES, &[&since, &step_minutes]).await?;
    Ok(rows.iter().map(|r| Sample { name: r.get(0), at: r.get(1), value: r.get(2) }).collect())
}

#[derive(Debug, Clone)]
pub struct Node {
    pub name: String,
    pub version: String,
    pub seen_at: Timestamp,
    pub stopped_at: Option<Timestamp>,
    pub clock_offset_ms: i32,
    pub ntp: String,
    /// Folder and thousandths taken.
    pub disks: Vec<(String, u32)>,
}

pub async fn nodes(tx: &mut Tx) -> Result<Vec<Node>> {
    let rows = tx.query(NODES, &[]).await?;
    let disks = |value: Value| {
        let all = value.as_array().cloned().unwrap_or_default();
        let one = |d: &Value| {
            Some((d["name"].as_str()?.to_owned(), u32::try_from(d["used_per_mille"].as_u64()?).ok()?))
        };
        all.iter().filter_map(one).collect()
    };
    Ok(rows
        .iter()
        .map(|r| Node {
            name: r.get(0),
            version: r.get(1),
            seen_at: r.get(2),
            stopped_at: r.get(3),
            clock_offset_ms: r.get(4),
            ntp: r.get(5),
            disks: disks(r.get(6)),
        })
        .collect())
}

#[derive(Debug, Clone)]
pub struct Scheduled {
    pub name: String,
    pub finished_at: Option<Timestamp>,
    pub outcome: Option<String>,
    pub went_well_at: Option<Timestamp>,
}

pub async fn schedules(tx: &mut Tx) -> Result<Vec<Scheduled>> {
    let rows = tx.query(SCHEDULES, &[]).await?;
    let one = |r: &tokio_postgres::Row| Scheduled {
        name: r.get(0),
        finished_at: r.get(1),
        outcome: r.get(2),
        went_well_at: r.get(3),
    };
    Ok(rows.iter().map(one).collect())
}

#[derive(Debug, Clone)]
pub struct Dead {
    pub id: Uuid,
    pub kind: String,
    pub tries: i32,
    pub last_error: Option<String>,
    pub ended_at: Timestamp,
}

pub async fn dead(tx: &mut Tx) -> Result<Vec<Dead>> {
    let rows = tx.query(DEAD, &[]).await?;
    let one = |r: &tokio_postgres::Row| Dead {
        id: r.get(0),
        kind: r.get(1),
        tries: r.get(2),
        last_error: r.get(3),
        ended_at: r.get(4),
    };
    Ok(rows.iter().map(one).collect())
}

pub async fn revive(tx: &mut Tx, job: Uuid) -> Result<()> {
    tx.query(REVIVE, &[&job]).await.map(drop)
}
