//! The configured providers: where they are, their keys, and the one call that turns a code into an ID token. What they
//! answer is remembered for a while, read up to a limit, and waited for only so long.

use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use data_encoding::BASE64;
use http_body_util::Full;
use hyper::{Method, Request, header};
use jsonwebtoken::jwk::Jwk;
use tls_profile::rustls::ClientConfig;
use tokio::sync::Mutex;
use url::{Url, form_urlencoded};

use super::{id_token::Key, metadata::Metadata};
use crate::{
    Error, Result,
    config::{self, Config},
    outbound::{self, Target, tls},
};

/// So long what a provider says of itself is taken for true, and the provider for reachable.
const METADATA_AGE: Duration = Duration::from_secs(30);
const KEYS_AGE: Duration = Duration::from_secs(3_600);
/// Tokens that name a key nobody knows make us ask for the keys again, at most this often.
const UNKNOWN_KEY: Duration = Duration::from_secs(30);
/// After a provider did not answer, others are told so at once.
const AWAY: Duration = Duration::from_secs(3);
/// For one call.
const TIME: Duration = Duration::from_secs(4);
/// Bytes of an answer.
const MOST: usize = 128 * 1024;
const MOST_KEYS: usize = 64;

/// Why a provider's part did not work out; the code stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// It does not answer, or not as a provider does.
    Away(&'static str),
    /// It answered, and what came is not accepted.
    Wrong(&'static str),
}

#[derive(Debug)]
pub struct Providers(BTreeMap<String, Provider>);

impl Providers {
    /// Reads every secret and authority once, so that a mistake shows before the port opens.
    pub fn new(config: &Config) -> Result<Self> {
        let base = config.base_url.trim_end_matches('/');
        let one = |settings: &config::Provider| {
            secret(settings)?;
            let provider = Provider {
                tls: tls::client(&settings.ca_file)?,
                redirect_uri: format!("{base}/sign-in/with/{}/callback", settings.id),
                settings: settings.clone(),
                known: Mutex::default(),
            };
            Ok((settings.id.clone(), provider))
        };
        config.single_sign_on.providers.iter().map(one).collect::<Result<_>>().map(Self)
    }

    /// `NotFound`: none of that name is configured.
    pub fn of(&self, id: &str) -> Result<&Provider> {
        self.0.get(id).ok_or(Error::NotFound)
    }
}

/// The client's secret, from a file that nobody else may read.
fn secret(settings: &config::Provider) -> Result<String> {
    let file = settings.client_secret_file.display();
    let cannot = |e: std::io::Error| Error::Internal(format!("single_sign_on: {file}: {e}"));
    let mode = std::fs::metadata(&settings.client_secret_file).map_err(cannot)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(Error::Internal(format!("single_sign_on: {file} can be read by others; chmod 600")));
    }
    let text = std::fs::read_to_string(&settings.client_secret_file).map_err(cannot)?;
    Some(text.trim_end().to_owned())
        .filter(|secret| !secret.is_empty())
        .ok_or_else(|| Error::Internal(format!("single_sign_on: {file} is empty")))
}

pub struct Provider {
    pub settings: config::Provider,
    tls: Arc<ClientConfig>,
    redirect_uri: String,
    /// Held while asking: a crowd asks once.
    known: Mutex<Known>,
}

crate::opaque_debug!(Provider);

#[derive(Default)]
struct Known {
    metadata: Option<(Instant, Arc<Metadata>)>,
    keys: Option<(Instant, Arc<[Jwk]>)>,
    asked_again: Option<Instant>,
    away: Option<Instant>,
}

fn within(at: Option<Instant>, age: Duration) -> bool {
    at.is_some_and(|at| at.elapsed() < age)
}

impl Provider {
    /// Where a browser is sent. `state`, `nonce` and `challenge` are URL-safe.
    pub async fn way(&self, state: &str, nonce: &str, challenge: &str) -> Result<Url, Failed> {
        let mut url = self.metadata().await?.authorization_endpoint.clone();
        let age = (self.settings.max_age_minutes * 60).to_string();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", &self.settings.scopes.join(" "))
            .append_pair("state", state)
            .append_pair("nonce", nonce)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("max_age", &age);
        if !self.settings.two_factors_acr.is_empty() {
            query.append_pair("acr_values", &self.settings.two_factors_acr.join(" "));
        }
        drop(query);
        Ok(url)
    }

    pub async fn metadata(&self) -> Result<Arc<Metadata>, Failed> {
        let mut known = self.known.lock().await;
        if let Some((at, metadata)) = &known.metadata
            && at.elapsed() < METADATA_AGE
        {
            return Ok(metadata.clone());
        }
        if within(known.away, AWAY) {
            return Err(Failed::Away("away"));
        }
        match self.ask_metadata().await {
            Ok(metadata) => {
                known.away = None;
                known.metadata = Some((Instant::now(), metadata.clone()));
                Ok(metadata)
            }
            Err(failed) => {
                known.away = Some(Instant::now());
                Err(failed)
            }
        }
    }

    async fn ask_metadata(&self) -> Result<Arc<Metadata>, Failed> {
        let place =
            format!("{}/.well-known/openid-configuration", self.settings.issuer.trim_end_matches('/'));
        let url = place.parse().map_err(|_| Failed::Away("not_a_url"))?;
        let body = self.get(&url).await?;
        Metadata::read(&body, &self.settings).map(Arc::new).ok_or(Failed::Away("metadata_not_accepted"))
    }

