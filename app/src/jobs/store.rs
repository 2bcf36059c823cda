//! Statements of the queue and of the schedules.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Result, app::App};

pub(super) const ENQUEUE: &str = "SELECT act.enqueue($1, $2, pg_catalog.make_interval(secs => $3), $4)";
pub(super) const TAKE: &str =
    "SELECT id, kind, payload, tries FROM act.take_jobs($1, $2, $3, pg_catalog.make_interval(secs => $4))";
pub(super) const DONE: &str = "SELECT act.job_done($1, $2)";
pub(super) const FAILED: &str = "SELECT act.job_failed($1, $2, $3, $4)";
pub(super) const KNOW: &str =
    "SELECT k.name, k.known_at, k.started_at, k.finished_at, k.tries, w.went_well_from, k.now
  FROM act.know_schedules($1) k LEFT JOIN act.schedules_went_well($1) w ON w.name = k.name";
pub(super) const STARTED: &str = "SELECT act.schedule_started($1)";
pub(super) const FINISHED: &str = "SELECT act.schedule_finished($1, $2, $3)";
const BY_STATE: &str = "SELECT kind, state, number, oldest FROM act.jobs_by_state()";
const DEAD: &str = "SELECT id, kind, tries, last_error, made_at, ended_at FROM act.dead_jobs($1)";
const REVIVE: &str = "SELECT act.revive_job($1)";
const FORGET: &str = "SELECT act.forget_old_jobs()";
const RUNS: &str =
    "SELECT name, known_at, started_at, finished_at, outcome, went_well_at FROM act.schedule_runs()";

/// How many jobs of a kind are in a state, and since when the oldest is due or over.
#[derive(Debug, Clone)]
pub struct Count {
    pub kind: String,
    pub state: String,
    pub number: i64,
    pub oldest: Timestamp,
}

pub async fn by_state(app: &App) -> Result<Vec<Count>> {
    let rows = app.db.job(BY_STATE, &[]).await?;
    Ok(rows
        .iter()
        .map(|r| Count { kind: r.get(0), state: r.get(1), number: r.get(2), oldest: r.get(3) })
        .collect())
}

/// A job that was given up.
#[derive(Debug, Clone)]
pub struct Dead {
    pub id: Uuid,
    pub kind: String,
    pub tries: i32,
    pub last_error: Option<String>,
    pub made_at: Timestamp,
    pub ended_at: Timestamp,
}

/// What was given up, newest first.
pub async fn dead(app: &App, limit: i32) -> Result<Vec<Dead>> {
    let rows = app.db.job(DEAD, &[&limit]).await?;
    Ok(rows
        .iter()
        .map(|r| Dead {
            id: r.get(0),
            kind: r.get(1),
            tries: r.get(2),
            last_error: r.get(3),
            made_at: r.get(4),
            ended_at: r.get(5),
        })
        .collect())
}

/// Gives a dead job all its tries again. False where there is none.
pub async fn revive(app: &App, id: Uuid) -> Result<bool> {
    let revived = app.db.job(REVIVE, &[&id]).await?.first().is_some_and(|row| row.get(0));
    app.jobs.ring();
    Ok(revived)
}

/// Removes what was done two weeks ago and what died three months ago.
pub async fn forget_old(app: &App) -> Result<i64> {
    Ok(app.db.job(FORGET, &[]).await?.first().map_or(0, |row| row.get(0)))
}

/// The last run of a schedule.
#[derive(Debug, Clone)]
pub struct Run {
    pub name: String,
    /// Since when this deployment has the schedule.
    pub known_at: Timestamp,
    pub started_at: Option<Timestamp>,
    /// `None` while it runs, or when it was cut off.
    pub finished_at: Option<Timestamp>,
    pub outcome: Option<String>,
    pub went_well_at: Option<Timestamp>,
}

pub async fn runs(app: &App) -> Result<Vec<Run>> {
    let rows = app.db.job(RUNS, &[]).await?;
    Ok(rows
        .iter()
        .map(|r| Run {
            name: r.get(0),
            known_at: r.get(1),
            started_at: r.get(2),
            finished_at: r.get(3),
            outcome: r.get(4),
            went_well_at: r.get(5),
        })
        .collect())
}
