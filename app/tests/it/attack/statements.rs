//! Every write and every change of structure that a role could try on every table. Each is refused, or finds no row.

use tokio_postgres::{Client, error::SqlState};

use super::target::{Target, fingerprint, open, tables};
use crate::world::Person;

/// `{t}` is the table, `{c}` its first column.
const ON_TABLES: &[&str] = &[
    "UPDATE {t} SET {c} = {c}",
    "UPDATE {t} SET {c} = NULL",
    "DELETE FROM {t}",
    "TRUNCATE {t} CASCADE",
    "INSERT INTO {t} SELECT * FROM {t}",
    "INSERT INTO {t} DEFAULT VALUES",
    "INSERT INTO {t} OVERRIDING SYSTEM VALUE SELECT * FROM {t} ON CONFLICT DO NOTHING",
    "MERGE INTO {t} x USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM {t} RETURNING 1) SELECT count(*) FROM gone",
    "COPY {t} FROM PROGRAM 'echo'",
    "COPY {t} TO PROGRAM 'cat > /dev/null'",
    "COPY {t} TO '/tmp/renkei-attack.csv'",
    "LOCK TABLE {t} IN ACCESS EXCLUSIVE MODE",
    "ALTER TABLE {t} DISABLE TRIGGER ALL",
    "ALTER TABLE {t} DISABLE TRIGGER USER",
    "ALTER TABLE {t} ENABLE REPLICA TRIGGER no_migrator",
    "ALTER TABLE {t} DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE {t} NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE {t} RENAME TO gone",
    "ALTER TABLE {t} ADD COLUMN extra int",
    "ALTER TABLE {t} DROP COLUMN {c} CASCADE",
    "ALTER TABLE {t} OWNER TO CURRENT_USER",
    "ALTER TABLE {t} SET UNLOGGED",
    "DROP TABLE {t} CASCADE",
    "CREATE POLICY all_open ON {t} USING (true)",
    "CREATE RULE hidden AS ON SELECT TO {t} DO INSTEAD NOTHING",
    "CREATE RULE nothing AS ON INSERT TO {t} DO INSTEAD NOTHING",
    "CREATE TRIGGER t BEFORE INSERT ON {t} EXECUTE FUNCTION care.refuse_change()",
    "CREATE INDEX ON {t} ({c})",
    "GRANT ALL ON {t} TO PUBLIC",
    "REVOKE ALL ON {t} FROM renkei_sec",
    "CREATE TABLE care.copy AS SELECT * FROM {t}",
    "CREATE TEMP TABLE copy AS SELECT * FROM {t}",
    "CREATE VIEW care.look AS SELECT * FROM {t}",
    "CLUSTER {t}",
];

