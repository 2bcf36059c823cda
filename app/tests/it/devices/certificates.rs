//! Device certificates: through the router as the listener would say it, and with real handshakes.

use std::{net::SocketAddr, os::unix::fs::PermissionsExt as _, sync::Arc, time::Duration};

use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use renkei::auth::token;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};
use serde_json::json;
use tls_profile::{Identity, Profile, client_config};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;
use uuid::Uuid;

use super::{policy, set_policy, sign_in, sign_in_by};
use crate::world::{Person, World, browser};

struct Enrolled {
    pem: String,
    key: KeyPair,
    fingerprint: String,
}

fn csr(key: &KeyPair) -> String {
    CertificateParams::default().serialize_request(key).expect("a request").pem().expect("PEM")
}

async fn permission(w: &World, admin: &Person) -> String {
    let path = format!("/api/v1/facilities/{}/device-enrolments", admin.facility.id);
    let body = json!({"client_id": Uuid::new_v4(), "name": "訪問3号機"});
    w.as_(admin).call("POST", &path, body).await.expect(201).json()["token"].as_str().unwrap().to_owned()
}

async fn enrol(w: &World, admin: &Person) -> Enrolled {
    let token = permission(w, admin).await;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
    let body = json!({"token": token, "csr": csr(&key)});
    let made = w.nobody().call("POST", "/api/v1/device-enrolments", body.clone()).await.expect(201).json();
    let pem = made["certificate"].as_str().unwrap().to_owned();
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).expect("PEM");
    let fingerprint = HEXLOWER.encode(&token::sha256(&der));
    // Once is once.
    w.nobody().call("POST", "/api/v1/device-enrolments", body).await.expect(404);
    Enrolled { pem, key, fingerprint }
}

async fn certificate(w: &World, admin: &Person) -> Uuid {
    let path = format!("/api/v1/facilities/{}/device-certificates", admin.facility.id);
    let list = w.as_(admin).get(&path).await.expect(200).json();
    list["items"][0]["id"].as_str().expect("one").parse().expect("an id")
}

