//! The schedules run on one node: the one that holds an advisory lock of the database. The lock lives and dies with one
//! connection; when that ends, or does not answer, this node stops whatever it runs and asks again.

use std::{collections::HashSet, time::Duration};

use tokio::task::JoinSet;
use tokio_postgres::{Client, Config, NoTls};

use super::{
    Outcome, Schedule,
    schedule::Last,
    store::{FINISHED, KNOW, STARTED},
};
use crate::{Error, Result, app::Shared};

/// The key of the advisory lock.
pub const LOCK: i64 = 7_236_472;
const TRY: &str = "SELECT pg_catalog.pg_try_advisory_lock($1)";
/// How often it is looked what is due, and whether the lock is still held.
const TICK: Duration = Duration::from_secs(1);
/// A follower asks this often.
const ASK: Duration = Duration::from_secs(2);
/// No answer within this time is a lost lock. The server, too, gives a silent connection up before long.
const SILENCE: Duration = Duration::from_secs(4);
const KEEPALIVE: &str = "SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 5000";

/// Runs the schedules whenever this node is the leader, until the process ends.
pub async fn lead(app: Shared, config: Config, schedules: Vec<Schedule>) {
    loop {
        if let Err(error) = term(&app, &config, &schedules).await {
            tracing::debug!(%error, "not the leader");
        }
        app.leader.store(false, std::sync::atomic::Ordering::Relaxed);
        tokio::time::sleep(ASK).await;
    }
}

/// One term: from the lock to its loss.
async fn term(app: &Shared, config: &Config, schedules: &[Schedule]) -> Result<()> {
    let (client, connection) = config.connect(NoTls).await?;
    let mut connection = tokio::spawn(connection);
    client.batch_execute(KEEPALIVE).await?;
    while !client.query_one(TRY, &[&LOCK]).await?.get::<_, bool>(0) {
        tokio::time::sleep(ASK).await;
    }
    tracing::info!("this node runs the schedules");
    app.leader.store(true, std::sync::atomic::Ordering::Relaxed);
    tokio::select! {
        ended = &mut connection => { ended.map_err(Error::internal)??; Ok(()) }
        ended = reign(app, &client, schedules) => ended,
    }
}

/// Dropped, it takes every run with it.
async fn reign(app: &Shared, lock: &Client, schedules: &[Schedule]) -> Result<()> {
    let names: Vec<&str> = schedules.iter().map(|s| s.name).collect();
    let (mut runs, mut under_way) = (JoinSet::new(), HashSet::new());
    loop {
        // On the lock's own connection: an answer proves that the lock is held.
        let rows =
            tokio::time::timeout(SILENCE, lock.query(KNOW, &[&names])).await.map_err(Error::internal)??;
        for row in &rows {
            let (name, now): (&str, _) = (row.get(0), row.get(5));
            let last = Last {
                known_at: row.get(1),
                started_at: row.get(2),
                finished: row.get::<_, Option<jiff::Timestamp>>(3).is_some(),
                tries: row.get(4),
            };
            let Some(schedule) = schedules.iter().find(|s| s.name == name) else { continue };
            if !under_way.contains(schedule.name) && schedule.when.is_due(last, now) {
                tokio::time::timeout(SILENCE, lock.query(STARTED, &[&name]))
                    .await
                    .map_err(Error::internal)??;
                under_way.insert(schedule.name);
                runs.spawn(run(app.clone(), *schedule));
            }
        }
        tokio::select! {
            Some(Ok(name)) = runs.join_next() => { under_way.remove(name); }
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

async fn run(app: Shared, schedule: Schedule) -> &'static str {
    // In a task of its own: a panic ends one run, not the term. Ours dropped, it is aborted.
    let mut own = JoinSet::new();
    own.spawn((schedule.run)(app.clone()));
    let outcome = match own.join_next().await {
        Some(Ok(Ok(outcome))) => outcome,
        Some(Ok(Err(error))) => {
            tracing::error!(schedule = schedule.name, %error, "a scheduled run failed");
            Outcome::badly("failed")
        }
        _ => Outcome::badly("panicked"),
    };
    let noted = app.db.job(FINISHED, &[&schedule.name, &outcome.code, &outcome.well]).await;
    if let Err(error) = noted {
        tracing::warn!(schedule = schedule.name, %error, "the end of a scheduled run was not noted");
    }
    schedule.name
}
