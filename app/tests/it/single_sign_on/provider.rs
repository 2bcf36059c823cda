//! An identity provider in this process. It checks what a careful provider checks, and says whatever a test wants it to say.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Way;

pub const CLIENT: &str = "renkei";
pub const SECRET: &str = "a secret: of + the client";

/// One of the provider's keys.
pub struct Key {
    pub id: String,
    document: Vec<u8>,
    /// The uncompressed point.
    pub public: Vec<u8>,
}

impl Key {
    pub fn new(id: &str) -> Self {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .expect("a key");
        let document = document.as_ref().to_vec();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &document).expect("a key");
        Self { id: id.into(), public: pair.public_key().as_ref().to_vec(), document }
    }

    pub fn public_jwk(&self) -> Value {
        let part = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": part(&self.public[1..33]), "y": part(&self.public[33..])})
    }

    pub fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::ES256) };
        encode(&header, claims, &EncodingKey::from_ec_der(&self.document)).expect("a token")
    }

    /// The trick of 2015: the public key as the shared secret of an HMAC.
    pub fn sign_as_secret(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::HS256) };
        encode(&header, claims, &EncodingKey::from_secret(&self.public).expect("a secret")).expect("a token")
    }

    pub fn unsigned(&self, claims: &Value) -> String {
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        format!("{}.{}.", part(&json!({"alg": "none", "kid": self.id})), part(claims))
    }
}

struct Issued {
    challenge: String,
    redirect_uri: String,
    token: String,
}

#[derive(Default)]
struct Inner {
    issuer: String,
    keys: Vec<Value>,
    codes: BTreeMap<String, Issued>,
    keys_asked: usize,
    down: bool,
    iss_promised: bool,
}

pub struct Provider {
    pub key: Key,
    pub issuer: String,
    inner: Arc<Mutex<Inner>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

type Shared = State<Arc<Mutex<Inner>>>;

impl Provider {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let key = Key::new("first");
        let inner = Inner { issuer: issuer.clone(), keys: vec![key.public_jwk()], ..Inner::default() };
        let inner = Arc::new(Mutex::new(inner));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(inner.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        Self { key, issuer, inner, server }
    }

    /// From now on every call gets a 503.
    pub fn go_down(&self) {
        self.inner.lock().expect("a lock").down = true;
    }

    /// From now on every answer is promised to name its issuer (RFC 9207).
    pub fn promise_iss(&self) {
        self.inner.lock().expect("a lock").iss_promised = true;
    }

    /// New keys instead of the old.
    pub fn rotate(&mut self, id: &str) {
        self.key = Key::new(id);
        self.inner.lock().expect("a lock").keys = vec![self.key.public_jwk()];
    }

    pub fn keys_asked(&self) -> usize {
        self.inner.lock().expect("a lock").keys_asked
    }

    /// What an honest token says of this person, who signed in just now.
    pub fn claims(&self, way: &Way, subject: &str) -> Value {
        let now = jiff::Timestamp::now().as_second();
        json!({"iss": self.issuer, "sub": subject, "aud": CLIENT, "exp": now + 300, "iat": now, "auth_time": now, "nonce": way.nonce})
    }

    /// The code for this token, for whoever left on this way.
    pub fn issue(&self, way: &Way, token: String) -> String {
        let code = Uuid::new_v4().to_string();
        let issued =
            Issued { challenge: way.challenge.clone(), redirect_uri: way.redirect_uri.clone(), token };
        self.inner.lock().expect("a lock").codes.insert(code.clone(), issued);
        code
    }
}

async fn describe(State(inner): Shared) -> Result<Json<Value>, StatusCode> {
    let inner = inner.lock().expect("a lock");
    if inner.down {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let at = |path: &str| format!("{}{path}", inner.issuer);
    Ok(Json(json!({
        "issuer": inner.issuer, "authorization_endpoint": at("/auth"), "token_endpoint": at("/token"), "jwks_uri": at("/keys"),
        "authorization_response_iss_parameter_supported": inner.iss_promised,
    })))
}

async fn keys(State(inner): Shared) -> Result<Json<Value>, StatusCode> {
    let mut inner = inner.lock().expect("a lock");
    if inner.down {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    inner.keys_asked += 1;
    let odd = json!({"kty": "AKP", "kid": "of a later kind", "alg": "ML-DSA-44", "pub": "AA"});
    let all = [&[odd], inner.keys.as_slice()].concat();
    Ok(Json(json!({"keys": all})))
}

async fn token(
    State(inner): Shared,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Json<Value>, StatusCode> {
    let mut inner = inner.lock().expect("a lock");
    if inner.down {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let secret: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let basic = format!("Basic {}", BASE64.encode(format!("{CLIENT}:{secret}").as_bytes()));
    if headers.get("authorization").is_none_or(|shown| shown != basic.as_str()) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    // A code is gone with the first who shows it.
    let issued = inner.codes.remove(field("code")).ok_or(StatusCode::BAD_REQUEST)?;
    let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, field("code_verifier").as_bytes()).as_ref());
    let right = field("grant_type") == "authorization_code"
        && field("redirect_uri") == issued.redirect_uri
        && challenge == issued.challenge;
    if !right {
        return Err(StatusCode::BAD_REQUEST);
    }
    Ok(Json(
        json!({"access_token": "not wanted", "token_type": "Bearer", "expires_in": 60, "id_token": issued.token}),
    ))
}
