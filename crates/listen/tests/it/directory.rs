//! A small ACME authority (RFC 8555): nonces once each, JWS signatures verified, the challenge of RFC 8737 looked at by
//! really connecting, certificates issued from the CSR's key.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::{digest, signature};
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use listen::{Door, Limits, Live, Stats, serve};
use rcgen::CertificateSigningRequestParams;
use rustls::{
    ClientConfig,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

use crate::house::{Authority, put, settings};

/// What the authority remembers.
#[derive(Default)]
struct Book {
    nonces: HashSet<String>,
    next: u64,
    /// Account's JWK by its URL.
    accounts: HashMap<String, Value>,
    /// Names of an order, whether its challenge was passed, and the certificate.
    orders: Vec<Entry>,
}

struct Entry {
    names: Vec<String>,
    status: &'static str,
    chain: Option<String>,
}

/// The authority, running.
pub struct Directory {
    pub authority: Authority,
    /// Of the authority's own web server.
    pub web: Authority,
    pub address: SocketAddr,
    /// Where the names that it is asked about really lead.
    target: SocketAddr,
    /// Seconds that a certificate lives.
    life: i64,
    book: Mutex<Book>,
}

impl Directory {
    pub async fn open(folder: &std::path::Path, target: SocketAddr, life: i64) -> Arc<Self> {
        let web = Authority::new();
        let file = folder.join("directory.pem");
        put(&file, &web.leaf(|p| *p = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap()).0);
        let settings = listen::Settings { names: vec!["localhost".into()], ..settings(file) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let directory = Arc::new(Self {
            authority: Authority::new(),
            web,
            address,
            target,
            life,
            book: Mutex::default(),
        });
        let me = directory.clone();
        let service = tower::service_fn(move |request| me.clone().answer(request));
        let door = Door::Tls(Live::open(settings).unwrap());
        let (keep, stop) = tokio::sync::watch::channel(false);
        tokio::spawn(async move {
            let _keep = keep;
            serve(listener, door, Limits::default(), Arc::new(Stats::default()), service, stop).await
        });
        directory
    }

    pub fn url(&self) -> String {
        self.at("directory")
    }

    pub fn issued(&self) -> usize {
        self.book.lock().unwrap().orders.iter().filter(|o| o.chain.is_some()).count()
    }

    pub fn accounts(&self) -> usize {
        self.book.lock().unwrap().accounts.len()
    }

    fn at(&self, path: &str) -> String {
        format!("https://localhost:{}/{path}", self.address.port())
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let path = request.uri().path().trim_start_matches('/').to_owned();
        let body = request.into_body().collect().await.map(|b| b.to_bytes()).unwrap_or_default();
        let mut response = match path.as_str() {
            "directory" => reply(
                200,
                &json!({
                    "newNonce": self.at("nonce"), "newAccount": self.at("account"), "newOrder": self.at("order"),
                    "revokeCert": self.at("revoke"), "keyChange": self.at("key"),
                }),
            ),
            "nonce" => reply(200, &json!({})),
            _ => match self.signed(&path, &body) {
                Ok((account, payload)) => self.act(&path, &account, &payload).await,
                Err(kind) => {
                    reply(400, &json!({"type": format!("urn:ietf:params:acme:error:{kind}"), "detail": kind}))
                }
            },
        };
        let mut book = self.book.lock().unwrap();
        book.next += 1;
        let nonce = BASE64URL_NOPAD.encode(format!("nonce {}", book.next).as_bytes());
        response.headers_mut().insert("replay-nonce", nonce.parse().unwrap());
        book.nonces.insert(nonce);
        Ok(response)
    }

    /// Checks nonce, URL and signature; the account's URL (with its key in the book) and the payload.
    fn signed(&self, path: &str, body: &[u8]) -> Result<(String, Value), &'static str> {
        let jws: Value = serde_json::from_slice(body).map_err(|_| "malformed")?;
        let part = |name: &str| jws[name].as_str().ok_or("malformed");
        let (protected, payload) = (part("protected")?, part("payload")?);
        let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| "malformed");
        let header: Value = serde_json::from_slice(&decode(protected)?).map_err(|_| "malformed")?;
        let mut book = self.book.lock().unwrap();
        if !book.nonces.remove(header["nonce"].as_str().unwrap_or_default()) {
            return Err("badNonce");
        }
        if header["url"] != self.at(path) || header["alg"] != "ES256" {
            return Err("unauthorized");
        }
        let (account, jwk) = match header["kid"].as_str() {
            Some(kid) => (kid.to_owned(), book.accounts.get(kid).cloned().ok_or("accountDoesNotExist")?),
            None => (self.at(&format!("account/{}", thumbprint(&header["jwk"]))), header["jwk"].clone()),
        };
        let mut point = vec![4];
        for coordinate in ["x", "y"] {
            point.extend(decode(jwk[coordinate].as_str().ok_or("badPublicKey")?)?);
        }
        signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
            .verify(format!("{protected}.{payload}").as_bytes(), &decode(part("signature")?)?)
            .map_err(|_| "unauthorized")?;
        if path == "account" {
            book.accounts.insert(account.clone(), jwk);
        }
        let payload = decode(payload)?;
        Ok((
            account,
            if payload.is_empty() {
                Value::Null
            } else {
                serde_json::from_slice(&payload).map_err(|_| "malformed")?
            },
        ))
    }

    async fn act(&self, path: &str, account: &str, payload: &Value) -> Response<Full<Bytes>> {
        let (verb, number) = path.split_once('/').unwrap_or((path, "0"));
        let n: usize = number.parse().unwrap_or_default();
        match verb {
            "account" => located(reply(201, &json!({"status": "valid"})), account),
            "order" if path == "order" => {
                let names = payload["identifiers"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|i| i["value"].as_str().unwrap().to_owned());
                let mut book = self.book.lock().unwrap();
                book.orders.push(Entry { names: names.collect(), status: "pending", chain: None });
                let n = book.orders.len() - 1;
                located(reply(201, &self.order(&book, n)), &self.at(&format!("order/{n}")))
            }
            "order" => reply(200, &self.order(&self.book.lock().unwrap(), n)),
            "authorization" => reply(200, &self.authorization(n)),
            "challenge" => {
                let (key, name) = {
                    let book = self.book.lock().unwrap();
                    (thumbprint(&book.accounts[account]), book.orders[n].names[0].clone())
                };
                let passed = self.look(&name, &format!("{}.{key}", token(n))).await;
                self.book.lock().unwrap().orders[n].status = if passed { "ready" } else { "invalid" };
                reply(200, &self.authorization(n)["challenges"][0])
            }
            "finalize" => {
                let csr = BASE64URL_NOPAD.decode(payload["csr"].as_str().unwrap().as_bytes()).unwrap();
                let chain = self.issue(csr);
                let mut book = self.book.lock().unwrap();
                assert_eq!(
                    book.orders[n].status, "ready",
                    "nothing is issued before the challenge was passed"
                );
                book.orders[n].status = "valid";
                book.orders[n].chain = Some(chain);
                reply(200, &self.order(&book, n))
            }
            "certificate" => {
                Response::new(Full::from(self.book.lock().unwrap().orders[n].chain.clone().unwrap()))
            }
            _ => reply(404, &json!({"type": "urn:ietf:params:acme:error:malformed"})),
        }
    }

    fn order(&self, book: &Book, n: usize) -> Value {
        let order = &book.orders[n];
        let names: Vec<_> = order.names.iter().map(|n| json!({"type": "dns", "value": n})).collect();
        let certificate = order.chain.as_ref().map(|_| self.at(&format!("certificate/{n}")));
        json!({
            "status": order.status, "identifiers": names, "authorizations": [self.at(&format!("authorization/{n}"))],
            "finalize": self.at(&format!("finalize/{n}")), "certificate": certificate,
        })
    }

    fn authorization(&self, n: usize) -> Value {
        let book = self.book.lock().unwrap();
        let status = match book.orders[n].status {
            "ready" => "valid",
            other => other,
        };
        json!({
            "status": status, "identifier": {"type": "dns", "value": book.orders[n].names[0]},
            "challenges": [{"type": "tls-alpn-01", "url": self.at(&format!("challenge/{n}")), "token": token(n), "status": status}],
        })
    }

    /// RFC 8737: the right protocol, one certificate for the name, and the digest in its extension.
    async fn look(&self, name: &str, authorization: &str) -> bool {
        let mut config =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anyone))
                .with_no_client_auth();
        config.alpn_protocols = vec![b"acme-tls/1".to_vec()];
        let Ok(tcp) = TcpStream::connect(self.target).await else { return false };
        let server = ServerName::try_from(name.to_owned()).unwrap();
        let Ok(stream) = TlsConnector::from(Arc::new(config)).connect(server, tcp).await else {
            return false;
        };
        let session = stream.get_ref().1;
        if session.alpn_protocol() != Some(b"acme-tls/1") {
            return false;
        }
        let Some([certificate]) = session.peer_certificates() else { return false };
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).unwrap();
        let names = parsed.subject_alternative_name().unwrap().unwrap().value.general_names.clone();
        let wanted =
            [vec![4, 32], digest::digest(&digest::SHA256, authorization.as_bytes()).as_ref().to_vec()]
                .concat();
        let extension = parsed.extensions().iter().find(|e| e.oid.to_id_string() == "1.3.6.1.5.5.7.1.31");
        names == [x509_parser::extensions::GeneralName::DNSName(name)]
            && extension.is_some_and(|e| e.critical && e.value == wanted)
    }

    /// Signs the CSR's key and names, for as long as this authority's certificates live.
    fn issue(&self, csr: Vec<u8>) -> String {
        let mut request =
            CertificateSigningRequestParams::from_der(&csr.into()).expect("a CSR that is signed by its key");
        let now = std::time::SystemTime::now();
        request.params.not_before = (now - Duration::from_secs(1)).into();
        request.params.not_after = (now + Duration::from_secs(self.life.unsigned_abs())).into();
        request.signed_by(&self.authority.issuer).unwrap().pem()
    }
}

fn token(n: usize) -> String {
    format!("token-{n}")
}

/// RFC 7638, for a key on P-256.
fn thumbprint(jwk: &Value) -> String {
    let canonical =
        format!(r#"{{"crv":{},"kty":{},"x":{},"y":{}}}"#, jwk["crv"], jwk["kty"], jwk["x"], jwk["y"]);
    BASE64URL_NOPAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref())
}

fn reply(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(Full::from(body.to_string())).unwrap()
}

fn located(mut response: Response<Full<Bytes>>, place: &str) -> Response<Full<Bytes>> {
    response.headers_mut().insert("location", place.parse().unwrap());
    response
}

/// An authority looks at a challenge without trusting anybody: what counts stands in the certificate.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.3 is enough".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        // Not by webpki: it refuses the critical extension that this is all about.
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).expect("a certificate");
        let point = &parsed.public_key().subject_public_key.data;
        assert_eq!(signed.scheme, rustls::SignatureScheme::ECDSA_NISTP256_SHA256);
        signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, point)
            .verify(message, signed.signature())
            .map(|()| HandshakeSignatureValid::assertion())
            .map_err(|_| rustls::Error::General("not signed by the certificate's key".into()))
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
