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
    client
        .batch_execute(
            "SELECT pg_catalog.pg_advisory_lock(7236471); SET ROLE renkei_owner; SET search_path = care;",
        )
        .await?;
    let mut runner = embedded::migrations::runner();
    runner.set_migration_table_name("refinery_schema_history");
    let report = runner.run_async(client).await.map_err(Error::internal)?;
    client.batch_execute("RESET ROLE; SELECT pg_catalog.pg_advisory_unlock(7236471);").await?;
    Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
}

/// For a cluster that the program manages itself: opens the window, migrates, closes it.
pub async fn migrate_in_window(superuser: &Client, migrator: &Config, reason: &str) -> Result<Vec<String>> {
    superuser.execute("SELECT guard.open_window('10 minutes', $1)", &[&reason]).await?;
    let (mut client, connection) = migrator.connect(NoTls).await?;
    let driver = tokio::spawn(connection);
    let applied = migrate(&mut client).await;
    drop(client);
    let _ = driver.await;
    superuser.execute("SELECT guard.close_windows()", &[]).await?;
    applied
}