/// Once for each role; the same must hold.
const ANYWHERE: &[&str] = &[
    "SET session_replication_role = replica",
    "SET SESSION AUTHORIZATION postgres",
    "SET ROLE postgres",
    "SET ROLE pg_read_all_data",
    "SET ROLE pg_write_all_data",
    "SET ROLE pg_execute_server_program",
    "SET ROLE renkei_seed",
    "ALTER SYSTEM SET fsync = off",
    "ALTER DATABASE template1 SET default_transaction_read_only = on",
    "CREATE DATABASE stolen",
    "CREATE ROLE evil SUPERUSER",
    "ALTER ROLE renkei_app BYPASSRLS",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "GRANT renkei_sec TO renkei_app",
    "GRANT renkei_owner TO CURRENT_USER WITH ADMIN OPTION",
    "DROP ROLE renkei_app",
    "DROP OWNED BY renkei_owner CASCADE",
    "DROP OWNED BY renkei_sec CASCADE",
    "REASSIGN OWNED BY renkei_owner TO renkei_migrate",
    "REASSIGN OWNED BY renkei_sec TO renkei_migrate",
    "REASSIGN OWNED BY renkei_owner TO renkei_app",
    "DROP SCHEMA care CASCADE",
    "DROP SCHEMA act CASCADE",
    "ALTER SCHEMA care OWNER TO CURRENT_USER",
    "CREATE SCHEMA mine",
    "CREATE EXTENSION dblink",
    "CREATE LANGUAGE plperlu",
    "DROP EVENT TRIGGER renkei_guard_ddl",
    "ALTER EVENT TRIGGER renkei_guard_ddl DISABLE",
    "SET event_triggers = off",
    "SELECT guard.open_window('1 hour', 'attack')",
    "INSERT INTO guard.change_window (closes_at, reason) VALUES (now() + interval '1 hour', 'attack')",
    "UPDATE guard.change_window SET closes_at = now() + interval '1 hour'",
    "CREATE OR REPLACE FUNCTION care.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE OR REPLACE FUNCTION care.refuse_migrator() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE OR REPLACE FUNCTION sec.me() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
    "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER FUNCTION sec.ctx() OWNER TO CURRENT_USER",
    "ALTER FUNCTION sec.ctx() RESET search_path",
    "GRANT EXECUTE ON FUNCTION sec.sign(text) TO PUBLIC",
    "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
    "CREATE CAST (text AS uuid) WITH INOUT AS IMPLICIT",
    "CREATE PUBLICATION p FOR ALL TABLES",
    "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p",
    "CREATE SERVER s FOREIGN DATA WRAPPER none",
    "CREATE STATISTICS st ON stream_id, seq FROM care.post",
    "COMMENT ON TABLE care.post IS 'x'",
    "SECURITY LABEL ON TABLE care.post IS 'x'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_stat_file('.')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_from_bytea(0, '\\x00')",
    "SELECT lo_create(0)",
    "SELECT pg_terminate_backend(pg_backend_pid(), 0::bigint)",
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
    "SELECT pg_reload_conf()",
    "SELECT pg_switch_wal()",
    "SELECT pg_create_physical_replication_slot('x')",
    "SELECT pg_create_logical_replication_slot('x', 'pgoutput')",
    "SELECT pg_logical_emit_message(true, 'x', 'y')",
    "SELECT pg_export_snapshot(), rolpassword FROM pg_authid",
    "SELECT * FROM pg_statistic",
    "SELECT * FROM pg_hba_file_rules",
    "SELECT setval('care.event_id_seq', 1)",
    "SELECT setval('care.staff_event_id_seq', 1)",
    "SELECT nextval('care.staff_event_id_seq')",
    "PREPARE TRANSACTION 'x'",
    "CHECKPOINT",
];

/// A principal under attack: how its statements begin.
struct Attacker<'a> {
    name: &'static str,
    client: Client,
    person: Option<&'a Person>,
}

impl Attacker<'_> {
    /// The rows that a statement touched, or why not. In a transaction that is committed when it can be.
    async fn attempt(&self, statement: &str) -> Result<u64, String> {
        self.client.batch_execute("BEGIN").await.map_err(|e| e.to_string())?;
        if let Some(person) = self.person {
            open(&self.client, person).await;
        }
        let result = self.client.execute(statement, &[]).await;
        let end = if result.is_ok() { "COMMIT" } else { "ROLLBACK" };
        self.client.batch_execute(end).await.map_err(|e| e.to_string())?;
        let refused = result.as_ref().err().and_then(|e| e.code());
        assert_ne!(
            refused,
            Some(&SqlState::SYNTAX_ERROR),
            "refused only because it is misspelt: {statement}"
        );
        result.map_err(|e| e.to_string())
    }

    /// Whoever becomes the owner of the functions, which takes the migrator, can hold a table up for as long as the
    /// transaction lasts. Nobody who answers requests can.
    fn may(&self, statement: &str) -> bool {
        self.name == "sec" && statement.starts_with("LOCK TABLE")
    }

    async fn attack(&self, statements: &[String]) -> Vec<String> {
        let mut through = Vec::new();
        for statement in statements {
            if let Ok(rows) = self.attempt(statement).await
                && (rows > 0 || is_structure(statement))
                && !self.may(statement)
            {
                through.push(format!("{}: {statement} ({rows} rows)", self.name));
            }
        }
        through
    }
}

/// Whatever is no plain write has done something when it was not refused.
fn is_structure(statement: &str) -> bool {
    !["UPDATE", "DELETE", "INSERT", "MERGE", "WITH"].iter().any(|verb| statement.starts_with(verb))
}

