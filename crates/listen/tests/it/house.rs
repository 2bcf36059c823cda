//! A port with something behind it, certificates for it, and clients that come to it.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::body::{Body, Frame, Incoming};
use listen::{
    Door, Limits, Peer, Settings, Stats, serve,
    tls_profile::{Identity, Profile, client_config},
};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    PKCS_ECDSA_P256_SHA256,
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

pub const NAME: &str = "renkei.invalid";

/// An authority that nobody trusts unless told to.
pub struct Authority {
    pub certificate: CertificateDer<'static>,
    pub pem: String,
    pub issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            certificate: certificate.der().clone(),
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// Chain and key in one PEM text.
    pub fn leaf(&self, change: impl FnOnce(&mut CertificateParams)) -> (String, Identity) {
        let mut params = CertificateParams::new([NAME.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let identity = Identity {
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        };
        (format!("{}{}", certificate.pem(), key.serialize_pem()), identity)
    }

    pub fn client(&self, identity: Option<Identity>) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        client_config(&Profile::default(), Arc::new(roots), identity).unwrap()
    }
}

pub fn for_clients(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
}

/// Replaces a file whole, 0600, as a careful administrator does.
pub fn put(file: &Path, text: &str) {
    use std::io::Write as _;
    let beside = file.with_extension("new");
    let _ = std::fs::remove_file(&beside);
    let mut new = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).unwrap();
    new.write_all(text.as_bytes()).unwrap();
    std::fs::rename(&beside, file).unwrap();
}

pub fn settings(file: PathBuf) -> Settings {
    Settings {
        profile: Profile::default(),
        certificate: file.clone(),
        key: file,
        names: vec![NAME.to_owned()],
        client_ca: None,
        verifier: None,
        ordered: false,
    }
}

/// A running port.
pub struct House {
    pub address: SocketAddr,
    pub stats: Arc<Stats>,
    stop: watch::Sender<bool>,
    server: JoinHandle<io::Result<()>>,
}

impl House {
    pub async fn open(door: Door, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, door, limits)
    }

    pub fn on(listener: TcpListener, door: Door, limits: Limits) -> Self {
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let stats = Arc::new(Stats::default());
        let server =
            tokio::spawn(serve(listener, door, limits, stats.clone(), tower::service_fn(answer), stopped));
        Self { address, stats, stop, server }
    }

    pub fn stop(&self) {
        self.stop.send(true).unwrap();
    }

    pub async fn ended(self) {
        soon(self.server).await.unwrap().unwrap();
    }

    /// Waits until as many connections are open.
    pub async fn until_open(&self, open: u64) {
        soon(async {
            while self.stats.counts().open != open {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
    }
}

/// Limits under which loopback is counted like everybody.
pub fn limits() -> Limits {
    Limits { unlimited: Vec::new(), ..Limits::default() }
}

async fn answer(
    request: Request<Incoming>,
) -> Result<Response<UnsyncBoxBody<Bytes, Infallible>>, Infallible> {
    let peer = request.extensions().get::<Peer>().expect("every request knows its peer").clone();
    let body = match request.uri().path() {
        "/endless" => Endless.boxed_unsync(),
        "/slow" => {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Full::from("slow").boxed_unsync()
        }
        _ => {
            Full::from(format!("tls {} certificate {}", peer.tls, peer.certificate.is_some())).boxed_unsync()
        }
    };
    Ok(Response::new(body))
}

/// A body without an end.
struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        std::task::Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 16_384])))))
    }
}

/// For what must come, on however busy a machine.
pub async fn soon<F: Future>(what: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(120), what).await.expect("it comes within two minutes")
}

pub async fn tls(address: SocketAddr, config: ClientConfig) -> io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(NAME).unwrap(), tcp).await
}

pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: {NAME}\r\n\r\n")
}

/// Sends bytes and reads one answer with a content length (or to the end), as text.
pub async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), bytes: &str) -> io::Result<String> {
    stream.write_all(bytes.as_bytes()).await?;
    stream.flush().await?;
    soon(read_answer(stream)).await
}

async fn read_answer(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && let Some(length) = head
                .lines()
                .find_map(|l| l.to_lowercase().strip_prefix("content-length: ").map(str::to_owned))
            && body.len() >= length.parse::<usize>().unwrap()
        {
            return Ok(text);
        }
        match stream.read(&mut buffer).await? {
            0 => return Ok(text),
            n => text.push_str(&String::from_utf8_lossy(&buffer[..n])),
        }
    }
}
