//! Every alarm is provoked, raised, told, seen and ended; every change of the system is noticed.

mod fingerprint;
mod life;
mod small_disk;

use std::time::{Duration, Instant};

use renkei::{
    config::Security,
    features::alarms::{self, rules::RULES},
    jobs::{self, Failure, Kind},
    mail::{self, Letter},
    watch,
};
use serde_json::json;

use crate::world::{World, smtp::Smtp};

/// Roles belong to the whole cluster: tests that compare fingerprints take turns.
static ROLES: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

const FAILS: Kind = Kind {
    name: "fails",
    tries: 1,
    lease: Duration::from_secs(10),
    run: |_, _| Box::pin(async { Err(Failure::later("not_today")) }),
};

/// Codes of the open alarms.
async fn open(w: &World) -> Vec<String> {
    let sql = "SELECT code FROM care.alarm WHERE ended_at IS NULL ORDER BY code";
    w.superuser().await.query(sql, &[]).await.expect("alarms").iter().map(|row| row.get(0)).collect()
}

async fn run(w: &World, sql: &str) {
    w.superuser().await.batch_execute(sql).await.unwrap_or_else(|e| panic!("{e:?}: {sql}"));
}

/// The windows of the database's making are long past.
async fn forget_windows(w: &World) {
    run(w, "UPDATE guard.change_window SET opened_at = now() - interval '2 days', closes_at = now() - interval '1 day'").await;
}

/// Runs DDL as somebody who may, in a window of its own.
async fn in_window(w: &World, sql: &str) {
    run(w, &format!("SELECT guard.open_window('1 minute', 'test'); {sql}; SELECT guard.close_windows();"))
        .await;
}

struct Row {
    code: &'static str,
    how: &'static str,
    took: Duration,
}

struct Stage<'a> {
    w: &'a World,
    table: Vec<Row>,
}

