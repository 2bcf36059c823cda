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

/// A disk of two megabytes. Its mount lives in a namespace of a child, and is reached through that child.
pub struct SmallDisk {
    keeper: Child,
    path: std::path::PathBuf,
    _dir: TempDir,
}

impl SmallDisk {
    pub fn mount() -> Self {
        let dir = TempDir::new().expect("a folder");
        let script = "mount -t tmpfs -o size=2m none \"$1\" && touch \"$1/ready\" && exec sleep 600";
        let keeper = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
            .arg(dir.path())
            .spawn()
            .expect("unshare is there");
        let path = Path::new("/proc")
            .join(keeper.id().to_string())
            .join("root")
            .join(dir.path().strip_prefix("/").expect("an absolute path"));
        for _ in 0..200 {
            if path.join("ready").exists() {
                std::fs::remove_file(path.join("ready")).expect("the mark");
                return Self { keeper, path, _dir: dir };
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("this test needs user namespaces");
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}