async fn statements(superuser: &Client) -> Vec<String> {
    let mut all: Vec<String> = ANYWHERE.iter().map(|s| (*s).to_owned()).collect();
    for table in tables(superuser).await {
        let first = "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum LIMIT 1";
        let column: String = superuser.query_one(first, &[&table]).await.expect("a column").get(0);
        all.extend(ON_TABLES.iter().map(|s| s.replace("{t}", &table).replace("{c}", &column)));
    }
    all
}

async fn attackers(t: &Target) -> Vec<Attacker<'_>> {
    let plain = |name, client| Attacker { name, client, person: None };
    let mut all = Vec::new();
    for role in [
        "renkei_app",
        "renkei_auth",
        "renkei_job",
        "renkei_verify",
        "renkei_sealer",
        "renkei_backup",
        "renkei_migrate",
    ] {
        all.push(plain(role, t.w.role(role).await));
    }
    for (name, become_it) in [("owner", "SET ROLE renkei_owner"), ("sec", "SET ROLE renkei_sec")] {
        let client = t.w.role("renkei_migrate").await;
        client.batch_execute(become_it).await.expect("the migrator may become it");
        all.push(plain(name, client));
    }
    for (name, person) in [("member", &t.member), ("host", &t.host), ("admin", &t.admin)] {
        all.push(Attacker { name, client: t.w.role("renkei_app").await, person: Some(person) });
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn no_role_changes_a_row_or_a_rule_by_a_statement_of_its_own() {
    let t = Target::new().await;
    let superuser = t.w.superuser().await;
    let statements = statements(&superuser).await;
    assert!(statements.len() > 1000, "{}", statements.len());
    let before = fingerprint(&superuser).await;
    for attacker in attackers(&t).await {
        let through = attacker.attack(&statements).await;
        let after = fingerprint(&superuser).await;
        let changed: Vec<_> = before.iter().zip(&after).filter(|(b, a)| b != a).collect();
        assert!(changed.is_empty(), "{} changed {changed:?}", attacker.name);
        assert!(
            through.is_empty(),
            "{} of {} went through:\n{}",
            through.len(),
            statements.len(),
            through.join("\n")
        );
    }
    // The same digest notices a change that the acts make.
    t.w.as_(&t.member).post(t.group, "まだ書けます").await.expect(201);
    assert_ne!(before, fingerprint(&superuser).await);
}

/// Inside an open change window the migrator does its work: the refusals above are the window's, not a typing error's.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_window_the_migrator_may_change_the_structure_but_no_record() {
    let t = Target::new().await;
    let superuser = t.w.superuser().await;
    let client = t.w.role("renkei_migrate").await;
    client.batch_execute("SET ROLE renkei_owner").await.expect("the migrator may become the owner");
    let add = "ALTER TABLE care.group_state ADD COLUMN extra int";
    client.batch_execute(add).await.expect_err("no window");
    superuser.execute("SELECT guard.open_window('1 minute', 'test')", &[]).await.expect("a window");
    client.batch_execute(add).await.expect("with a window");
    for statement in ["DELETE FROM care.post", "UPDATE care.post SET kind = 'post'", "TRUNCATE care.post"] {
        client.batch_execute("SET ROLE renkei_sec").await.expect("the migrator may become it");
        assert!(client.batch_execute(statement).await.is_err(), "{statement}");
    }
    superuser.execute("SELECT guard.close_windows()", &[]).await.expect("closed");
    client
        .batch_execute("SET ROLE renkei_owner; ALTER TABLE care.group_state DROP COLUMN extra")
        .await
        .expect_err("closed");
}

