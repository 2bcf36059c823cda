//! C-05: where a client certificate is demanded, nobody comes in without a good one.

use listen::{Door, Limits, Live, Settings, tls_profile::Identity};

use crate::house::{Authority, House, ask, for_clients, get, put, settings, tls};

#[tokio::test]
async fn only_a_good_client_certificate_comes_in() {
    let (authority, devices, strangers) = (Authority::new(), Authority::new(), Authority::new());
    let folder = tempfile::tempdir().unwrap();
    let (file, bundle) = (folder.path().join("pair.pem"), folder.path().join("devices.pem"));
    put(&file, &authority.leaf(|_| {}).0);
    put(&bundle, &devices.pem);
    let live = Live::open(Settings { client_ca: Some(bundle.clone()), ..settings(file) }).unwrap();
    let house = House::open(Door::Tls(live.clone()), Limits::default()).await;
    let come = async |identity: Option<Identity>| {
        let mut stream = tls(house.address, authority.client(identity)).await?;
        ask(&mut stream, &get("/")).await.and_then(|answer| {
            if answer.is_empty() { Err(std::io::ErrorKind::UnexpectedEof.into()) } else { Ok(answer) }
        })
    };
    let good = devices.leaf(for_clients).1;
    assert!(come(Some(good.clone())).await.expect("a known device").contains("tls true certificate true"));
    come(None).await.expect_err("no certificate");
    come(Some(strangers.leaf(for_clients).1)).await.expect_err("an unknown authority");
    let old = devices.leaf(|p| {
        for_clients(p);
        p.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    come(Some(old.1)).await.expect_err("an expired certificate");
    let server_only =
        devices.leaf(|p| p.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth]);
    come(Some(server_only.1)).await.expect_err("a certificate for another use");
    assert_eq!(house.stats.counts().handshakes_failed, 4);
    // Another bundle, while the server runs: yesterday's devices stay out.
    put(&bundle, &strangers.pem);
    live.reload();
    come(Some(good)).await.expect_err("an authority that was withdrawn");
    come(Some(strangers.leaf(for_clients).1)).await.expect("its successor");
}
