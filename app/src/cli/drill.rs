//! What the product noted about its backups, for commands that may meet an older schema which noted nothing.

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Client;

use crate::Result;

/// The newest noted run of a kind, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    pub at: Timestamp,
    pub done: bool,
}

impl Run {
    pub fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.at)
    }
}

const KNOWN: &str = "SELECT pg_catalog.to_regprocedure('act.backup_facts()') IS NOT NULL";
const NEWEST: &str = "SELECT finished_at, outcome = 'done' FROM act.backup_facts() WHERE kind = $1
  ORDER BY finished_at DESC LIMIT 1";

/// `kind` is `backup` or `drill`; asked as the job role.
pub async fn newest(job: &Client, kind: &str) -> Result<Option<Run>> {
    if !job.query_one(KNOWN, &[]).await?.get::<_, bool>(0) {
        return Ok(None);
    }
    let row = job.query_opt(NEWEST, &[&kind]).await?;
    Ok(row.map(|r| Run { at: r.get(0), done: r.get(1) }))
}

const VAULT: &str = "SELECT coalesce(code, '') FROM act.backup_facts() WHERE kind = 'vault' ORDER BY finished_at DESC LIMIT 1";

/// What was last said of the vault or the bucket: a code where it is not well, empty where it is; `None`: never anything.
pub async fn vault(job: &Client) -> Result<Option<String>> {
    if !job.query_one(KNOWN, &[]).await?.get::<_, bool>(0) {
        return Ok(None);
    }
    Ok(job.query_opt(VAULT, &[]).await?.map(|row| row.get(0)))
}
