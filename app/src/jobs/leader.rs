//! The schedules run on one node: the one that holds an advisory lock of the database. The lock lives and dies with one
//! connection; when that ends, or does not answer, this node stops whatever it runs and asks again.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use tokio::task::JoinSet;
use tokio_postgres::{Client, Config};

use super::{
    Outcome, Schedule,
    schedule::Last,
    store::{FINISHED, KNOW, STARTED},
};
use crate::{Error, Result, app::Shared, db::Tls};

/// The key of the advisory lock.
pub const LOCK: i64 = 7_236_472;
const TRY: &str = "SELECT pg_catalog.pg_try_advisory_lock($1)";
/// How often it is looked what is due, and whether the lock is still held.
const TICK: Duration = Duration::from_secs(1);
/// A follower asks this often.
const ASK: Duration = Duration::from_secs(2);
/// No answer within this time is a lost lock. The server, too, gives a silent connection up before long.
const SILENCE: Duration = Duration::from_secs(4);
/// A server that is gone is noticed within seconds, on both sides.
pub const KEEPALIVE: &str = "SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 5000";

/// A lock to be had by one process at a time, among those that can do the work.
#[derive(Debug, Clone)]
pub struct Office {
    pub lock: i64,
    /// The job's way to the database.
    pub job: Config,
    pub tls: Tls,
}

/// Runs the schedules whenever this node is the leader, until the process ends.
pub async fn lead(app: Shared, config: Config, schedules: Vec<Schedule>) {
    let office = Office { lock: LOCK, job: config, tls: app.db.tls() };
    hold(&office, &app, &schedules, &app.leader).await;
}

/// The same for any office: work that only some nodes can do has one of its own. `holds` tells whether it is held now.
pub async fn hold<C>(office: &Office, context: &C, schedules: &[Schedule<C>], holds: &AtomicBool)
where
    C: Clone + Send + 'static,
{
    loop {
        if let Err(error) = term(office, context, schedules, holds).await {
            tracing::debug!(%error, "not the leader");
        }
        holds.store(false, Relaxed);
        tokio::time::sleep(ASK).await;
    }
}

/// One term: from the lock to its loss.
async fn term<C>(office: &Office, context: &C, schedules: &[Schedule<C>], holds: &AtomicBool) -> Result<()>
where
    C: Clone + Send + 'static,
{
    let (client, connection) = office.job.connect(office.tls.clone()).await?;
    let mut connection = tokio::spawn(connection);
    client.batch_execute(KEEPALIVE).await?;
    while !client.query_one(TRY, &[&office.lock]).await?.get::<_, bool>(0) {
        tokio::time::sleep(ASK).await;
    }
    let names: Vec<&str> = schedules.iter().map(|s| s.name).collect();
    tracing::info!(schedules = ?names, "this node runs the schedules");
    holds.store(true, Relaxed);
    tokio::select! {
        ended = &mut connection => { ended.map_err(Error::internal)??; Ok(()) }
        ended = reign(&client, context, schedules, &names) => ended,
    }
}

/// Dropped, it takes every run with it. Everything is asked and noted on the lock's own connection: an answer proves that
/// the lock is held, and who has lost it notes nothing.
async fn reign<C>(lock: &Client, context: &C, schedules: &[Schedule<C>], names: &[&str]) -> Result<()>
where
    C: Clone + Send + 'static,
{
    let (mut runs, mut under_way) = (JoinSet::new(), HashSet::new());
    loop {
        let rows =
            tokio::time::timeout(SILENCE, lock.query(KNOW, &[&names])).await.map_err(Error::internal)??;
        for row in &rows {
            let (name, now): (&str, _) = (row.get(0), row.get(6));
            let last = Last {
                known_at: row.get(1),
                started_at: row.get(2),
                finished_at: row.get(3),
                tries: row.get(4),
                well_from: row.get(5),
            };
            let Some(schedule) = schedules.iter().find(|s| s.name == name) else { continue };
            if !under_way.contains(schedule.name) && schedule.when.is_due(last, now) {
                tokio::time::timeout(SILENCE, lock.query(STARTED, &[&name]))
                    .await
                    .map_err(Error::internal)??;
                under_way.insert(schedule.name);
                runs.spawn(run(schedule.name, (schedule.run)(context.clone())));
            }
        }
        tokio::select! {
            Some(Ok((name, outcome))) = runs.join_next() => {
                finished(lock, name, outcome).await;
                under_way.remove(name);
            }
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

async fn run(
    name: &'static str,
    work: impl Future<Output = Result<Outcome>> + Send + 'static,
) -> (&'static str, Outcome) {
    // In a task of its own: a panic ends one run, not the term. Ours dropped, it is aborted.
    let mut own = JoinSet::new();
    own.spawn(work);
    let outcome = match own.join_next().await {
        Some(Ok(Ok(outcome))) => outcome,
        Some(Ok(Err(error))) => {
            tracing::error!(schedule = name, %error, "a scheduled run failed");
            Outcome::badly("failed")
        }
        _ => Outcome::badly("panicked"),
    };
    (name, outcome)
}

async fn finished(lock: &Client, name: &str, outcome: Outcome) {
    let noted =
        tokio::time::timeout(SILENCE, lock.query(FINISHED, &[&name, &outcome.code, &outcome.well])).await;
    if !matches!(noted, Ok(Ok(_))) {
        tracing::warn!(schedule = name, "the end of a scheduled run was not noted");
    }
}