impl Stage<'_> {
    /// Not there before, there in the first round after.
    async fn provoke(&mut self, code: &'static str, how: &'static str, act: impl AsyncFnOnce(&World)) {
        alarms::watch(&self.w.app).await.expect("a round");
        assert!(!open(self.w).await.iter().any(|c| c == code), "{code} before {how}");
        act(self.w).await;
        let begun = Instant::now();
        alarms::watch(&self.w.app).await.expect("a round");
        assert!(open(self.w).await.iter().any(|c| c == code), "{code} after {how}");
        self.table.push(Row { code, how, took: begun.elapsed() });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_alarm_is_provoked() {
    let _turn = ROLES.lock().await;
    let smtp = Smtp::start(None).await;
    let w = World::with(|config| {
        (config.mail.host, config.mail.port) = ("localhost".into(), smtp.address.port());
        (config.mail.security, config.mail.from) = (Security::None, "renkei@example.jp".into());
        let watch = &mut config.watch;
        (watch.patients_per_hour, watch.exports_per_hour, watch.refusals_per_hour) = (3, 3, 3);
    })
    .await;
    forget_windows(&w).await;
    let mut stage = Stage { w: &w, table: Vec::new() };
    sign_ins(&mut stage).await;
    records(&mut stage).await;
    operators(&mut stage).await;
    machines(&mut stage).await;
    background(&mut stage, &smtp).await;
    door(&mut stage).await;
    clock(&mut stage).await;
    missing(&mut stage).await;
    eprintln!("\n{:<22} {:<66} raised in the next round, ms", "alarm", "provoked by");
    for row in &stage.table {
        eprintln!("{:<22} {:<66} {:>6}", row.code, row.how, row.took.as_millis());
    }
    let provoked: std::collections::BTreeSet<_> = stage.table.iter().map(|row| row.code).collect();
    let all: std::collections::BTreeSet<_> = RULES.iter().map(|rule| rule.code).collect();
    assert_eq!(provoked, all, "every alarm has its provocation");
}

async fn try_password(w: &World, login_id: &str) {
    let body = json!({"login_id": login_id, "password": "not-the-password"});
    w.nobody().call("POST", "/api/v1/session", body).await.expect(401);
}

async fn sign_ins(stage: &mut Stage<'_>) {
    stage
        .provoke("guessing", "eight wrong passwords for one ID through the door", async |w| {
            for n in 0..8 {
                try_password(w, "kango").await;
                if n >= 4 {
                    // The pauses between tries, without waiting for them.
                    run(w, "UPDATE sec.attempt SET at = at - interval '5 minutes'").await;
                }
            }
        })
        .await;
    stage
        .provoke("stuffing", "wrong passwords for ten IDs from one address block", async |w| {
            for n in 0..10 {
                try_password(w, &format!("somebody{n}")).await;
            }
        })
        .await;
    stage
        .provoke("impossible_pace", "two sign-ins of one ID from two address blocks", async |w| {
            for block in ["203.0.113.0/24", "198.51.100.0/24"] {
                let sql = "SELECT act.sign_in_begin(gen_random_uuid(), 'hayai', sha256('hayai'), NULL, $1)";
                w.role("renkei_auth").await.query(sql, &[&block]).await.expect("a try");
            }
            run(w, "UPDATE sec.attempt SET ok = true WHERE login_hash = sha256('hayai')").await;
        })
        .await;
}

async fn records(stage: &mut Stage<'_>) {
    let w = stage.w;
    let clinic = w.facility("clinic", "試験医院").await;
    let other = w.facility("clinic", "よその医院").await;
    let admin = w.admin(clinic, "kanri", "doctor").await;
    let stranger = w.staff(other, "yoso", "nurse").await;
    let mut patients = Vec::new();
    for name in ["試験 一", "試験 二"] {
        patients.push(w.patient(&admin, name).await);
    }
    let group = w.group(&admin, &admin, "試験 三").await;
    stage.provoke("new_device", "a second device signs in", async |w| drop(w.session(&admin).await)).await;
    stage
        .provoke("refused_reads", "a stranger opens a group three times", async |w| {
            for _ in 0..3 {
                w.as_(&stranger).get(&format!("/api/v1/groups/{group}/posts")).await.expect(404);
            }
        })
        .await;
    stage
        .provoke("mass_export", "the access log is downloaded three times", async |w| {
            for _ in 0..3 {
                w.as_(&admin).get("/facility/access-log.csv").await.expect(200);
            }
        })
        .await;
    // Three patients are in the hour already: registering is handling too. The person who only looks is somebody else.
    run(w, "UPDATE care.alarm SET ended_at = now() WHERE code = 'mass_viewing'").await;
    let second = w.admin(clinic, "kanri2", "doctor").await;
    let before = open(w).await;
    assert!(!before.contains(&"mass_viewing".to_owned()));
    stage_mass_viewing(stage, &second, &patients, group).await;
    stage
        .provoke("break_glass", "an emergency opening is written in the access log", async |w| {
            let sql = format!(
                "SELECT sec.log(ROW('{}', '{}', NULL, NULL, NULL, NULL, false)::sec.context, 'broke_glass', '{group}', NULL, NULL, NULL, 'done', NULL)",
                admin.id, clinic.id
            );
            run(w, &sql).await;
        })
        .await;
}

async fn stage_mass_viewing(
    stage: &mut Stage<'_>,
    who: &crate::world::Person,
    patients: &[uuid::Uuid],
    group: uuid::Uuid,
) {
    // The first admin's own registrations have raised it; what counts here is a second subject.
    let subject = who.id.to_string();
    let count = async |w: &World| -> i64 {
        let sql = "SELECT count(*) FROM care.alarm WHERE code = 'mass_viewing' AND subject = $1 AND ended_at IS NULL";
        w.superuser().await.query_one(sql, &[&subject]).await.expect("a count").get(0)
    };
    alarms::watch(&stage.w.app).await.expect("a round");
    assert_eq!(count(stage.w).await, 0);
    for patient in patients {
        stage.w.as_(who).get(&format!("/api/v1/patients/{patient}")).await.expect(200);
    }
    stage.w.as_(who).get(&format!("/api/v1/groups/{group}/members")).await.expect(200);
    let begun = Instant::now();
    alarms::watch(&stage.w.app).await.expect("a round");
    assert_eq!(count(stage.w).await, 1, "three patients of three allowed");
    stage.table.push(Row {
        code: "mass_viewing",
        how: "one person opens three patients, where three are too many",
        took: begun.elapsed(),
    });
}

async fn operators(stage: &mut Stage<'_>) {
    stage.provoke("operator_act", "an operator is added", async |w| drop(w.operator("unei").await)).await;
    stage
        .provoke("change_window", "a superuser opens a change window", async |w| {
            run(w, "SELECT guard.open_window('1 minute', 'test'); SELECT guard.close_windows();").await;
        })
        .await;
    let w = stage.w;
    alarms::fingerprint::accept_now(&w.app, "test").await.expect("accepted");
    forget_windows(w).await;
    let superuser_grants = "ALTER EVENT TRIGGER renkei_guard_ddl DISABLE; GRANT SELECT ON care.post TO renkei_job; ALTER EVENT TRIGGER renkei_guard_ddl ENABLE ALWAYS;";
    stage
        .provoke("system_change", "a superuser goes round the guard and grants a right", async |w| {
            run(w, superuser_grants).await;
            alarms::fingerprint::compare(&w.app).await.expect("a comparison");
        })
        .await;
}

async fn machines(stage: &mut Stage<'_>) {
    let w = stage.w;
    watch::report(&w.app, "synchronised", false).await.expect("a word");
    // Whatever this machine's own disk says.
    run(
        w,
        "UPDATE care.node SET disks = '[]'; UPDATE care.alarm SET ended_at = now() WHERE code LIKE 'disk%'",
    )
    .await;
    let node = async |w: &World, set: &str| run(w, &format!("UPDATE care.node SET {set}")).await;
    stage
        .provoke("clock_offset", "a node's clock is 1.5 s ahead", async |w| {
            node(w, "clock_offset_ms = 1500").await
        })
        .await;
    stage.provoke("clock_jumped", "a node's clock jumps", async |w| node(w, "clock_jumps = 1").await).await;
    stage
        .provoke("disk_filling", "a node's disk is 81 % full", async |w| {
            node(w, r#"disks = '[{"name": "/blobs", "used_per_mille": 812, "state": "filling"}]'"#).await;
        })
        .await;
    stage
        .provoke("disk_full", "a node's disk is 93 % full (a real one: small_disk)", async |w| {
            node(w, r#"disks = '[{"name": "/blobs", "used_per_mille": 930, "state": "full"}]'"#).await;
        })
        .await;
    stage
        .provoke("certificate_expiring", "a certificate is good for five more days", async |w| {
            w.app
                .watch
                .certificate("app", jiff::Timestamp::now() + jiff::SignedDuration::from_hours(5 * 24 + 1));
            watch::report(&w.app, "synchronised", false).await.expect("a word");
        })
        .await;
    stage
        .provoke("node_missing", "a node says nothing for two minutes", async |w| {
            node(w, "seen_at = now() - interval '2 minutes'").await;
        })
        .await;
}

async fn background(stage: &mut Stage<'_>, smtp: &Smtp) {
    stage
        .provoke("mail_failing", "the mail server refuses a letter for good", async |w| {
            smtp.refuse_next(1, "550 no such person\r\n");
            let to = mail::address("kanri@example.jp").expect("an address");
            mail::enqueue_now(&w.app, &to, &Letter::new("試験")).await.expect("queued");
            jobs::round(&w.app, &[mail::KIND]).await.expect("a round");
        })
        .await;
    stage
        .provoke("job_dead", "a job fails with its last try", async |w| {
            jobs::enqueue_now(&w.app, &FAILS, &json!({})).await.expect("queued");
            jobs::round(&w.app, &[FAILS]).await.expect("a round");
        })
        .await;
    stage
        .provoke("jobs_waiting", "a job lies there for eleven minutes", async |w| {
            jobs::enqueue_now(&w.app, &FAILS, &json!({})).await.expect("queued");
            run(w, "UPDATE care.job SET run_at = now() - interval '11 minutes' WHERE state = 'waiting'")
                .await;
        })
        .await;
    stage
        .provoke("schedule_failed", "a scheduled run ends badly", async |w| {
            let sql = "SELECT act.know_schedules(ARRAY['test']); SELECT act.schedule_started('test'); SELECT act.schedule_finished('test', 'failed', false)";
            w.role("renkei_job").await.batch_execute(sql).await.expect("noted");
        })
        .await;
}

async fn door(stage: &mut Stage<'_>) {
    let told = async |w: &World, reads: &str, writes: &str| {
        run(w, &format!("INSERT INTO care.probe_minute VALUES (now() - interval '1 minute', gen_random_uuid()::text, '{reads}', '{writes}')")).await;
    };
    stage
        .provoke("door_closed", "the synthetic user can write nothing for a minute", async |w| {
            told(w, "111111111111", "xxxxxxxxxxxx").await;
        })
        .await;
    stage
        .provoke("acknowledged_lost", "the synthetic user misses what was acknowledged", async |w| {
            told(w, "11l111111111", "111111111111").await;
        })
        .await;
}

async fn clock(stage: &mut Stage<'_>) {
    let machine = stage.w.role("renkei_job").await;
    stage
        .provoke(
            "clock_doubtful",
            "the database's clock is an hour away from what a machine vouches for",
            async |w| {
                let vouch = "SELECT act.mark_clock('m', 1000); SELECT pg_advisory_lock(2022, hashtext('m'))";
                machine.batch_execute(vouch).await.expect("a mark");
                run(w, "UPDATE sec.clock_mark SET at = at - interval '1 hour'").await;
            },
        )
        .await;
    // The rest of the stage writes nothing, but goes by the clock.
    run(stage.w, "DELETE FROM sec.clock_mark").await;
}

async fn missing(stage: &mut Stage<'_>) {
    for (code, kind, outcome, how) in [
        ("backup_missing", "backup", "done", "the newest backup is 30 hours old"),
        ("drill_missing", "drill", "done", "the newest drill is 30 hours old"),
        ("backup_failed", "backup", "failed", "a backup fails"),
        ("drill_failed", "drill", "failed", "a drill fails"),
    ] {
        stage.provoke(code, how, async |w| backup(w, kind, outcome).await).await;
    }
    for (code, how) in [
        ("vault_silent", "the vault has not pulled"),
        ("vault_fault", "the vault found something"),
        ("bucket_not_locked", "the bucket has no default retention"),
    ] {
        stage.provoke(code, how, async |w| vault(w, code).await).await;
    }
    let checkpoint = |newest: &'static str, disagreeing: i32| {
        format!(
            "SET ROLE renkei_sec; CREATE OR REPLACE FUNCTION act.checkpoint_state() RETURNS TABLE (newest timestamptz, disagreeing bigint)
               LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS 'SELECT pg_catalog.now() - interval ''{newest}'', {disagreeing}::bigint'; RESET ROLE"
        )
    };
    stage
        .provoke(
            "checkpoint_missing",
            "the newest checkpoint is 20 minutes old (stands in for the sealer)",
            async |w| {
                in_window(w, &checkpoint("20 minutes", 0)).await;
            },
        )
        .await;
    stage
        .provoke("witness_disagrees", "one witness disagrees (stands in for the sealer)", async |w| {
            in_window(w, &checkpoint("1 minute", 1)).await;
        })
        .await;
    stage
        .provoke("witness_silent", "a witness has not been reached for a quarter of an hour", async |w| {
            let silent = "INSERT INTO care.witness_answer VALUES (gen_random_uuid(), 'witness.test', 9, 'unreachable', NULL, now() - interval '15 minutes')";
            w.superuser().await.execute(silent, &[]).await.expect("noted");
        })
        .await;
    stage
        .provoke("checkpoint_not_copied", "the folder of copies has not been there for two hours", async |w| {
            let failed = "INSERT INTO care.checkpoint_copy SELECT gen_random_uuid(), 'folder', o, 0, 0, c, now() - h * interval '1 hour'
              FROM (VALUES ('set', '', 3), ('failed', 'no_folder', 2)) x (o, c, h)";
            w.superuser().await.execute(failed, &[]).await.expect("noted");
        })
        .await;
    stage
        .provoke("record_altered", "the sealer has found a row that is not what was sealed", async |w| {
            let found = "SELECT act.note_finding('changed', 1::smallint, gen_random_uuid(), 1)";
            w.superuser().await.execute(found, &[]).await.expect("noted");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_noted_while_a_clock_was_ahead_hide_nothing_and_a_vault_is_watched_until_it_is_taken_out() {
    let w = World::new().await;
    let note = async |kind: &str, when: &str, code: Option<&str>| {
        let (outcome, code) =
            code.map_or(("done", "NULL".to_owned()), |code| ("failed", format!("'{code}'")));
        let sql = format!(
            "INSERT INTO care.backup_run (id, kind, started_at, finished_at, outcome, code) VALUES (gen_random_uuid(), '{kind}', now() + '{when}', now() + '{when}', '{outcome}', {code})"
        );
        run(&w, &sql).await;
    };
    let said = async || -> Vec<String> {
        let sql = "SELECT code FROM act.watch_backups() ORDER BY code";
        w.role("renkei_job")
            .await
            .query(sql, &[])
            .await
            .expect("codes")
            .iter()
            .map(|row| row.get(0))
            .collect()
    };
    assert_eq!(said().await, [""; 0], "a young deployment");
    note("backup", "-30 hours", None).await;
    note("backup", "20 days", None).await;
    assert_eq!(said().await, ["backup_missing"]);
    note("backup", "-1 hour", None).await;
    assert_eq!(said().await, [""; 0], "a fresh one");
    note("vault", "20 days", Some("vault_fault")).await;
    assert_eq!(said().await, [""; 0], "of a day that is to come");
    note("vault", "-27 hours", None).await;
    assert_eq!(said().await, ["vault_silent"], "nobody has looked since");
    note("vault", "-2 hours", Some("vault_fault")).await;
    assert_eq!(said().await, ["vault_fault"]);
    note("vault", "-1 hour", Some("vault_none")).await;
    assert_eq!(said().await, [""; 0], "there is none any more");
}

/// What the schedule notes of a vault.
async fn vault(w: &World, code: &str) {
    let sql = "SELECT act.note_backup_run(gen_random_uuid(), 'vault', now(), 'failed', NULL, NULL, NULL, NULL, NULL, NULL, false, $1)";
    w.role("renkei_job").await.query_one(sql, &[&code]).await.expect("noted");
}

/// A run of a backup or drill 30 hours ago, or a failed one now. Before backups are part of the schema, a function stands in.
async fn backup(w: &World, kind: &str, outcome: &str) {
    let sql = "SELECT pg_catalog.to_regclass('care.backup_run') IS NOT NULL";
    let real: bool = w.superuser().await.query_one(sql, &[]).await.expect("an answer").get(0);
    if real {
        let (age, code) = if outcome == "done" { ("30 hours", "NULL") } else { ("1 minute", "'test'") };
        let insert = format!(
            "INSERT INTO care.backup_run (id, kind, started_at, finished_at, outcome, code) VALUES (gen_random_uuid(), '{kind}', now() - interval '{age}', now() - interval '{age}', '{outcome}', {code})"
        );
        return run(w, &insert).await;
    }
    let begun = "SET ROLE renkei_sec; CREATE TABLE IF NOT EXISTS sec.test_backup (kind text, outcome text, finished_at timestamptz);
      CREATE OR REPLACE FUNCTION act.backup_facts() RETURNS TABLE (kind text, outcome text, finished_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS 'SELECT kind, outcome, finished_at FROM sec.test_backup'; RESET ROLE";
    in_window(w, begun).await;
    let age = if outcome == "done" { "30 hours" } else { "1 minute" };
    run(w, &format!("INSERT INTO sec.test_backup VALUES ('{kind}', '{outcome}', now() - interval '{age}')"))
        .await;
}
