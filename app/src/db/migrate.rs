//! Forward-only migrations, run by `renkei_migrate` inside a change window that a superuser opened.

use tokio_postgres::{Client, Config, NoTls};

use crate::{Error, Result};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// A migration that this program brings along.
#[derive(Debug, Clone)]
pub struct Migration {
    pub version: i32,
    pub name: String,
    pub sql: String,
    /// What the database remembers of it, to notice another text under the same number.
    pub checksum: u64,
}

/// All of them, oldest first.
pub fn migrations() -> Vec<Migration> {
    let mut all: Vec<_> = embedded::migrations::runner()
        .get_migrations()
        .iter()
        .map(|m| Migration {
            version: m.version(),
            name: m.name().to_owned(),
            sql: m.sql().unwrap_or_default().to_owned(),
            checksum: m.checksum(),
        })
        .collect();
    all.sort_by_key(|m| m.version);
    all
}

/// Applies what is missing, one at a time under an advisory lock. Returns the names of what was applied.
/// The window must be open: without it the DDL guard refuses.
pub async fn migrate(client: &mut Client) -> Result<Vec<String>> {
    run(client, None).await
}

/// As [`migrate`], no further than this version: the schema of an older release.
pub async fn migrate_up_to(client: &mut Client, version: i32) -> Result<Vec<String>> {
    run(client, Some(version)).await
}

async fn run(client: &mut Client, up_to: Option<i32>) -> Result<Vec<String>> {
    client
        .batch_execute(
            "SELECT pg_catalog.pg_advisory_lock(7236471); SET ROLE renkei_owner; SET search_path = care;",
        )
        .await?;
    let target = up_to.map_or(refinery::Target::Latest, refinery::Target::Version);
    let mut runner = embedded::migrations::runner().set_target(target);
    runner.set_migration_table_name("refinery_schema_history");
    let report = runner.run_async(client).await.map_err(|error| in_full(&error))?;
    client.batch_execute("RESET ROLE; SELECT pg_catalog.pg_advisory_unlock(7236471);").await?;
    Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
}

/// With what the database said: whoever upgrades has nothing else to go by.
fn in_full(error: &dyn std::error::Error) -> Error {
    let chain = std::iter::successors(Some(error), |error| error.source());
    Error::Internal(chain.map(ToString::to_string).collect::<Vec<_>>().join(": "))
}

/// Whether every migration of this program has been applied: then no window need be opened, which is an alarm each time.
async fn is_current(superuser: &Client) -> Result<bool> {
    let begun =
        superuser.query_one("SELECT pg_catalog.to_regclass('care.refinery_schema_history') IS NOT NULL", &[]);
    if !begun.await?.get::<_, bool>(0) {
        return Ok(false);
    }
    let newest =
        superuser.query_one("SELECT max(version)::bigint FROM care.refinery_schema_history", &[]).await?;
    let ours = embedded::migrations::runner().get_migrations().iter().map(|m| i64::from(m.version())).max();
    Ok(newest.get::<_, Option<i64>>(0) >= ours)
}

/// For a cluster that the program manages itself: opens the window, migrates, closes it.
pub async fn migrate_in_window(superuser: &Client, migrator: &Config, reason: &str) -> Result<Vec<String>> {
    if is_current(superuser).await? {
        return Ok(Vec::new());
    }
    let (mut client, connection) = migrator.connect(NoTls).await?;
    let driver = tokio::spawn(connection);
    let applied = migrate_in(superuser, &mut client, reason).await;
    drop(client);
    let _ = driver.await;
    applied
}

/// As [`migrate`], in a change window of its own, which is closed whatever comes of it.
pub async fn migrate_in(superuser: &Client, migrator: &mut Client, reason: &str) -> Result<Vec<String>> {
    superuser.execute("SELECT guard.open_window('10 minutes', $1)", &[&reason]).await?;
    let applied = migrate(migrator).await;
    superuser.execute("SELECT guard.close_windows()", &[]).await?;
    applied
}
