//! A phone and its push service. Opening a push is written here from RFC 8291 and RFC 8188, not with the product's code; the sender's
//! token is checked by another library.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree},
    hmac,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use crate::world::{Answer, Person, World};

/// What came to the push service.
#[derive(Debug, Clone)]
pub struct Push {
    pub head: String,
    pub body: Vec<u8>,
}

impl Push {
    pub fn header(&self, name: &str) -> &str {
        self.head.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
    }
}

#[derive(Debug, Clone)]
pub struct Service {
    pub port: u16,
    pushes: Arc<Mutex<Vec<Push>>>,
    answers: Arc<Mutex<VecDeque<&'static str>>>,
}

impl Service {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let service = Self { port, pushes: Arc::default(), answers: Arc::default() };
        let server = service.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move { server.answer(stream).await });
            }
        });
        service
    }

    /// The next answers: status line and further header lines. Afterwards everything is taken.
    pub fn will_answer(&self, answers: &[&'static str]) {
        self.answers.lock().expect("the answers").extend(answers);
    }

    pub fn pushes(&self) -> Vec<Push> {
        self.pushes.lock().expect("the pushes").clone()
    }

    async fn answer(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            stream.read_line(&mut head).await.ok()?;
        }
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: "))?.parse().ok()?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        self.pushes.lock().expect("the pushes").push(Push { head, body });
        let answer = self.answers.lock().expect("the answers").pop_front().unwrap_or("201 Created");
        let text = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(text.as_bytes()).await.ok()?;
        stream.flush().await.ok()
    }
}

pub struct Phone {
    secret: PrivateKey,
    auth: [u8; 16],
    path: String,
}

impl Phone {
    pub fn new() -> Self {
        let secret = PrivateKey::generate(&ECDH_P256).expect("a key");
        let mut auth = [0; 16];
        aws_lc_rs::rand::fill(&mut auth).expect("bytes");
        Self { secret, auth, path: format!("/push/{}?x=1", Uuid::new_v4().simple()) }
    }

    pub fn public(&self) -> Vec<u8> {
        self.secret.compute_public_key().expect("its point").as_ref().to_vec()
    }

    pub fn endpoint(&self, service: &Service) -> String {
        format!("http://127.0.0.1:{}{}", service.port, self.path)
    }

    /// As the page tells it.
    pub fn body(&self, service: &Service) -> Value {
        let keys = json!({"p256dh": BASE64URL_NOPAD.encode(&self.public()), "auth": BASE64URL_NOPAD.encode(&self.auth)});
        json!({"client_id": Uuid::new_v4(), "endpoint": self.endpoint(service), "keys": keys})
    }

    pub async fn subscribe(&self, w: &World, person: &Person, service: &Service) -> Answer {
        w.as_(person).call("POST", "/api/v1/me/push-subscriptions", self.body(service)).await
    }

    /// What a browser's service worker is given.
    pub fn open(&self, push: &Push) -> Value {
        let (salt, rest) = push.body.split_at(16);
        let size = u32::from_be_bytes(rest[..4].try_into().expect("four bytes"));
        assert!(push.body.len() <= size as usize && rest[4] == 65, "one record, and the sender's point");
        let (sender, sealed) = rest[5..].split_at(65);
        let shared = agree(&self.secret, UnparsedPublicKey::new(&ECDH_P256, sender), (), |s| Ok(s.to_vec()))
            .expect("a point");
        let prk = mac(&self.auth, &[&shared]);
        let ikm = mac(&prk, &[b"WebPush: info\0", &self.public(), sender, &[1]]);
        let prk = mac(salt, &[&ikm]);
        let key = mac(&prk, &[b"Content-Encoding: aes128gcm\0", &[1]]);
        let nonce = mac(&prk, &[b"Content-Encoding: nonce\0", &[1]]);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).expect("a key"));
        let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).expect("a nonce");
        let mut text = sealed.to_vec();
        let text = key.open_in_place(nonce, Aad::empty(), &mut text).expect("sealed for this phone");
        let text = text.strip_suffix(&[2]).expect("the last record");
        serde_json::from_slice(text).expect("JSON")
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    parts.iter().for_each(|part| context.update(part));
    context.sign().as_ref().to_vec()
}

/// The claims of a push's sender, whose signature is good under the key that browsers were told.
pub fn claims(push: &Push, told: &str) -> Value {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
    let value = push.header("authorization").strip_prefix("vapid t=").expect("vapid").to_owned();
    let (token, key) = value.split_once(", k=").expect("token and key");
    assert_eq!(key, told, "the key that browsers were told");
    let point = BASE64URL_NOPAD.decode(key.as_bytes()).expect("base64url");
    let (x, y) = (BASE64URL_NOPAD.encode(&point[1..33]), BASE64URL_NOPAD.encode(&point[33..]));
    let key = DecodingKey::from_ec_components(&x, &y).expect("a key");
    let mut rules = Validation::new(Algorithm::ES256);
    rules.validate_aud = false;
    decode::<Value>(token, &key, &rules).expect("a good signature").claims
}
