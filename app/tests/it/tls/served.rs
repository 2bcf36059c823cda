//! `renkei serve` and `renkei tls-sheet` with real certificates. No database is needed to shake hands.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use rcgen::KeyPair;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tls_profile::{
    Profile, client_config,
    probe::{self, Hello, Reply},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::authority::{Authority, ecdsa, put, rsa_2048};

struct Place {
    folder: tempfile::TempDir,
    authority: Authority,
}

impl Place {
    /// A configuration with a good certificate, which a test may spoil.
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a folder"), authority: Authority::new() };
        let key = ecdsa();
        place.serve_with(&place.authority.certificate("localhost", &key, |_| {}), &key);
        place.configure("");
        // With a key at hand a start asks no database.
        std::fs::create_dir(place.at("k")).expect("a folder");
        envelope::LocalKeyFile::open_or_create(place.at("k/master")).expect("a key");
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn serve_with(&self, certificate: &str, key: &KeyPair) {
        put(&self.at("certificate.pem"), certificate, 0o644);
        put(&self.at("key.pem"), &key.serialize_pem(), 0o600);
    }

    /// Writes the configuration with these lines in its section `[tls]`.
    fn configure(&self, tls: &str) {
        let folder = self.folder.path().display();
        let text = format!(
            "listen = \"127.0.0.1:0\"\nbase_url = \"https://localhost\"\nblobs = \"{folder}/b\"\nmaster_key_file = \"{folder}/k/master\"\n\
             [tls]\ncertificate = \"{folder}/certificate.pem\"\nkey = \"{folder}/key.pem\"\n{tls}\n\
             [database]\napp = \"host=/nowhere user=a\"\nauth = \"host=/nowhere user=a\"\njob = \"host=/nowhere user=a\"\n"
        );
        std::fs::write(self.at("renkei.toml"), text).expect("a configuration");
    }

    fn renkei(&self, command: &str) -> Command {
        let mut renkei = Command::new(env!("CARGO_BIN_EXE_renkei"));
        renkei
            .arg(command)
            .arg("--config")
            .arg(self.at("renkei.toml"))
            .env("RUST_LOG", "renkei=info,listen=info");
        renkei
    }

    fn start(&self) -> Server {
        let mut child =
            self.renkei("serve").stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it runs");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let ready = lines.by_ref().map_while(Result::ok).find(|line| line.contains("\"ready\""));
        let ready = ready.expect("the server becomes ready");
        // What it says later is read away, or a full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        let fields: serde_json::Value = serde_json::from_str(&ready).expect("a log line is JSON");
        let address = fields["fields"]["address"].as_str().expect("its address").parse().expect("an address");
        Server { child, address }
    }

    /// Proves that this start is refused, and why.
    fn refused(&self, why: &str) {
        let output = self.renkei("serve").output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(why), "{why:?} is not in: {said}");
    }

    fn client(&self) -> rustls::ClientConfig {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(self.authority.pem.as_bytes()).expect("PEM"))
            .expect("a root");
        client_config(&Profile::default(), Arc::new(roots), None).expect("a client")
    }
}

struct Server {
    child: Child,
    address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn get(place: &Place, address: SocketAddr, path: &str) -> String {
    let tcp = TcpStream::connect(address).await.expect("the port is open");
    let connector = tokio_rustls::TlsConnector::from(Arc::new(place.client()));
    let name = ServerName::try_from("localhost").expect("a name");
    let mut stream = connector.connect(name, tcp).await.expect("a handshake");
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it is sent");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn offer(address: SocketAddr, hello: &Hello) -> Reply {
    let mut tcp = TcpStream::connect(address).await.expect("the port is open");
    tcp.write_all(&hello.bytes()).await.expect("it is sent");
    let mut first = vec![0; 512];
    let n = tcp.read(&mut first).await.unwrap_or(0);
    probe::read(&first[..n])
}

#[tokio::test]
async fn people_meet_https_with_hsts_and_the_other_headers() {
    let place = Place::new();
    let server = place.start();
    let answer = get(&place, server.address, "/healthz").await.to_lowercase();
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    for header in [
        "strict-transport-security: max-age=63072000; includesubdomains",
        "content-security-policy: default-src 'none'",
        "x-content-type-options: nosniff",
        "x-frame-options: deny",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
    ] {
        assert!(answer.contains(header), "{header} is not in {answer}");
    }
    let mut plain = TcpStream::connect(server.address).await.expect("the port is open");
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("it is sent");
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said).await;
    assert!(!String::from_utf8_lossy(&said).contains("ok"), "nothing is answered in the clear");
}

