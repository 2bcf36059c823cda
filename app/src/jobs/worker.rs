//! The worker of each node.

use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Failure, Kind, store};
use crate::{Result, app::Shared};

/// Jobs that one node does at the same time.
const AT_ONCE: i32 = 4;
/// How long an unrung job waits at most.
const LOOK: Duration = Duration::from_secs(2);

/// Works until the process ends. A database that is away costs time, not jobs.
pub async fn work(app: Shared, kinds: Vec<Kind>) {
    loop {
        match round(&app, &kinds).await {
            Ok(done) if done == AT_ONCE as usize => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "no jobs could be taken"),
        }
        tokio::select! { () = app.jobs.rung() => {}, () = tokio::time::sleep(LOOK) => {} }
    }
}

/// Takes what is due, at most a handful, and does it. Returns how many were taken.
pub async fn round(app: &Shared, kinds: &[Kind]) -> Result<usize> {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    // The longest lease of all: each try is cut off by its own.
    let longest = kinds.iter().map(|kind| kind.lease).max().unwrap_or_default() + Duration::from_secs(5);
    let lease = Uuid::new_v4();
    let rows = app.db.job(store::TAKE, &[&names, &AT_ONCE, &lease, &longest.as_secs_f64()]).await?;
    let mut running = JoinSet::new();
    for job in &rows {
        let name: &str = job.get(1);
        if let Some(kind) = kinds.iter().find(|kind| kind.name == name) {
            running.spawn(one(app.clone(), *kind, lease, Job::read(job)));
        }
    }
    while running.join_next().await.is_some() {}
    Ok(rows.len())
}

struct Job {
    id: Uuid,
    payload: Value,
    tries: i32,
}

impl Job {
    fn read(row: &Row) -> Self {
        Self { id: row.get(0), payload: row.get(2), tries: row.get(3) }
    }
}

async fn one(app: Shared, kind: Kind, lease: Uuid, job: Job) {
    // In a task of its own: a panic is a failed try like any other.
    let work = tokio::spawn((kind.run)(app.clone(), job.payload));
    let stop = work.abort_handle();
    let result = match tokio::time::timeout(kind.lease, work).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Failure::later("panicked")),
        Err(_) => {
            stop.abort();
            Err(Failure::later("took_too_long"))
        }
    };
    let (id, tries) = (job.id, job.tries);
    let noted = match result {
        Ok(()) => app.db.job(store::DONE, &[&id, &lease]).await.map(drop),
        Err(failure) => {
            tracing::warn!(job = %id, kind = kind.name, code = failure.code, tries, "a job failed");
            note_failure(&app, id, lease, failure).await
        }
    };
    if let Err(error) = noted {
        tracing::warn!(job = %id, kind = kind.name, %error, "a job's end was not noted; it will be done again");
    }
}

async fn note_failure(app: &Shared, id: Uuid, lease: Uuid, failure: Failure) -> Result<()> {
    let rows = app.db.job(store::FAILED, &[&id, &lease, &failure.code, &failure.for_good]).await?;
    let state: Option<String> = rows.first().and_then(|row| row.get(0));
    if state.as_deref() == Some("dead") {
        tracing::error!(job = %id, code = failure.code, "a job was given up");
    }
    Ok(())
}
