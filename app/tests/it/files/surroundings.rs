//! A scanner and a disk of the test's own.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use intake::scan::{Address, Scanner};
use tempfile::TempDir;

use super::made::eicar;

/// A clamd with one hand-made signature; it ends with the test.
pub struct Clamd {
    process: Child,
    dir: TempDir,
}

impl Clamd {
    pub async fn start() -> Self {
        let dir = TempDir::new().expect("a folder");
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("signatures")).expect("a folder");
        let hex: String = eicar().iter().map(|byte| format!("{byte:02x}")).collect();
        std::fs::write(at("signatures/test.ndb"), format!("Test.Eicar:0:*:{hex}\n")).expect("a signature");
        let settings = format!(
            "Foreground yes\nDatabaseDirectory {}\nLocalSocket {}\nTemporaryDirectory {}\n\
             StreamMaxLength 10M\nMaxFileSize 10M\nAlertExceedsMax yes\n",
            at("signatures").display(),
            at("clamd.socket").display(),
            dir.path().display(),
        );
        std::fs::write(at("clamd.conf"), settings).expect("settings");
        let process = Command::new("clamd")
            .arg("--config-file")
            .arg(at("clamd.conf"))
            .env("PATH", "/usr/sbin:/usr/bin")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("this test needs the Debian package clamav-daemon");
        let clamd = Self { process, dir };
        let scanner = Scanner::Clamd(Address::Unix(clamd.dir.path().join("clamd.socket")));
        let ready = async {
            while !scanner.is_up().await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), ready).await.expect("clamd starts within a minute");
        clamd
    }

    /// As the configuration names it.
    pub fn setting(&self) -> String {
        format!("unix:{}", self.dir.path().join("clamd.socket").display())
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a test of this binary again where `folder` is a disk of two megabytes, and says whether it passed. The mount
/// lives in a namespace of the child's own and ends with it.
pub fn again_on_a_small_disk(test: &str, folder: &Path, marker: &str) -> bool {
    let mount = "mount -t tmpfs -o size=2m,mode=0755 none \"$0\" && exec \"$@\"";
    let mut child = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        child.args(["--user", "--map-current-user", "--keep-caps"]);
    }
    let child = child.args(["--mount", "sh", "-c", mount]).arg(folder);
    let child =
        child.arg(std::env::current_exe().expect("this binary")).args([test, "--exact", "--nocapture"]);
    child.env(marker, folder).status().expect("unshare is there").success()
}