async fn revoke(w: &World, admin: &Person) {
    let id = certificate(w, admin).await;
    let path = format!("/api/v1/facilities/{}/device-certificates/{id}", admin.facility.id);
    w.as_(admin).call("DELETE", &path, json!(null)).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_with_a_certificate_is_managed_and_its_session_belongs_to_the_certificate() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (admin, nurse) = (w.admin(clinic, "admin", "clerk").await, w.staff(clinic, "nurse", "nurse").await);
    set_policy(&w, &admin, policy(true, 15, json!(null))).await;
    assert_eq!(
        sign_in(&w, &nurse, "").await.expect(303).headers["location"],
        "/device-waits",
        "without one it waits"
    );
    let device = enrol(&w, &admin).await;
    let answer = sign_in_by(&w, &nurse, "", Some(&device.fingerprint)).await.expect(303);
    assert_eq!(answer.headers["location"], "/");
    let at = Person { token: browser(&answer), ..nurse.clone() };
    w.as_(&at).certified(&device.fingerprint).get("/api/v1/me").await.expect(200);
    // The same two cookies without that certificate, or with another one.
    let other = enrol(&w, &admin).await;
    w.as_(&at).get("/api/v1/me").await.expect(401);
    w.as_(&at).certified(&other.fingerprint).get("/api/v1/me").await.expect(401);
    // What a client says of its own certificate counts for nothing.
    let headers = [("x-renkei-certificate", device.fingerprint.as_str())];
    w.as_(&at).call_with("GET", "/api/v1/me", json!(null), &headers).await.expect(401);
    // A bearer token that was opened by it belongs to it too.
    w.superuser()
        .await
        .execute("UPDATE sec.credential SET totp_last_step = 0", &[])
        .await
        .expect("fresh codes");
    let body =
        json!({"login_id": nurse.login_id, "password": crate::world::PASSWORD, "totp": w.totp_now(&nurse)});
    let opened = w
        .nobody()
        .certified(&device.fingerprint)
        .call("POST", "/api/v1/session", body)
        .await
        .expect(200)
        .json();
    let bearer = Person { token: opened["token"].as_str().unwrap().to_owned(), ..nurse.clone() };
    w.as_(&bearer).certified(&device.fingerprint).get("/api/v1/me").await.expect(200);
    w.as_(&bearer).get("/api/v1/me").await.expect(401);
    // Taken back: out at once, and no way in by it.
    let ids = "SELECT id FROM sec.device_certificate WHERE fingerprint = $1";
    let fingerprint = HEXLOWER.decode(device.fingerprint.as_bytes()).unwrap();
    let id: Uuid = w.superuser().await.query_one(ids, &[&fingerprint]).await.expect("kept").get(0);
    let path = format!("/api/v1/facilities/{}/device-certificates/{id}", clinic.id);
    w.as_(&nurse).call("DELETE", &path, json!(null)).await.expect(401);
    w.as_(&admin).call("DELETE", &path, json!(null)).await.expect(204);
    w.as_(&at).certified(&device.fingerprint).get("/api/v1/me").await.expect(401);
    sign_in_by(&w, &nurse, "", Some(&device.fingerprint)).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn permissions_are_for_one_device_and_one_facility() {
    let w = World::new().await;
    let (clinic, station) = (
        w.facility("clinic", "試験クリニック").await,
        w.facility("visiting_nurse_station", "試験訪問看護").await,
    );
    let (a, b) = (w.admin(clinic, "admin", "clerk").await, w.admin(station, "kango", "nurse").await);
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    let path = format!("/api/v1/facilities/{}/device-enrolments", clinic.id);
    let body = json!({"client_id": Uuid::new_v4(), "name": "一号機"});
    let first = w.as_(&a).call("POST", &path, body.clone()).await.expect(201).json();
    w.as_(&nurse).call("POST", &path, body.clone()).await.expect(403);
    w.as_(&b).call("POST", &path, body.clone()).await.expect(404);
    w.as_(&a)
        .call("POST", &path, json!({"client_id": Uuid::new_v4(), "name": "x", "days": 9999}))
        .await
        .expect(400);
    let page =
        first["url"].as_str().unwrap().strip_prefix("http://localhost:8080").expect("a link").to_owned();
    assert!(w.nobody().get(&page).await.expect(200).text().contains("一号機"));
    // A retry: the first link is worthless, the new one is good.
    let second = w.as_(&a).call("POST", &path, body).await.expect(201).json();
    assert_eq!(second["id"], first["id"]);
    w.nobody().get(&page).await.expect(404);
    let page =
        second["url"].as_str().unwrap().strip_prefix("http://localhost:8080").expect("a link").to_owned();
    let kept = w.nobody().form(&page, &[("csr", "これは違う")]).await.expect(422).text();
    assert!(kept.contains("これは違う") && kept.contains("CSR"), "{kept}");
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
    let made = w.nobody().form(&page, &[("csr", &csr(&key))]).await.expect(200).text();
    assert!(made.contains("BEGIN CERTIFICATE"), "{made}");
    w.nobody().form(&page, &[("csr", &csr(&key))]).await.expect(404);
    // Expired.
    let late = permission(&w, &a).await;
    w.superuser()
        .await
        .execute("UPDATE sec.device_enrolment SET expires_at = now()", &[])
        .await
        .expect("a day later");
    w.nobody()
        .call("POST", "/api/v1/device-enrolments", json!({"token": late, "csr": csr(&key)}))
        .await
        .expect(404);
    // The other facility's admin neither sees nor takes back.
    let id = certificate(&w, &a).await;
    assert_eq!(
        w.as_(&b)
            .get(&format!("/api/v1/facilities/{}/device-certificates", station.id))
            .await
            .expect(200)
            .json()["items"],
        json!([])
    );
    w.as_(&b)
        .call("DELETE", &format!("/api/v1/facilities/{}/device-certificates/{id}", station.id), json!(null))
        .await
        .expect(404);
}

/// The doors for devices of one more node, on real sockets.
struct Served {
    app: renkei::app::Shared,
    doors: renkei::web::listen::Doors,
    root: CertificateDer<'static>,
    _stop: tokio::sync::watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

impl Served {
    async fn on(w: &World) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        let (file, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        std::fs::write(&file, made.cert.pem()).expect("a file");
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("its mode");
        let app = w
            .another_node(|config| {
                config.base_url = "https://localhost".into();
                (config.tls.certificate, config.tls.key) = (file, key);
                config.devices.app_listen = "127.0.0.1:0".into();
                config.devices.app_url = "https://localhost".into();
                config.devices.enrol_listen = "127.0.0.1:0".into();
                config.devices.enrol_url = "https://localhost".into();
            })
            .await;
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let router = renkei::router::router(app.clone());
        let doors = renkei::web::listen::open_for_devices(&app, &router, &stopped).await.expect("they open");
        Self { app, doors, root: made.cert.der().clone(), _stop: stop, _folder: folder }
    }

    async fn connect(
        &self,
        to: SocketAddr,
        device: Option<&Enrolled>,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).expect("a root");
        let identity = device.map(|d| Identity {
            chain: vec![CertificateDer::from_pem_slice(d.pem.as_bytes()).expect("PEM")],
            key: PrivateKeyDer::try_from(d.key.serialize_der()).expect("a key"),
        });
        let config = client_config(&Profile::default(), Arc::new(roots), identity).expect("a client");
        let name = ServerName::try_from("localhost").expect("a name");
        let tcp = TcpStream::connect(to).await?;
        tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await
    }

    fn app(&self) -> SocketAddr {
        self.doors.app.expect("the door for devices")
    }
}

/// The status of one request on an open connection; `None` when the server has hung up.
async fn ask(stream: &mut TlsStream<TcpStream>, path: &str) -> Option<u16> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = vec![0; 64 * 1024];
    let n = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut answer)).await.ok()?.ok()?;
    String::from_utf8_lossy(&answer[..n]).split(' ').nth(1)?.parse().ok()
}

