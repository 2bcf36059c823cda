//! Checks that read files: proven well, then provoked. Those of the database stand in `app/tests/it/doctor.rs`.

use std::{os::unix::fs::PermissionsExt, path::Path};

use super::*;
use crate::config::Config;

/// A made-up machine in a folder, as a careful admin would leave it.
fn machine() -> (tempfile::TempDir, Site) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    for part in ["etc/ssh/sshd_config.d", "proc/net", "data/keys", "data/blobs"] {
        std::fs::create_dir_all(root.join(part)).expect("a folder");
    }
    write(
        root,
        "etc/ssh/sshd_config",
        "# PasswordAuthentication yes\nInclude /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n",
    );
    write(
        root,
        "etc/ssh/sshd_config.d/10.conf",
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\n",
    );
    write(
        root,
        "proc/net/tcp",
        "sl local rem st\n 0: 0100007F:1F90 00000000:0000 0A 0\n 1: 00000000:0016 00000000:0000 0A 0\n 2: 0100007F:1538 00000000:0000 0A 0\n",
    );
    write(root, "data/keys/master", "not a key, but a file\n");
    let mode = |path: &str, mode| {
        std::fs::set_permissions(root.join(path), std::fs::Permissions::from_mode(mode))
            .expect("permissions");
    };
    mode("data", 0o711);
    mode("data/keys", 0o700);
    mode("data/blobs", 0o700);
    mode("data/keys/master", 0o600);
    let config = Config::in_folder(&root.join("data"), ([127, 0, 0, 1], 8080).into());
    let site = Site { place: root.join("data"), file: None, config: Ok(config), root: root.to_owned() };
    (folder, site)
}

fn write(root: &Path, file: &str, text: &str) {
    std::fs::write(root.join(file), text).expect("a file");
}

/// The worst state of all findings of this name.
#[track_caller]
fn state(findings: &[Finding], name: &str) -> State {
    findings
        .iter()
        .filter(|f| f.name == name)
        .map(|f| f.state)
        .max()
        .unwrap_or_else(|| panic!("no finding {name}"))
}

#[tokio::test]
async fn a_password_that_opens_a_shell_is_a_warning() {
    let (folder, site) = machine();
    assert_eq!(state(&sshd::check(&site).await, "password"), State::Ok);
    assert_eq!(state(&sshd::check(&site).await, "root"), State::Ok);
    // The first value counts: what stands in the included file wins over a later line.
    write(
        folder.path(),
        "etc/ssh/sshd_config.d/05.conf",
        "PasswordAuthentication yes\nPermitRootLogin yes\n",
    );
    assert_eq!(state(&sshd::check(&site).await, "password"), State::Warning);
    assert_eq!(state(&sshd::check(&site).await, "root"), State::Warning);
    write(folder.path(), "etc/ssh/sshd_config.d/01.conf", "AuthenticationMethods publickey,password\n");
    assert_eq!(state(&sshd::check(&site).await, "password"), State::Ok);
    std::fs::remove_file(folder.path().join("etc/ssh/sshd_config")).expect("it was there");
    assert_eq!(state(&sshd::check(&site).await, "password"), State::Ok);
}

#[tokio::test]
async fn an_undeclared_door_is_bad_and_a_declared_one_is_not() {
    let (folder, mut site) = machine();
    assert_eq!(state(&ports::check(&site).await, "declared"), State::Ok);
    assert_eq!(state(&ports::check(&site).await, "serving"), State::Ok);
    write(folder.path(), "proc/net/tcp6", "sl\n 0: 00000000000000000000000000000000:1538 0:0 0A 0\n");
    assert_eq!(state(&ports::check(&site).await, "declared"), State::Bad);
    site.config.as_mut().expect("settings").host.ports.push(5432);
    assert_eq!(state(&ports::check(&site).await, "declared"), State::Ok);
    write(folder.path(), "proc/net/tcp", "sl\n");
    assert_eq!(state(&ports::check(&site).await, "serving"), State::Warning);
}

#[tokio::test]
async fn files_that_others_can_read_are_bad() {
    let (folder, site) = machine();
    let findings = configuration::check(&site).await;
    assert!(findings.iter().all(|f| f.state == State::Ok), "{findings:?}");
    for (path, mode, name) in [
        ("data/keys/master", 0o640, "key_rights"),
        ("data/keys", 0o750, "key_folder_rights"),
        ("data/blobs", 0o705, "blobs_rights"),
        ("data", 0o755, "data_rights"),
    ] {
        let path = folder.path().join(path);
        let before = std::fs::metadata(&path).expect("it is there").permissions();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("permissions");
        assert_eq!(state(&configuration::check(&site).await, name), State::Bad, "{name}");
        std::fs::set_permissions(&path, before).expect("permissions");
        assert_eq!(state(&configuration::check(&site).await, name), State::Ok, "{name}");
    }
}

#[tokio::test]
async fn settings_that_do_not_parse_are_bad_and_the_rest_goes_on() {
    let (_folder, mut site) = machine();
    assert_eq!(state(&configuration::check(&site).await, "parses"), State::Ok);
    site.config = Config::parse("nonsense = 1", std::iter::empty());
    let report = examine(&site).await;
    assert_eq!(report.count(State::Bad), 1, "{}", report.text(Language::En, false));
    assert!(report.text(Language::Ja, false).contains("[要対応] 設定"));
}

#[test]
fn whatever_is_not_well_says_how_to_mend_it() {
    let fix = words!("直す", "mend");
    let bad = Finding::bad("x", "/etc/x", words!("だめ", "bad"), fix);
    let subjects = vec![Subject { name: "x", ja: "例", en: "example", findings: vec![bad] }];
    let report = Report { place: "here".into(), at: jiff::Timestamp::UNIX_EPOCH, subjects };
    let text = report.text(Language::En, false);
    assert!(text.contains("[bad]") && text.contains("/etc/x") && text.contains("mend"), "{text}");
    let json = serde_json::to_value(&report).expect("it serialises");
    assert_eq!(json["subjects"][0]["findings"][0]["state"], "bad");
}
