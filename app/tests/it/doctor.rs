//! `renkei doctor` on a real database: every check proven well, then provoked.

use renkei::{
    cli::doctor::{Finding, Site, State, examine},
    config::{Config, Security},
};

use crate::world::{World, cluster, smtp::Smtp};

/// The deployment of a world, as the command would see it by its URLs.
async fn site(w: &World) -> Site {
    let folder = cluster().await.socket_dir().display().to_string();
    let url = |role: &str| format!("host={folder} dbname={} user={role}", w.database);
    let mut config = Config::in_folder(w.folder.path(), ([127, 0, 0, 1], 8080).into());
    config.data = None;
    config.database.app = url("renkei_app");
    config.database.auth = url("renkei_auth");
    config.database.job = url("renkei_job");
    config.database.migrate = url("renkei_migrate");
    config.database.verify = url("renkei_verify");
    Site {
        place: w.folder.path().to_owned(),
        file: None,
        config: Ok(config),
        root: w.folder.path().join("no-root"),
    }
}

async fn finding(site: &Site, subject: &str, name: &str) -> Finding {
    let report = examine(site).await;
    let subject = report.subjects.into_iter().find(|s| s.name == subject).expect("the subject");
    let findings = subject.findings.into_iter().filter(|f| f.name == name);
    findings.max_by_key(|f| f.state).unwrap_or_else(|| panic!("no finding {name}"))
}

/// Something that a superuser did to the database, what the doctor says of it, and how it is taken back.
struct Provoked {
    subject: &'static str,
    name: &'static str,
    change: &'static str,
    back: &'static str,
}

