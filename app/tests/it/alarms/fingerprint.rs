//! What is changed behind the product's back is named; what was announced is not an alarm.

use std::sync::Arc;

use renkei::features::alarms::fingerprint::{self, Compared};

use super::{ROLES, forget_windows, in_window, open, run};
use crate::world::World;

async fn compare(w: &World) -> Compared {
    fingerprint::compare(&w.app).await.expect("a comparison")
}

fn different(parts: &[&str]) -> Compared {
    Compared::Different(parts.iter().map(|p| (*p).to_owned()).collect())
}

/// As somebody who goes round the guard.
async fn unannounced(w: &World, sql: &str) {
    run(w, &format!("ALTER EVENT TRIGGER renkei_guard_ddl DISABLE; {sql}; ALTER EVENT TRIGGER renkei_guard_ddl ENABLE ALWAYS;")).await;
}

async fn world() -> World {
    let w = World::new().await;
    forget_windows(&w).await;
    w
}

#[tokio::test(flavor = "multi_thread")]
async fn each_unannounced_change_of_the_database_is_named_and_gone_when_it_is_undone() {
    let _turn = ROLES.lock().await;
    let w = world().await;
    assert_eq!(compare(&w).await, Compared::First);
    assert_eq!(compare(&w).await, Compared::Same);
    let position = "SELECT pg_get_functiondef('act.stream_position()'::regprocedure)";
    let position: String = w.superuser().await.query_one(position, &[]).await.expect("its text").get(0);
    let opened = position.replacen("AS $function$", "AS $function$ /* and something else */", 1);
    let policy = "CREATE POLICY more ON care.post FOR SELECT TO renkei_app USING (true)";
    for (part, doing, undoing) in [
        ("grants", "GRANT SELECT ON care.post TO renkei_job", "REVOKE SELECT ON care.post FROM renkei_job"),
        ("functions", opened.as_str(), position.as_str()),
        ("policies", policy, "DROP POLICY more ON care.post"),
        ("roles", "ALTER ROLE renkei_verify BYPASSRLS", "ALTER ROLE renkei_verify NOBYPASSRLS"),
        ("roles", "GRANT renkei_sec TO renkei_verify", "REVOKE renkei_sec FROM renkei_verify"),
        (
            "triggers",
            "ALTER TABLE care.post DISABLE TRIGGER no_row_change",
            "ALTER TABLE care.post ENABLE ALWAYS TRIGGER no_row_change",
        ),
        (
            "tables",
            "ALTER TABLE care.post NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE care.post FORCE ROW LEVEL SECURITY",
        ),
        (
            "constraints",
            "ALTER TABLE care.post ADD CONSTRAINT more CHECK (true)",
            "ALTER TABLE care.post DROP CONSTRAINT more",
        ),
    ] {
        unannounced(&w, doing).await;
        let seen = compare(&w).await;
        unannounced(&w, undoing).await;
        assert_eq!(seen, different(&[part]), "{doing}");
        assert_eq!(compare(&w).await, Compared::Same, "{undoing}");
        assert!(!open(&w).await.contains(&"system_change".to_owned()), "undone, the alarm has ended");
    }
    // The guard itself taken away is a change too.
    run(&w, "ALTER EVENT TRIGGER renkei_guard_ddl DISABLE").await;
    assert_eq!(compare(&w).await, different(&["triggers"]));
    run(&w, "ALTER EVENT TRIGGER renkei_guard_ddl ENABLE ALWAYS").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announced_change_is_accepted_when_its_window_has_closed() {
    let _turn = ROLES.lock().await;
    let w = world().await;
    assert_eq!(compare(&w).await, Compared::First);
    run(&w, "SELECT guard.open_window('10 minutes', 'release 9.9'); CREATE INDEX more ON care.post (at)")
        .await;
    assert_eq!(compare(&w).await, Compared::Waiting);
    run(&w, "SELECT guard.close_windows()").await;
    assert_eq!(compare(&w).await, Compared::Explained);
    assert_eq!(compare(&w).await, Compared::Same);
    let sql = "SELECT reason FROM care.fingerprint ORDER BY at DESC LIMIT 1";
    let reason: String = w.superuser().await.query_one(sql, &[]).await.expect("a reason").get(0);
    assert_eq!(reason, "変更の窓：release 9.9");
    // A window explains what came before it closed, and nothing later.
    unannounced(&w, "DROP INDEX care.more").await;
    assert_eq!(compare(&w).await, different(&["constraints"]));
    fingerprint::accept_now(&w.app, "an index too many").await.expect("accepted");
    let facts = renkei::features::alarms::facts(&w.app).await.expect("facts");
    assert_eq!(facts.accepted.map(|(_, why)| why).as_deref(), Some("an index too many"));
    assert!(!open(&w).await.contains(&"system_change".to_owned()), "accepted, the alarm has ended");
    in_window(&w, "SELECT 1").await;
    assert_eq!(compare(&w).await, Compared::Same);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_binary_or_configuration_is_named_with_its_node() {
    let _turn = ROLES.lock().await;
    let w = world().await;
    let binary = w.folder.path().join("renkei");
    std::fs::write(&binary, b"a program").expect("a file");
    let made = |change: fn(&mut renkei::config::Config)| {
        let binary = binary.clone();
        let w = &w;
        async move {
            let mut node = w.node(change).await;
            (node.watch.binary, node.watch.name) = (binary, "one:8080".into());
            Arc::new(node)
        }
    };
    let node = made(|_| {}).await;
    assert_eq!(fingerprint::compare(&node).await.expect("a comparison"), Compared::First);
    assert_eq!(fingerprint::compare(&node).await.expect("a comparison"), Compared::Same);
    std::fs::write(&binary, b"another program").expect("a file");
    assert_eq!(fingerprint::compare(&node).await.expect("a comparison"), different(&["binary one:8080"]));
    std::fs::write(&binary, b"a program").expect("a file");
    let other = made(|config| config.sign_in.idle_minutes = 29).await;
    assert_eq!(
        fingerprint::compare(&other).await.expect("a comparison"),
        different(&["configuration one:8080"])
    );
    fingerprint::accept_now(&other, "longer sessions").await.expect("accepted");
    assert_eq!(fingerprint::compare(&other).await.expect("a comparison"), Compared::Same);
}
