//! Forward-only migrations, run by `renkei_migrate` inside a change window that a superuser opened.

use tokio_postgres::{Client, Config, NoTls};

use crate::{Error, Result};

mod embedded {
    refinery::embed_migrations!("migrations");
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