const PROVOKED: [Provoked; 11] = [
    Provoked {
        subject: "rights",
        name: "no_superuser",
        change: "CREATE ROLE renkei_strange BYPASSRLS",
        back: "DROP ROLE renkei_strange",
    },
    Provoked {
        subject: "rights",
        name: "members",
        change: "CREATE ROLE renkei_strange; GRANT renkei_owner TO renkei_strange",
        back: "DROP ROLE renkei_strange",
    },
    Provoked {
        subject: "rights",
        name: "row_security",
        change: "ALTER TABLE care.post NO FORCE ROW LEVEL SECURITY",
        back: "ALTER TABLE care.post FORCE ROW LEVEL SECURITY",
    },
    Provoked {
        subject: "rights",
        name: "write_nothing",
        change: "GRANT UPDATE (kind) ON care.post TO renkei_app",
        back: "REVOKE UPDATE (kind) ON care.post FROM renkei_app",
    },
    Provoked {
        subject: "rights",
        name: "own_nothing",
        change: "CREATE SCHEMA of_job AUTHORIZATION renkei_job",
        back: "DROP SCHEMA of_job",
    },
    Provoked {
        subject: "rights",
        name: "function_paths",
        change: "ALTER FUNCTION sec.me() SECURITY DEFINER RESET search_path",
        back: "ALTER FUNCTION sec.me() SET search_path = ''",
    },
    Provoked {
        subject: "rights",
        name: "public_functions",
        change: "GRANT EXECUTE ON FUNCTION act.demo_groups() TO PUBLIC",
        back: "REVOKE EXECUTE ON FUNCTION act.demo_groups() FROM PUBLIC",
    },
    Provoked {
        subject: "schema",
        name: "ddl_guard",
        change: "ALTER EVENT TRIGGER renkei_guard_ddl ENABLE",
        back: "ALTER EVENT TRIGGER renkei_guard_ddl ENABLE ALWAYS",
    },
    Provoked {
        subject: "schema",
        name: "migrations",
        change: "UPDATE care.refinery_schema_history SET checksum = '1' WHERE version = 3",
        back: "UPDATE care.refinery_schema_history SET checksum = (SELECT kept FROM kept) WHERE version = 3",
    },
    Provoked {
        subject: "schema",
        name: "change_window",
        change: "SELECT guard.open_window('10 minutes', 'left open')",
        back: "SELECT guard.close_windows()",
    },
    Provoked {
        subject: "settings",
        name: "synchronous_commit",
        change: "DO $$ BEGIN EXECUTE format('ALTER ROLE renkei_app IN DATABASE %I SET synchronous_commit = off', current_database()); END $$",
        back: "DO $$ BEGIN EXECUTE format('ALTER ROLE renkei_app IN DATABASE %I RESET synchronous_commit', current_database()); END $$",
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn where_mail_that_comes_back_goes_is_said() {
    let (w, smtp) = (World::new().await, Smtp::start(None).await);
    let mut site = site(&w).await;
    smtp.carries(Security::None)(site.config.as_mut().expect("settings"));
    let found = finding(&site, "telling", "bounces").await;
    assert_eq!(found.state, State::Warning, "{found:?}");
    assert!(found.fix.is_some_and(|fix| fix.en.contains("renkei bounce")));
    site.config.as_mut().expect("settings").mail.bounces = "bounces@example.jp".into();
    assert_eq!(finding(&site, "telling", "bounces").await.state, State::Ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_superuser_loosens_in_the_database_is_found() {
    let w = World::new().await;
    let (site, root) = (site(&w).await, w.superuser().await);
    let during = async |sql: &str| {
        root.batch_execute("SELECT guard.open_window('1 minute', 'test')").await.expect("a window");
        root.batch_execute(sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
        root.batch_execute("SELECT guard.close_windows()").await.expect("closed");
    };
    during("CREATE TEMPORARY TABLE kept AS SELECT checksum AS kept FROM care.refinery_schema_history WHERE version = 3")
        .await;
    for p in PROVOKED {
        let before = finding(&site, p.subject, p.name).await;
        assert_eq!(before.state, State::Ok, "{before:?}");
        if p.name == "change_window" {
            root.batch_execute(p.change).await.expect("a window");
        } else {
            during(p.change).await;
        }
        let found = finding(&site, p.subject, p.name).await;
        assert_eq!(found.state, State::Bad, "{found:?}");
        assert!(found.fix.is_some_and(|f| !f.ja.is_empty() && !f.en.is_empty()));
        during(p.back).await;
        let after = finding(&site, p.subject, p.name).await;
        assert_eq!(after.state, State::Ok, "{after:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_cannot_connect_and_a_missing_migration_are_found() {
    let w = World::new().await;
    let mut site = site(&w).await;
    assert_eq!(finding(&site, "database", "reach").await.state, State::Ok);
    assert_eq!(finding(&site, "database", "version").await.state, State::Ok);
    assert_eq!(finding(&site, "clock", "database_offset").await.state, State::Ok);
    // The cluster of the tests is fast, not durable: the doctor says so.
    assert_eq!(finding(&site, "settings", "fsync").await.state, State::Bad);
    assert_eq!(finding(&site, "settings", "full_page_writes").await.state, State::Ok);
    w.superuser()
        .await
        .batch_execute("DELETE FROM care.refinery_schema_history WHERE version = (SELECT max(version) FROM care.refinery_schema_history)")
        .await
        .expect("forgotten");
    let found = finding(&site, "schema", "migrations").await;
    assert_eq!(found.state, State::Bad, "{found:?}");
    site.config.as_mut().expect("settings").database.app = "host=/nowhere user=renkei_app".into();
    assert_eq!(finding(&site, "database", "reach").await.state, State::Bad);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_does_not_open_the_records_is_found() {
    let w = World::new().await;
    let site = site(&w).await;
    assert_eq!(finding(&site, "keys", "opens").await.state, State::Ok);
    w.facility("clinic", "かぎ医院").await;
    let opened = finding(&site, "keys", "opens").await;
    assert!(opened.state == State::Ok && opened.what.en.contains("opens the records"), "{opened:?}");
    let key = w.folder.path().join("keys/master");
    let kept = std::fs::read(&key).expect("the key");
    std::fs::remove_file(&key).expect("lost");
    assert_eq!(finding(&site, "keys", "opens").await.state, State::Bad);
    envelope::LocalKeyFile::open_or_create(&key).expect("another key");
    assert_eq!(finding(&site, "keys", "opens").await.state, State::Bad);
    std::fs::write(&key, kept).expect("put back");
    assert_eq!(finding(&site, "keys", "opens").await.state, State::Ok);
}