    /// The code for the ID token. The access token that comes with it is dropped: nothing is asked with it.
    pub async fn redeem(&self, code: &str, verifier: &str) -> Result<String, Failed> {
        let metadata = self.metadata().await?;
        let secret = secret(&self.settings).map_err(|_| Failed::Away("no_client_secret"))?;
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", verifier),
        ];
        let mut request = Request::post(path(&metadata.token_endpoint))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if metadata.secret_in_body() {
            pairs.extend([("client_id", self.settings.client_id.as_str()), ("client_secret", &secret)]);
        } else {
            request = request.header(header::AUTHORIZATION, basic(&self.settings.client_id, &secret));
        }
        let body = serde_urlencoded::to_string(&pairs).map_err(|_| Failed::Wrong("not_a_form"))?;
        let answer = self.call(&metadata.token_endpoint, request, body.into()).await?;
        #[derive(serde::Deserialize)]
        struct Tokens {
            id_token: String,
        }
        match answer.status {
            200 => serde_json::from_slice::<Tokens>(&answer.body)
                .map(|tokens| tokens.id_token)
                .map_err(|_| Failed::Wrong("no_id_token")),
            400..500 => Err(Failed::Wrong("code_refused")),
            _ => Err(Failed::Away("token_endpoint_failed")),
        }
    }

    /// The keys that fit `key`: from memory, and once again from the provider when it has none of that name.
    pub async fn keys(&self, key: &Key) -> Result<Vec<Jwk>, Failed> {
        let metadata = self.metadata().await?;
        let mut known = self.known.lock().await;
        let remembered = known.keys.clone().filter(|(at, _)| at.elapsed() < KEYS_AGE);
        if let Some((_, keys)) = remembered {
            let fit = fitting(&keys, key);
            if !fit.is_empty() || within(known.asked_again, UNKNOWN_KEY) {
                return Ok(fit);
            }
            known.asked_again = Some(Instant::now());
        }
        let keys = self.ask_keys(&metadata).await?;
        known.keys = Some((Instant::now(), keys.clone()));
        Ok(fitting(&keys, key))
    }

    async fn ask_keys(&self, metadata: &Metadata) -> Result<Arc<[Jwk]>, Failed> {
        #[derive(serde::Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let body = self.get(&metadata.jwks_uri).await?;
        let set: Set = serde_json::from_slice(&body).map_err(|_| Failed::Away("keys_not_read"))?;
        // Keys of kinds that we do not know stand beside those that we do (RFC 7517 §5).
        Ok(set.keys.into_iter().take(MOST_KEYS).filter_map(|k| serde_json::from_value(k).ok()).collect())
    }

    async fn get(&self, url: &Url) -> Result<Bytes, Failed> {
        let request = Request::builder().method(Method::GET).uri(path(url));
        match self.call(url, request, Bytes::new()).await? {
            answer if answer.status == 200 => Ok(answer.body),
            _ => Err(Failed::Away("not_200")),
        }
    }

    async fn call(
        &self,
        url: &Url,
        request: hyper::http::request::Builder,
        body: Bytes,
    ) -> Result<outbound::Answer, Failed> {
        let target =
            Target::parse(url.as_str(), self.settings.private).map_err(|_| Failed::Away("not_allowed"))?;
        let request = request
            .header(header::HOST, target.authority())
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("renkei/", env!("CARGO_PKG_VERSION")))
            .body(Full::new(body))
            .map_err(|_| Failed::Away("not_a_request"))?;
        match tokio::time::timeout(TIME, outbound::call(&target, &self.tls, request, MOST)).await {
            Ok(answer) => answer.map_err(|failure| Failed::Away(failure.code)),
            Err(_) => Err(Failed::Away("timed_out")),
        }
    }
}

fn fitting(keys: &[Jwk], key: &Key) -> Vec<Jwk> {
    keys.iter().filter(|jwk| key.fits(jwk)).cloned().collect()
}

fn path(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
fn basic(client_id: &str, secret: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", BASE64.encode(format!("{}:{}", encoded(client_id), encoded(secret)).as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{Providers, basic};
    use crate::config::{Config, SingleSignOn};

    #[test]
    fn a_secret_that_others_can_read_stops_the_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("secret");
        let mut config = Config::in_folder(folder.path(), ([127, 0, 0, 1], 0).into());
        let section = format!(
            "[[provider]]\nid = \"one\"\nlabel = \"試験\"\nissuer = \"https://id.example.jp\"\nclient_id = \"renkei\"\nclient_secret_file = \"{}\"",
            file.display()
        );
        config.single_sign_on = toml::from_str::<SingleSignOn>(&section).expect("a provider");
        let with = |text: &str, mode: u32| {
            std::fs::write(&file, text).expect("a file");
            std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).expect("a mode");
            Providers::new(&config)
        };
        assert!(with("secret\n", 0o600).is_ok());
        assert!(with("secret\n", 0o640).is_err());
        assert!(with("\n", 0o600).is_err(), "empty");
        std::fs::remove_file(&file).expect("gone");
        assert!(Providers::new(&config).is_err());
    }

    #[test]
    fn the_secret_is_shown_as_the_rfc_says() {
        assert_eq!(basic("a:b", "s e+c"), "Basic YSUzQWI6cytlJTJCYw==", "a%3Ab:s+e%2Bc");
    }
}
