//! The mail server's pipe: what another server says of a letter, handed to `renkei bounce`.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{World, cluster};

/// As `mail.bounces` in these tests.
pub const BOUNCES: &str = "bounces@example.jp";

pub struct Pipe {
    _folder: tempfile::TempDir,
    url_file: PathBuf,
}

impl Pipe {
    pub async fn to(w: &World) -> Self {
        let socket = cluster().await.socket_dir().display().to_string();
        Self::by(&format!("host={socket} dbname={} user=renkei_bounce\n", w.database))
    }

    /// With this URL.
    pub fn by(url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url_file = folder.path().join("url");
        std::fs::write(&url_file, url).expect("a secret");
        Self { _folder: folder, url_file }
    }

    /// The exit code. It says nothing on any stream that a mail server would put into mail.
    pub fn takes(&self, message: &[u8]) -> i32 {
        self.takes_for(message, None)
    }

    pub fn takes_for(&self, message: &[u8], recipient: Option<&str>) -> i32 {
        let (code, said) = run(message, |command| {
            command.arg("--url-file").arg(&self.url_file).args(recipient);
        });
        assert!(!said.contains('@') && !said.contains("user="), "{said}");
        assert_eq!(said.is_empty(), code != 75, "{said}");
        code
    }
}

/// The same with the settings of a node.
pub fn with_settings(settings: &Path, message: &[u8]) -> i32 {
    run(message, |command| {
        command.arg("--config").arg(settings);
    })
    .0
}

fn run(message: &[u8], with: impl FnOnce(&mut Command)) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_renkei"));
    command.arg("bounce").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    with(&mut command);
    let mut renkei = command.spawn().expect("it runs");
    renkei.stdin.take().expect("a pipe").write_all(message).expect("it reads to the end");
    let ended = renkei.wait_with_output().expect("it ends");
    let said = [ended.stdout, ended.stderr].concat();
    (ended.status.code().expect("no signal"), String::from_utf8(said).expect("UTF-8"))
}

/// A report to this address, from the server of whoever the letter was for.
pub fn report(to: &str, action: &str, status: &str) -> Vec<u8> {
    format!(
        "Return-Path: <>\r\nDelivered-To: {to}\r\nFrom: MAILER-DAEMON@mail.example.com\r\nTo: {to}\r\nSubject: report\r\n\
         Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"cut\"\r\n\r\n\
         --cut\r\nContent-Type: text/plain\r\n\r\nAbout a letter of yours.\r\n\r\n\
         --cut\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example.com\r\n\r\n\
         Final-Recipient: rfc822; somebody@example.com\r\nAction: {action}\r\nStatus: {status}\r\n\r\n--cut--\r\n"
    )
    .into_bytes()
}
