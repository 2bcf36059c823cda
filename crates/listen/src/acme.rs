//! Certificates from an ACME authority (RFC 8555) by the challenge tls-alpn-01 (RFC 8737): the port itself answers.
//!
//! The account and the newest certificate with its key lie in one folder, 0600. A new key is made for every order.

use std::{
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, BodyWrapper, BytesResponse, ChallengeType, HttpClient,
    Identifier, NewAccount, NewOrder, OrderStatus, RetryPolicy,
};
use jiff::Timestamp;
use rcgen::{CertificateParams, CustomExtension, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::{
    ClientConfig, ServerConfig,
    pki_types::PrivateKeyDer,
    server::ClientHello,
    sign::{CertifiedKey, SingleCertAndKey},
};
use tls_profile::{Clients, HttpsConnector, connector, server_config};

use crate::Live;

const ALPN: &[u8] = b"acme-tls/1";
type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Where certificates come from.
#[derive(Debug, Clone)]
pub struct Order {
    /// URL of the authority's directory.
    pub directory: String,
    /// Where the authority writes to, e.g. `mailto:admin@example.jp`.
    pub contact: Vec<String>,
    pub domains: Vec<String>,
    /// Where account and certificate are kept.
    pub folder: PathBuf,
}

impl Order {
    /// The one file with chain and key: replaced whole, so that they never disagree.
    pub fn file(&self) -> PathBuf {
        self.folder.join("certificate-and-key.pem")
    }
}

/// Keeps the certificate fresh for ever: orders one when there is none or when two thirds of its life are over.
/// `client` is the configuration of calls to the authority.
pub async fn keep(live: Arc<Live>, order: Order, client: ClientConfig) {
    const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);
    let mut pause = Duration::from_secs(30);
    loop {
        let wait = until_due(&live);
        if !wait.is_zero() {
            // Looked at every hour: the file may have been replaced by another node or by hand.
            tokio::time::sleep(wait.min(Duration::from_secs(3600))).await;
            continue;
        }
        match renew(&live, &order, client.clone()).await {
            Ok(()) => pause = Duration::from_secs(30),
            Err(error) => {
                tracing::error!(%error, directory = order.directory, "no certificate from the ACME authority; trying again");
                live.trouble(format!("no certificate from the ACME authority: {error}"));
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST);
            }
        }
    }
}

fn until_due(live: &Live) -> Duration {
    let Some(facts) = live.status().facts else { return Duration::ZERO };
    let life = facts.not_after.duration_since(facts.not_before);
    let due = facts.not_before + life * 2 / 3;
    Duration::try_from(due.duration_since(Timestamp::now())).unwrap_or(Duration::ZERO)
}

/// One order from beginning to end.
async fn renew(live: &Live, order: &Order, client: ClientConfig) -> Result<(), Fault> {
    std::fs::create_dir_all(&order.folder)?;
    let account = account(order, Https::boxed(client)).await?;
    let names: Vec<_> = order.domains.iter().map(|d| Identifier::Dns(d.clone())).collect();
    let outcome = obtain(live, &account, &names, &order.domains).await;
    live.challenges.write().clear();
    let (chain, key) = outcome?;
    replace(&order.file(), format!("{chain}\n{}", key.serialize_pem()).as_bytes())?;
    live.reload();
    match live.status().trouble {
        None => Ok(()),
        Some(trouble) => Err(trouble.into()),
    }
}

async fn obtain(
    live: &Live,
    account: &Account,
    names: &[Identifier],
    domains: &[String],
) -> Result<(String, KeyPair), Fault> {
    let mut order = account.new_order(&NewOrder::new(names)).await?;
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let mut challenge = authorization
            .challenge(ChallengeType::TlsAlpn01)
            .ok_or("the authority does not offer the challenge tls-alpn-01")?;
        let domain = challenge.identifier().to_string();
        let answer = answer(&domain, challenge.key_authorization().digest().as_ref())?;
        live.challenges.write().insert(domain, Arc::new(answer));
        challenge.set_ready().await?;
    }
    let patience = RetryPolicy::new().timeout(Duration::from_secs(120));
    let status = order.poll_ready(&patience).await?;
    if status != OrderStatus::Ready {
        return Err(
            format!("the order is {status:?}; does every name lead to port 443 of this server?").into()
        );
    }
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut request = CertificateParams::new(domains.to_vec())?;
    request.distinguished_name = rcgen::DistinguishedName::new();
    order.finalize_csr(request.serialize_request(&key)?.der()).await?;
    Ok((order.poll_certificate(&patience).await?, key))
}

/// The certificate of RFC 8737, section 3: self-signed, for the domain, with the digest of the key authorisation.
fn answer(domain: &str, digest: &[u8]) -> Result<CertifiedKey, Fault> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::new([domain.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let certificate = params.self_signed(&key)?;
    let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(&private)?;
    Ok(CertifiedKey::new(vec![certificate.der().clone()], signing))
}

/// What an authority's look at a challenge meets; `None` for everybody else.
pub(crate) fn challenge(live: &Live, hello: &ClientHello<'_>) -> Option<Arc<ServerConfig>> {
    let asked = hello.alpn()?.any(|protocol| protocol == ALPN);
    let certified = asked.then(|| live.challenges.read().get(hello.server_name()?).cloned())??;
    let resolver = Arc::new(SingleCertAndKey::from(certified));
    server_config(&live.settings().profile, resolver, &Clients::Anyone, &[ALPN]).ok().map(Arc::new)
}

async fn account(order: &Order, http: Box<dyn HttpClient>) -> Result<Account, Fault> {
    let file = order.folder.join("account.json");
    let builder = Account::builder_with_http(http);
    if let Ok(text) = std::fs::read(&file) {
        let credentials: AccountCredentials = serde_json::from_slice(&text)?;
        return Ok(builder.from_credentials(credentials).await?);
    }
    let contact: Vec<&str> = order.contact.iter().map(String::as_str).collect();
    let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
    let (account, credentials) = builder.create(&new, order.directory.clone(), None).await?;
    replace(&file, &serde_json::to_vec(&credentials)?)?;
    Ok(account)
}

/// Writes a secret file whole: beside it first, then in its place.
fn replace(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = file.with_extension(format!("{}.new", std::process::id()));
    let _ = std::fs::remove_file(&beside);
    let mut new = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    new.write_all(bytes)?;
    new.sync_all()?;
    std::fs::rename(&beside, file)
}

/// The HTTPS client of the profile, as the ACME library wants it.
#[derive(Debug)]
struct Https(Client<HttpsConnector, BodyWrapper<Bytes>>);

impl Https {
    fn boxed(config: ClientConfig) -> Box<dyn HttpClient> {
        Box::new(Self(Client::builder(TokioExecutor::new()).build(connector(config))))
    }
}

impl HttpClient for Https {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, instant_acme::Error>> + Send>> {
        let answered = self.0.request(request);
        Box::pin(async move {
            match tokio::time::timeout(Duration::from_secs(30), answered).await {
                Ok(Ok(response)) => Ok(BytesResponse::from(response)),
                Ok(Err(error)) => Err(instant_acme::Error::Other(Box::new(error))),
                Err(late) => Err(instant_acme::Error::Other(Box::new(late))),
            }
        })
    }
}