/// Whether a handshake and a first request go through. In TLS 1.3 a refused certificate shows at the first read.
async fn comes_in(served: &Served, device: Option<&Enrolled>) -> bool {
    match served.connect(served.app(), device).await {
        Ok(mut stream) => ask(&mut stream, "/healthz").await == Some(StatusCode::OK.as_u16()),
        Err(_) => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_for_devices_takes_their_certificates_until_they_are_taken_back() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let admin = w.admin(clinic, "admin", "clerk").await;
    let device = enrol(&w, &admin).await;
    let served = Served::on(&w).await;
    assert!(comes_in(&served, Some(&device)).await, "with a certificate");
    assert!(!comes_in(&served, None).await, "without one");
    // Of another authority.
    let stranger = {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
        let pem = CertificateParams::default().self_signed(&key).expect("a certificate").pem();
        Enrolled { pem, key, fingerprint: String::new() }
    };
    assert!(!comes_in(&served, Some(&stranger)).await, "of nobody we know");
    // The door for enrolling answers nothing else, and asks for no certificate.
    let mut open = served.connect(served.doors.enrol.expect("the door"), None).await.expect("a handshake");
    assert_eq!(ask(&mut open, "/sign-in").await, Some(404));
    let link = format!("/device-enrolment/{}", permission(&w, &admin).await);
    let mut open = served.connect(served.doors.enrol.expect("the door"), None).await.expect("a handshake");
    assert_eq!(ask(&mut open, &link).await, Some(200));

    // Taken back on another node: known here after the next look, for open connections too.
    let mut kept = served.connect(served.app(), Some(&device)).await.expect("a handshake");
    assert_eq!(ask(&mut kept, "/healthz").await, Some(200));
    revoke(&w, &admin).await;
    served.app.devices.look(&served.app).await.expect("the look that comes every 15 s");
    assert_eq!(ask(&mut kept, "/healthz").await, Some(401), "an open connection");
    assert!(!comes_in(&served, Some(&device)).await, "a new handshake");
}
