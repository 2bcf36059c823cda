//! This machine's word for the database's clock: every few seconds, how much time has really passed. While the clock has
//! jumped the database takes no record (V22), and goes on by itself when it is right again (docs/decisions/0017).

use std::time::Duration;

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use tokio_postgres::{Client, Config};

use crate::{Error, Result, app::Shared};

const MARK: &str = "SELECT act.mark_clock($1, $2)";
/// Held as long as the connection lives: somebody vouches for the clock.
const LOCK: &str = "SELECT pg_catalog.pg_try_advisory_lock(2022, pg_catalog.hashtext($1))";
const ACCEPT: &str = "SELECT act.accept_clock()";
const INTERVAL: Duration = Duration::from_secs(5);
/// In doubt, or without a connection, it is asked more often: people wait.
const AGAIN: Duration = Duration::from_secs(1);
const SILENCE: Duration = Duration::from_secs(20);

/// Makes marks until the process ends.
pub async fn keep(app: Shared, config: Config) {
    loop {
        if let Err(error) = vouch(&app, &config).await {
            tracing::debug!(%error, "nobody vouches for the clock");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// As long as one connection lives.
async fn vouch(app: &Shared, config: &Config) -> Result<()> {
    let boot = boot()?;
    let client = app.db.tls().connect(config).await?;
    let (mut right, mut held) = (mark(&client, &boot).await?, false);
    loop {
        if !held {
            // Another process of this machine may have it.
            held = client.query_one(LOCK, &[&boot]).await?.get(0);
        }
        tokio::time::sleep(if right { INTERVAL } else { AGAIN }).await;
        let now = mark(&client, &boot).await?;
        match (right, now) {
            (true, false) => {
                tracing::error!("the clock has jumped: no record is taken until it is right again")
            }
            (false, true) => tracing::info!("the clock is right again"),
            _ => {}
        }
        right = now;
    }
}

/// Whether the database's clock goes as this machine's time does.
async fn mark(client: &Client, boot: &str) -> Result<bool> {
    let uptime = uptime();
    let row = tokio::time::timeout(SILENCE, client.query_one(MARK, &[&boot, &uptime])).await;
    Ok(row.map_err(Error::internal)??.get(0))
}

/// Somebody has looked: the clock is right as it is. The database's time.
pub async fn accept(app: &Shared) -> Result<Timestamp> {
    let rows = app.db.job(ACCEPT, &[]).await?;
    rows.first().map(|row| row.get(0)).ok_or(Error::NotFound)
}

/// Names this machine until it is started anew.
fn boot() -> Result<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map_err(Error::internal)?;
    Ok(id.trim().to_owned())
}

/// Seconds since then, sleep included; nobody can set this clock.
fn uptime() -> f64 {
    let since = clock_gettime(ClockId::Boottime);
    Duration::try_from(since).unwrap_or_default().as_secs_f64()
}
