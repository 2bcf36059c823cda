//! A certificate is replaced while people work.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use listen::{Door, Limits, Live};

use crate::house::{Authority, House, ask, get, put, settings, soon, tls};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_lost_while_the_certificate_changes() {
    let authority = Arc::new(Authority::new());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.pem");
    put(&file, &authority.leaf(|_| {}).0);
    let live = Live::open(settings(file.clone())).unwrap();
    let watch = tokio::spawn(live.clone().watch(Duration::from_millis(20)));
    let house = House::open(Door::Tls(live.clone()), Limits::default()).await;
    let (done, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..4)
        .map(|n| {
            let (authority, done, answered, address) =
                (authority.clone(), done.clone(), answered.clone(), house.address);
            tokio::spawn(async move {
                let mut stream = tls(address, authority.client(None)).await.expect("a handshake");
                while !done.load(SeqCst) {
                    // Half of them come anew every time, half keep their connection through all changes.
                    if n % 2 == 0 {
                        stream = tls(address, authority.client(None)).await.expect("a handshake");
                    }
                    let answer = ask(&mut stream, &get("/")).await.expect("an answer");
                    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                    answered.fetch_add(1, SeqCst);
                }
            })
        })
        .collect();
    for _ in 0..10 {
        let before = live.status().facts.unwrap().fingerprint;
        let asked = answered.load(SeqCst);
        put(&file, &authority.leaf(|_| {}).0);
        soon(async {
            while live.status().facts.unwrap().fingerprint == before || answered.load(SeqCst) < asked + 8 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
    done.store(true, SeqCst);
    for client in clients {
        client.await.expect("no client lost a request");
    }
    assert_eq!(house.stats.counts().handshakes_failed, 0);
    watch.abort();
}

#[tokio::test]
async fn a_bad_new_file_leaves_the_old_certificate_and_is_reported() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.pem");
    put(&file, &authority.leaf(|_| {}).0);
    let live = Live::open(settings(file.clone())).unwrap();
    let house = House::open(Door::Tls(live.clone()), Limits::default()).await;
    let works = async || {
        ask(&mut tls(house.address, authority.client(None)).await.unwrap(), &get("/")).await.unwrap()
    };
    let first = live.status().facts.unwrap().fingerprint;
    let spoiled = [
        ("half a file".to_owned(), "no BEGIN CERTIFICATE"),
        (authority.leaf(|p| p.not_after = rcgen::date_time_ymd(2021, 1, 1)).0, "expired"),
        (authority.leaf(|p| p.subject_alt_names.clear()).0, "is not for renkei.invalid"),
    ];
    for (text, why) in spoiled {
        put(&file, &text);
        live.reload();
        let status = live.status();
        assert!(status.trouble.as_ref().is_some_and(|t| t.contains(why)), "{:?}", status.trouble);
        assert_eq!(status.facts.unwrap().fingerprint, first);
        assert!(works().await.starts_with("HTTP/1.1 200"));
    }
    put(&file, &authority.leaf(|_| {}).0);
    live.reload();
    assert!(live.status().trouble.is_none() && live.status().facts.unwrap().fingerprint != first);
    assert!(works().await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_certificate_that_came_before_anybody_watched_is_noticed() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.pem");
    put(&file, &authority.leaf(|_| {}).0);
    let live = Live::open(settings(file.clone())).unwrap();
    let before = live.status().facts.unwrap().fingerprint;
    put(&file, &authority.leaf(|_| {}).0);
    assert_eq!(live.status().facts.unwrap().fingerprint, before, "nobody has looked yet");
    let watch = tokio::spawn(live.clone().watch(Duration::from_millis(20)));
    soon(async {
        while live.status().facts.unwrap().fingerprint == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    watch.abort();
}
