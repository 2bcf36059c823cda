use std::process::Stdio;

use tempfile::TempDir;
use tokio::{net::TcpListener, process::Child, process::Command};

use super::*;

/// The harmless test string that every scanner agrees to find, put together here so that this source file
/// is not itself found.
fn eicar() -> Vec<u8> {
    [r"X5O!P%@AP[4\PZX54(P^)7CC)7}", "$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!", "$H+H*"]
        .concat()
        .into_bytes()
}

/// A clamd of our own with one hand-made signature; it ends with the test.
struct Clamd {
    _process: Child,
    dir: TempDir,
}

impl Clamd {
    async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("signatures")).unwrap();
        let hex: String = eicar().iter().map(|byte| format!("{byte:02x}")).collect();
        std::fs::write(at("signatures/test.ndb"), format!("Test.Eicar:0:*:{hex}\n")).unwrap();
        let settings = format!(
            "Foreground yes\nDatabaseDirectory {}\nLocalSocket {}\nTemporaryDirectory {}\n\
             StreamMaxLength 1M\nMaxFileSize 1M\nAlertExceedsMax yes\n",
            at("signatures").display(),
            at("clamd.socket").display(),
            dir.path().display(),
        );
        std::fs::write(at("clamd.conf"), settings).unwrap();
        let process = Command::new("clamd")
            .arg("--config-file")
            .arg(at("clamd.conf"))
            .env("PATH", "/usr/sbin:/usr/bin")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("these tests need the Debian package clamav-daemon");
        let clamd = Self { _process: process, dir };
        let ready = async {
            while !clamd.scanner().is_up().await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_secs(60), ready).await.expect("clamd starts within a minute");
        clamd
    }

    fn scanner(&self) -> Scanner {
        Scanner::Clamd(Address::Unix(self.dir.path().join("clamd.socket")))
    }
}

#[tokio::test]
async fn a_real_clamd_finds_the_test_string() {
    let clamd = Clamd::start().await;
    let scanner = clamd.scanner();
    assert_eq!(scanner.scan(b"an ordinary letter").await, Verdict::Clean);
    let infected = Verdict::Infected("Test.Eicar.UNOFFICIAL".to_owned());
    assert_eq!(scanner.scan(&eicar()).await, infected);
    let inside = [&vec![b'.'; 200_000][..], &eicar(), &vec![b'.'; 200_000]].concat();
    assert_eq!(scanner.scan(&inside).await, infected);
    let too_large = scanner.scan(&vec![b'.'; 8 << 20]).await;
    assert_eq!(too_large, Verdict::Unavailable(Reason::TooLarge));
    assert_eq!(scanner.scan(b"").await, Verdict::Clean);
}

#[tokio::test]
async fn without_a_scanner_nothing_is_called_clean() {
    assert_eq!(Scanner::None.scan(&eicar()).await, Verdict::Unscanned);
    let dir = TempDir::new().unwrap();
    let gone = Scanner::Clamd(Address::Unix(dir.path().join("none.socket")));
    assert_eq!(gone.scan(b"x").await, Verdict::Unavailable(Reason::Unreachable));
    assert!(!gone.is_up().await);
}

#[tokio::test]
async fn a_scanner_that_never_answers_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let scanner = Scanner::Clamd(Address::Tcp(silent.local_addr().unwrap().to_string()));
    let verdict = scanner.scan_within(b"x", Duration::from_millis(200)).await;
    assert_eq!(verdict, Verdict::Unavailable(Reason::TimedOut));
}

#[test]
fn answers_are_read_strictly() {
    let table = [
        ("stream: OK\0", Verdict::Clean),
        ("stream: Win.Test FOUND\0", Verdict::Infected("Win.Test".to_owned())),
        ("stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0", Verdict::Unavailable(Reason::TooLarge)),
        ("INSTREAM size limit exceeded. ERROR\0", Verdict::Unavailable(Reason::TooLarge)),
        ("stream: Can't allocate memory ERROR\0", Verdict::Unavailable(Reason::Failed)),
        ("stream: NOT OK", Verdict::Unavailable(Reason::Failed)),
        ("", Verdict::Unavailable(Reason::Failed)),
    ];
    for (answer, expected) in table {
        assert_eq!(verdict(answer), expected, "{answer}");
    }
}