/// Rows that each principal may see without anybody being known: none but those its work is on.
#[tokio::test(flavor = "multi_thread")]
async fn without_an_identity_nothing_is_read() {
    let t = Target::new().await;
    let superuser = t.w.superuser().await;
    for role in ["renkei_app", "renkei_auth", "renkei_job", "renkei_sealer", "renkei_migrate"] {
        let client = t.w.role(role).await;
        for table in tables(&superuser).await {
            for read in [
                "SELECT * FROM {t} LIMIT 1",
                "SELECT 1 FROM {t} FOR KEY SHARE",
                "SET row_security = off; SELECT * FROM {t} LIMIT 1",
                "TABLE {t}",
            ] {
                let sql = read.replace("{t}", &table);
                let rows = client.simple_query(&sql).await.map_or(0, |messages| {
                    messages
                        .iter()
                        .filter(|m| matches!(m, tokio_postgres::SimpleQueryMessage::Row(_)))
                        .count()
                });
                assert_eq!(rows, 0, "{role}: {sql}");
                client.batch_execute("SET row_security = on").await.expect("reset");
            }
        }
    }
    // The logical export reads the record as it stands, sealed; never a session, a password or a context's key.
    let backup = t.w.role("renkei_backup").await;
    assert!(!backup.query("SELECT * FROM care.post", &[]).await.expect("the export reads").is_empty());
    for table in tables(&superuser).await.iter().filter(|table| table.starts_with("sec.")) {
        assert!(backup.query(&format!("TABLE {table}"), &[]).await.is_err(), "{table}");
    }
    // The sealer reads hashes, by functions of its own, and no table.
    let sealer = t.w.role("renkei_sealer").await;
    assert_eq!(sealer.query("SELECT * FROM act.log_state()", &[]).await.expect("its own").len(), 1);
    for table in tables(&superuser).await {
        assert!(sealer.query(&format!("TABLE {table}"), &[]).await.is_err(), "{table}");
    }
    let member = t.opened(&t.member).await;
    assert!(!member.query("SELECT * FROM care.post", &[]).await.expect("a member reads").is_empty());
}

/// A member's own connection, with any statement, shows nothing of the other facility.
#[tokio::test(flavor = "multi_thread")]
async fn a_members_connection_shows_nothing_of_others() {
    let t = Target::new().await;
    let superuser = t.w.superuser().await;
    let foreign = foreign_ids(&superuser, &t).await;
    assert!(foreign.len() > 10, "{}", foreign.len());
    for person in [&t.member, &t.host, &t.admin, &t.removed] {
        for table in tables(&superuser).await {
            // Wrapped keys of facilities, names and ties of staff are everybody's in the deployment.
            if PUBLIC.contains(&table.as_str()) {
                continue;
            }
            let client = t.opened(person).await;
            let Ok(rows) = client.query(&format!("SELECT x::text FROM {table} x"), &[]).await else {
                continue;
            };
            for row in rows {
                let text: String = row.get(0);
                let leak = foreign.iter().find(|id| text.contains(id.as_str()));
                assert_eq!(leak, None, "{} sees in {table}: {text}", person.login_id);
            }
        }
    }
    let theirs = t.opened(&t.foreign.admin).await;
    let seen =
        theirs.query("SELECT id FROM care.post WHERE id = $1", &[&t.foreign.post]).await.expect("reads");
    assert_eq!(seen.len(), 1, "whose it is sees it");
    let statistics = theirs
        .query("SELECT 1 FROM pg_stats WHERE schemaname IN ('care', 'sec')", &[])
        .await
        .expect("a view");
    assert!(statistics.is_empty(), "statistics tell nothing of rows");
}

const PUBLIC: [&str; 8] = [
    "care.deployment",
    "care.account",
    "care.account_version",
    "care.facility",
    "care.facility_version",
    "care.facility_key",
    "care.staff",
    "care.refinery_schema_history",
];

/// The ids of everything that belongs to the other facility's patient.
async fn foreign_ids(superuser: &Client, t: &Target) -> Vec<String> {
    let sql = "SELECT g.id FROM care.groups g WHERE g.id = $1 UNION SELECT g.patient_id FROM care.groups g WHERE g.id = $1
      UNION SELECT s.id FROM care.stream s WHERE s.group_id = $1 OR s.patient_id = (SELECT patient_id FROM care.groups WHERE id = $1)
      UNION SELECT p.id FROM care.post p WHERE p.group_id = $1 UNION SELECT r.id FROM care.receipt r WHERE r.group_id = $1
      UNION SELECT m.id FROM care.membership_event m WHERE m.group_id = $1 UNION SELECT i.id FROM care.invitation i WHERE i.group_id = $1
      UNION SELECT f.file_id FROM care.post_file f WHERE f.group_id = $1";
    let rows = superuser.query(sql, &[&t.foreign.group]).await.expect("ids");
    rows.iter().map(|r| r.get::<_, uuid::Uuid>(0).to_string()).collect()
}
