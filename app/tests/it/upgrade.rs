//! From the first release's schema, with its data in it, to this one in one step; and what `upgrade-check` says before.

use std::{path::Path, process::Command};

use renkei::{cli::verify, config::Config, db};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::world::{cluster, connect};

/// The last migration of release 0.1.0.
const FIRST_RELEASE: i32 = 8;
/// What release 0.1.0 wrote: two facilities, two people, one patient's group, three posts. And the key that opens them.
const DATA: &str = include_str!("upgrade/first_release.sql");
const KEY: &str = include_str!("upgrade/first_release.key");

/// A new schema names a deployment of its own; the dump brings the one that it belongs to.
const WITHOUT_ROWS_OF_ITS_OWN: &str = "
ALTER TABLE care.deployment DISABLE TRIGGER no_row_change; ALTER TABLE care.epoch DISABLE TRIGGER no_row_change;
DELETE FROM care.deployment; DELETE FROM care.epoch; DELETE FROM sec.ctx_key;
ALTER TABLE care.deployment ENABLE ALWAYS TRIGGER no_row_change; ALTER TABLE care.epoch ENABLE ALWAYS TRIGGER no_row_change;
SELECT guard.close_windows();";

async fn empty_database() -> (String, Client) {
    let name = format!("u{}", Uuid::new_v4().simple());
    let root = connect(&cluster().await.config("postgres", "postgres")).await;
    root.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
        .await
        .expect("a database");
    let superuser = connect(&cluster().await.config("postgres", &name)).await;
    (name, superuser)
}

/// As release 0.1.0 left it.
async fn first_release(folder: &Path) -> (String, Client) {
    let (name, superuser) = empty_database().await;
    superuser.batch_execute(&format!("BEGIN; {} COMMIT;", db::BOOTSTRAP_DATABASE)).await.expect("bootstrap");
    superuser.batch_execute("SELECT guard.open_window('10 minutes', 'test')").await.expect("a window");
    let mut migrator = connect(&cluster().await.config("renkei_migrate", &name)).await;
    db::migrate_up_to(&mut migrator, FIRST_RELEASE).await.expect("the first release's schema");
    superuser.batch_execute(WITHOUT_ROWS_OF_ITS_OWN).await.expect("an empty schema");
    // On a connection of its own: the dump empties search_path. Triggers and references are those that wrote it.
    let loader = connect(&cluster().await.config("postgres", &name)).await;
    loader.batch_execute("SET session_replication_role = replica").await.expect("as a replica");
    loader.batch_execute(DATA).await.expect("the first release's data");
    std::fs::create_dir_all(folder.join("keys")).expect("a folder");
    let key = folder.join("keys/master");
    std::fs::write(&key, KEY).expect("the key");
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("closed");
    (name, superuser)
}

async fn settings(name: &str, folder: &Path) -> Config {
    let socket = cluster().await.socket_dir().display().to_string();
    let url = |role: &str| format!("host={socket} dbname={name} user={role}");
    let mut config = Config::in_folder(folder, ([127, 0, 0, 1], 8080).into());
    config.data = None;
    config.database.verify = url("renkei_verify");
    config
}

const SUM: &str =
    "SELECT count(*), coalesce(string_agg(encode(hash, 'hex'), ',' ORDER BY hash), '') FROM care.post";

async fn posts(superuser: &Client) -> (i64, String) {
    let row = superuser.query_one(SUM, &[]).await.expect("posts");
    (row.get(0), row.get(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_releases_record_verifies_on_the_newest_schema_after_one_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let (name, superuser) = first_release(folder.path()).await;
    let before = posts(&superuser).await;
    assert_eq!(before.0, 3);
    db::bootstrap_database(&superuser).await.expect("what later releases add");
    let migrator = cluster().await.config("renkei_migrate", &name);
    let applied = db::migrate_in_window(&superuser, &migrator, "upgrade").await.expect("one step");
    let later = db::migrations().iter().filter(|m| m.version > FIRST_RELEASE).count();
    assert!(later >= 1 && applied.len() == later, "{applied:?}");
    assert_eq!(posts(&superuser).await, before);
    let config = settings(&name, folder.path()).await;
    let access = cluster().await.config("renkei_verify", &name);
    let report = verify::check(&access, &config, None).await.expect("it runs");
    assert!(report.bad.is_empty(), "{:?}", report.bad);
    assert!(report.records >= 3 && report.streams >= 4, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn upgrade_check_lists_what_is_missing_refuses_without_a_drill_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (name, superuser) = first_release(folder.path()).await;
    let socket = cluster().await.socket_dir().display().to_string();
    let url = |role: &str| format!("{role} = \"host={socket} dbname={name} user=renkei_{role}\"\n");
    let file = folder.path().join("renkei.toml");
    let place = folder.path().display();
    let roles: String = ["app", "auth", "job", "migrate", "verify"].map(url).concat();
    let text = format!(
        "base_url = \"http://localhost:8080\"\nblobs = \"{place}/blobs\"\nmaster_key_file = \"{place}/keys/master\"\n[database]\n{roles}"
    );
    std::fs::write(&file, text).expect("settings");
    let check = |more: &[&str]| {
        let ran = Command::new(env!("CARGO_BIN_EXE_renkei"))
            .arg("upgrade-check")
            .arg("--config")
            .arg(&file)
            .args(more)
            .output();
        let ran = ran.expect("it runs");
        (
            ran.status.success(),
            String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr),
        )
    };
    let versions = "SELECT count(*) FROM care.refinery_schema_history";
    let (refused, said) = check(&[]);
    assert!(!refused && said.contains("V9 operators") && said.contains("nothing was changed"), "{said}");
    let (goes_on, said) = check(&["--accept-risk", "訓練の機械がまだない"]);
    assert!(goes_on && said.contains("訓練の機械がまだない"), "{said}");
    let still: i64 = superuser.query_one(versions, &[]).await.expect("the history").get(0);
    assert_eq!(still, i64::from(FIRST_RELEASE));

    let superuser_url = folder.path().join("superuser");
    std::fs::write(&superuser_url, format!("host={socket} dbname={name} user=postgres\n")).expect("a secret");
    let migrate = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_renkei"));
        command.arg("migrate").arg("--config").arg(&file).arg("--superuser-url-file").arg(&superuser_url);
        let ran = command.output().expect("it runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8_lossy(&ran.stdout).into_owned()
    };
    assert!(migrate().contains("applied V9"));
    assert!(migrate().starts_with("0 migration"));
    let (fine, said) = check(&[]);
    assert!(fine && said.contains("足りない移行はありません"), "{said}");
}
