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

const VAULT: &str = "SELECT code, immutable, finished_at FROM act.backup_facts() WHERE kind = 'vault' ORDER BY finished_at DESC LIMIT 1";
/// It is noted once a day: what is older was noted by nobody who still looks.
const NOTED: SignedDuration = SignedDuration::from_hours(26);

/// What was last said of the vault or the bucket: a code where it is not well, empty where it is; `None`: there is none.
pub async fn vault(job: &Client) -> Result<Option<String>> {
    if !job.query_one(KNOWN, &[]).await?.get::<_, bool>(0) {
        return Ok(None);
    }
    let row = job.query_opt(VAULT, &[]).await?;
    Ok(row.and_then(|r| word(r.get(0), r.get(1), Timestamp::now().duration_since(r.get(2)))))
}

fn word(code: Option<String>, immutable: Option<bool>, age: SignedDuration) -> Option<String> {
    match code {
        Some(code) if code == "vault_none" => None,
        _ if age > NOTED => Some("vault_unseen".to_owned()),
        None if immutable != Some(true) => Some("vault_not_immutable".to_owned()),
        code => Some(code.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_is_well_only_where_its_copies_are_immutable_and_somebody_looked() {
        let (hour, days) = (SignedDuration::from_hours(1), SignedDuration::from_hours(50));
        let said = |code: Option<&str>, immutable, age| word(code.map(str::to_owned), immutable, age);
        assert_eq!(said(None, Some(true), hour).as_deref(), Some(""));
        assert_eq!(said(None, Some(false), hour).as_deref(), Some("vault_not_immutable"));
        assert_eq!(said(None, Some(true), days).as_deref(), Some("vault_unseen"));
        assert_eq!(said(Some("vault_fault"), Some(true), hour).as_deref(), Some("vault_fault"));
        assert_eq!(said(Some("vault_none"), Some(false), days), None, "taken out of the configuration");
    }
}