/// C-01 and C-02 on the running product: every registered suite and group, one at a time, over sockets.
#[tokio::test]
async fn the_running_product_accepts_the_list_exactly() {
    let place = Place::new();
    for (setting, twelve) in [("minimum_version = \"1.2\"", vec![0xc02b, 0xc02c, 0xcca9]), ("", vec![])] {
        place.configure(setting);
        let server = place.start();
        for (version, list) in [
            (probe::TLS10, vec![]),
            (probe::TLS11, vec![]),
            (probe::TLS12, twelve),
            (probe::TLS13, vec![0x1301, 0x1302, 0x1303]),
        ] {
            let mut accepted = Vec::new();
            for suite in probe::registered_suites() {
                if offer(server.address, &Hello::new(version).suites(&[suite])).await.accepted() {
                    accepted.push(suite);
                }
            }
            assert_eq!(accepted, list, "version {version:04x}, {setting}");
        }
        let mut accepted = Vec::new();
        for group in probe::registered_groups() {
            if offer(server.address, &Hello::new(probe::TLS13).groups(&[group])).await.accepted() {
                accepted.push(group);
            }
        }
        assert_eq!(accepted, [0x17, 0x18, 0x1d], "{setting}");
    }
}

/// C-04: OpenSSL asks for a renegotiation in TLS 1.2, which knows one, and is turned away.
#[test]
fn renegotiation_is_impossible() {
    let place = Place::new();
    place.configure("minimum_version = \"1.2\"");
    put(&place.at("root.pem"), &place.authority.pem, 0o644);
    let server = place.start();
    let say = |text: &str| {
        let mut openssl = Command::new("openssl")
            .args(["s_client", "-tls1_2", "-servername", "localhost", "-CAfile"])
            .arg(place.at("root.pem"))
            .args(["-connect", &server.address.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("openssl is installed");
        std::io::Write::write_all(&mut openssl.stdin.take().expect("a pipe"), text.as_bytes())
            .expect("it listens");
        let output = openssl.wait_with_output().expect("it ends");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    let (well, said) = say("Q\n");
    assert!(well && said.contains("Verify return code: 0 (ok)"), "{said}");
    let (well, said) = say("R\nQ\n");
    assert!(!well && said.contains("RENEGOTIATING") && said.contains("no renegotiation"), "{said}");
}

/// C-06.
#[tokio::test]
async fn a_violation_of_the_profile_refuses_to_start() {
    let place = Place::new();
    drop(place.start());
    let (good, weak) = (ecdsa(), rsa_2048());
    let spoil = |certificate: String, key: &KeyPair, why: &str| {
        place.serve_with(&certificate, key);
        place.refused(why);
    };
    let issue = |key: &KeyPair, change: fn(&mut rcgen::CertificateParams)| {
        place.authority.certificate("localhost", key, change)
    };
    spoil(issue(&weak, |_| {}), &weak, "RSA 2048");
    spoil(issue(&good, |p| p.not_after = rcgen::date_time_ymd(2021, 1, 1)), &good, "expired");
    spoil(place.authority.certificate("other.invalid", &good, |_| {}), &good, "not for localhost");
    spoil(issue(&good, |_| {}), &ecdsa(), "does not belong to the certificate");
    sha1(place.folder.path());
    place.refused("not with SHA-256 or stronger");
    place.serve_with(&issue(&good, |_| {}), &good);
    put(&place.at("key.pem"), &good.serialize_pem(), 0o640);
    place.refused("chmod 600");
    put(&place.at("key.pem"), &good.serialize_pem(), 0o600);
    drop(place.start());
}

fn sha1(folder: &Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-sha1",
            "-days",
            "30",
        ])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(folder)
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[test]
fn the_sheet_is_filled_from_the_live_configuration() {
    let place = Place::new();
    let sheet = |json: bool| {
        let mut command = place.renkei("tls-sheet");
        if json {
            command.arg("--json");
        }
        let output = command.output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let strict = sheet(false);
    for line in [
        "TLS_AES_256_GCM_SHA384",
        "P-256、P-384、X25519",
        "ECDSA P-256",
        "max-age=63072000（730日）",
        "[いいえ] クライアント証明書を求める",
    ] {
        assert!(strict.contains(line), "{line} is not in\n{strict}");
    }
    assert!(!strict.contains("TLS_ECDHE"), "TLS 1.2 is off\n{strict}");
    place.configure("minimum_version = \"1.2\"\npost_quantum_reason = \"長く保存する記録のため\"");
    let json: serde_json::Value = serde_json::from_str(&sheet(true)).expect("JSON");
    let rows = json["rows"].as_array().expect("rows");
    let measured = |item: &str| {
        let row =
            rows.iter().find(|r| r["item"].as_str().is_some_and(|i| i.contains(item))).expect("the item");
        row["measured"].as_str().expect("a text").to_owned()
    };
    assert!(measured("TLS 1.2 の暗号スイート").contains("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"));
    assert!(measured("耐量子").contains("長く保存する記録のため"));
}
