//! `renkei serve` on a PostgreSQL by URL: from an empty database to a first sign-in page, with the commands alone.

use std::{
    io::Write as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::world::{World, cluster};

#[tokio::test(flavor = "multi_thread")]
async fn a_configured_server_enlists_migrates_and_becomes_ready() {
    let w = World::new().await;
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its number").port();
    let file = w.folder.path().join("renkei.toml");
    let folder = cluster().await.socket_dir().display().to_string();
    let url = |role: &str| format!("host={folder} dbname={} user={role}", w.database);
    let text = format!(
        "listen = \"127.0.0.1:{port}\"\nbase_url = \"http://localhost:{port}\"\nblobs = \"{0}/b\"\nmaster_key_file = \"{0}/k/master\"\n[database]\napp = \"{1}\"\nauth = \"{2}\"\njob = \"{3}\"\nmigrate = \"{4}\"\nverify = \"{5}\"\n",
        w.folder.path().display(),
        url("renkei_app"),
        url("renkei_auth"),
        url("renkei_job"),
        url("renkei_migrate"),
        url("renkei_verify")
    );
    std::fs::write(&file, text).expect("a configuration");
    let renkei = || Command::new(env!("CARGO_BIN_EXE_renkei"));
    let migrate = || renkei().args(["migrate", "--config"]).arg(&file).output().expect("it runs");
    let closed = migrate();
    let why = String::from_utf8_lossy(&closed.stderr).into_owned();
    assert!(!closed.status.success() && why.contains("change window"), "{why}");
    w.superuser()
        .await
        .batch_execute("SELECT guard.open_window('10 minutes', 'test')")
        .await
        .expect("a window");
    let open = migrate();
    assert!(open.status.success(), "{}", String::from_utf8_lossy(&open.stderr));
    let mut enlist = renkei()
        .args([
            "enlist",
            "--facility",
            "試験医院",
            "--facility-kana",
            "シケンイイン",
            "--kind",
            "clinic",
            "--login-id",
            "first",
            "--name",
            "試験 花子",
            "--kana",
            "シケン ハナコ",
            "--profession",
            "doctor",
            "--config",
        ])
        .arg(&file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    enlist.stdin.take().expect("a pipe").write_all(b"kagami-nazo-8-fune\n").expect("it reads");
    let enlisted = enlist.wait_with_output().expect("it ends");
    assert!(enlisted.status.success(), "{}", String::from_utf8_lossy(&enlisted.stderr));

    let mut server =
        renkei().args(["serve", "--config"]).arg(&file).stderr(Stdio::null()).spawn().expect("it runs");
    let began = Instant::now();
    let ready = loop {
        if get(port, "/readyz").is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            break true;
        }
        if began.elapsed() > Duration::from_secs(30) {
            break false;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let page = get(port, "/sign-in").unwrap_or_default();
    server.kill().expect("it ends");
    server.wait().expect("it has ended");
    assert!(ready, "ready within half a minute");
    assert!(
        page.starts_with("HTTP/1.1 200")
            && page.contains("サインイン")
            && page.contains("content-security-policy"),
        "{page}"
    );
}

fn get(port: u16, path: &str) -> Option<String> {
    use std::io::Read as _;
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
