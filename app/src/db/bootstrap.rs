//! What a superuser does once: roles for the cluster, schemas and the DDL guard for each database.
//! `renkei migrate --bootstrap` prints the same SQL for a database administrator to read and run.

use tokio_postgres::Client;

use crate::Result;

pub const BOOTSTRAP_ROLES: &str = include_str!("bootstrap_roles.sql");
pub const BOOTSTRAP_DATABASE: &str = include_str!("bootstrap_database.sql");
pub const BOOTSTRAP_ADDITIONS: &str = include_str!("bootstrap_additions.sql");

/// Everybody who logs in to the database, apart from the superuser. The last one exists only where a demo or a test made it.
pub const LOGIN_ROLES: [&str; 11] = [
    "renkei_app",
    "renkei_auth",
    "renkei_job",
    "renkei_operator",
    "renkei_family",
    "renkei_bounce",
    "renkei_migrate",
    "renkei_sealer",
    "renkei_verify",
    "renkei_backup",
    "renkei_seed",
];

/// Plants sample regions: may set the clock of records. Exists only where a demo or a test made it.
pub const SEED_ROLE: &str = "DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = 'renkei_seed') THEN
    CREATE ROLE renkei_seed LOGIN INHERIT NOBYPASSRLS;
  END IF;
END $$;
GRANT renkei_app, renkei_job, renkei_family TO renkei_seed;
ALTER ROLE renkei_seed LOGIN;
ALTER ROLE renkei_seed SET search_path = '';
ALTER ROLE renkei_seed SET timezone = 'UTC';";

pub async fn bootstrap_roles(superuser: &Client) -> Result<()> {
    Ok(superuser.batch_execute(BOOTSTRAP_ROLES).await?)
}

/// `PASSWORD` takes a literal alone, so the server itself quotes it.
const SET_PASSWORD: &str = "SELECT pg_catalog.format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)";

/// For databases that are reached over a network and know no peers.
pub async fn set_password(superuser: &Client, role: &str, password: &str) -> Result<()> {
    let statement: String = superuser.query_one(SET_PASSWORD, &[&role, &password]).await?.get(0);
    Ok(superuser.batch_execute(&statement).await?)
}

/// Runs the database part unless it has been run, and what later releases added to it.
pub async fn bootstrap_database(superuser: &Client) -> Result<()> {
    let done: bool = superuser
        .query_one(
            "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_event_trigger WHERE evtname = 'renkei_guard_ddl')",
            &[],
        )
        .await?
        .get(0);
    if !done {
        superuser.batch_execute(&format!("BEGIN; {BOOTSTRAP_DATABASE} COMMIT;")).await?;
    }
    let missing: bool = superuser
        .query_one("SELECT pg_catalog.to_regprocedure('guard.windows_since(timestamptz)') IS NULL OR pg_catalog.to_regnamespace('fam') IS NULL
  OR NOT pg_catalog.has_schema_privilege('renkei_bounce', 'act', 'USAGE')", &[])
        .await?
        .get(0);
    if missing {
        superuser.batch_execute(&format!("BEGIN; {BOOTSTRAP_ADDITIONS} COMMIT;")).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_every_login_role_of_the_bootstrap() {
        for text in [BOOTSTRAP_ROLES, BOOTSTRAP_DATABASE, BOOTSTRAP_ADDITIONS, SEED_ROLE] {
            let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            for role in words.filter(|w| w.starts_with("renkei_")) {
                let known = LOGIN_ROLES.contains(&role);
                assert!(
                    known || ["renkei_owner", "renkei_sec", "renkei_guard_ddl"].contains(&role),
                    "{role}"
                );
            }
        }
        for role in LOGIN_ROLES {
            assert!(BOOTSTRAP_ROLES.contains(role) || SEED_ROLE.contains(role), "{role} is made nowhere");
        }
    }
}
