//! Certificates from an ACME authority: ordered, served, renewed, kept over a restart.

use std::{os::unix::fs::PermissionsExt as _, path::Path, sync::Arc, time::Duration};

use listen::{Door, Limits, Live, Settings, acme};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    directory::Directory,
    house::{House, NAME, ask, get, settings, soon, tls},
};

struct Scene {
    folder: tempfile::TempDir,
    house: House,
    live: Arc<Live>,
    directory: Arc<Directory>,
    keeper: JoinHandle<()>,
}

fn order(folder: &Path, directory: &Directory) -> acme::Order {
    acme::Order {
        directory: directory.url(),
        contact: vec!["mailto:admin@renkei.invalid".into()],
        domains: vec![NAME.into()],
        folder: folder.join("acme"),
    }
}

/// A port without a certificate, an authority that issues for `life` seconds, and the keeper between them.
async fn scene(life: i64) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let directory = Directory::open(folder.path(), listener.local_addr().unwrap(), life).await;
    let order = order(folder.path(), &directory);
    let live = Live::open(Settings { ordered: true, ..settings(order.file()) }).expect("it may come later");
    let house = House::on(listener, Door::Tls(live.clone()), Limits::default());
    let keeper = tokio::spawn(acme::keep(live.clone(), order, directory.web.client(None)));
    Scene { folder, house, live, directory, keeper }
}

impl Scene {
    /// Waits for a certificate other than this one; its fingerprint.
    async fn another_than(&self, old: &str) -> String {
        soon(async {
            loop {
                let status = self.live.status();
                assert!(status.trouble.is_none(), "{:?}", status.trouble);
                match status.facts {
                    Some(facts) if facts.fingerprint != old => return facts.fingerprint,
                    _ => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        })
        .await
    }

    async fn works(&self) -> bool {
        let mut stream =
            tls(self.house.address, self.directory.authority.client(None)).await.expect("a trusted chain");
        ask(&mut stream, &get("/")).await.unwrap().starts_with("HTTP/1.1 200")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_ordered_and_kept() {
    let scene = scene(90 * 24 * 60 * 60).await;
    assert!(scene.live.config().is_none(), "nothing is served before there is a certificate");
    let fingerprint = scene.another_than("").await;
    assert!(scene.works().await);
    assert_eq!((scene.directory.issued(), scene.directory.accounts()), (1, 1));
    let order = order(scene.folder.path(), &scene.directory);
    for secret in [order.file(), order.folder.join("account.json")] {
        assert_eq!(
            std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            secret.display()
        );
    }
    // A restart serves what it has and orders nothing.
    scene.keeper.abort();
    let again = Live::open(Settings { ordered: true, ..settings(order.file()) }).unwrap();
    assert_eq!(again.status().facts.unwrap().fingerprint, fingerprint);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_lived_certificate_is_renewed_by_the_same_account() {
    let scene = scene(30).await;
    let first = scene.another_than("").await;
    let second = scene.another_than(&first).await;
    assert!(scene.works().await);
    assert_ne!(first, second);
    assert!(scene.directory.issued() >= 2);
    assert_eq!(scene.directory.accounts(), 1);
    scene.keeper.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_order_is_reported_and_nothing_is_served() {
    let folder = tempfile::tempdir().unwrap();
    // The name leads somewhere else: a port that is closed.
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let directory = Directory::open(folder.path(), elsewhere, 3600).await;
    let order = order(folder.path(), &directory);
    let live = Live::open(Settings { ordered: true, ..settings(order.file()) }).unwrap();
    let keeper = tokio::spawn(acme::keep(live.clone(), order, directory.web.client(None)));
    let trouble = soon(async {
        loop {
            match live.status().trouble {
                Some(trouble) => return trouble,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    })
    .await;
    assert!(trouble.contains("no certificate from the ACME authority"), "{trouble}");
    assert!(live.config().is_none() && directory.issued() == 0);
    keeper.abort();
}
