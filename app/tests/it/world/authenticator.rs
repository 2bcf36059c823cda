//! A software authenticator (WebAuthn §6): one passkey, ES256, and every knob that a dishonest one would turn.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use ciborium::Value as Cbor;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

pub struct Authenticator {
    pair: EcdsaKeyPair,
    pub id: Vec<u8>,
    pub handle: Vec<u8>,
    pub origin: String,
    pub counter: u32,
    /// Whether it checks a finger or a PIN.
    pub verifies: bool,
}

impl Authenticator {
    pub fn new() -> Self {
        Self {
            pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key"),
            id: renkei::auth::token::random::<32>().to_vec(),
            handle: Vec::new(),
            origin: "http://localhost:8080".into(),
            counter: 0,
            verifies: true,
        }
    }

    /// `navigator.credentials.create`.
    pub fn create(&mut self, options: &Value) -> Value {
        let options = &options["publicKey"];
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        self.handle = bytes(&options["user"]["id"]);
        let point = self.pair.public_key().as_ref();
        let key = Cbor::Map(vec![
            (1.into(), 2.into()),
            (3.into(), (-7).into()),
            ((-1).into(), 1.into()),
            ((-2).into(), Cbor::Bytes(point[1..33].to_vec())),
            ((-3).into(), Cbor::Bytes(point[33..].to_vec())),
        ]);
        let length = u16::try_from(self.id.len()).expect("short").to_be_bytes();
        let mut data = self.head(options["rp"]["id"].as_str().expect("an rp"), 0x40);
        data.extend([[0; 16].as_slice(), &length, &self.id, &cbor(&key)].concat());
        let object = cbor(&Cbor::Map(vec![
            ("fmt".into(), "none".into()),
            ("attStmt".into(), Cbor::Map(vec![])),
            ("authData".into(), Cbor::Bytes(data)),
        ]));
        json!({"id": text(&self.id), "type": "public-key", "response": {
            "clientDataJSON": text(&self.client("webauthn.create", options)), "attestationObject": text(&object),
            "transports": ["internal", "of-the-future"]}})
    }

    /// `navigator.credentials.get`.
    pub fn get(&mut self, options: &Value) -> Value {
        let options = &options["publicKey"];
        assert_eq!(options["userVerification"], "required");
        self.counter += 1;
        let data = self.head(options["rpId"].as_str().expect("an rp"), 0);
        let client = self.client("webauthn.get", options);
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).expect("a signature");
        json!({"id": text(&self.id), "type": "public-key", "response": {
            "clientDataJSON": text(&client), "authenticatorData": text(&data), "signature": text(signature.as_ref()),
            "userHandle": text(&self.handle)}})
    }

    fn head(&self, rp: &str, more: u8) -> Vec<u8> {
        let flags = 1 | if self.verifies { 0b100 } else { 0 } | more;
        [digest(&SHA256, rp.as_bytes()).as_ref(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    fn client(&self, kind: &str, options: &Value) -> Vec<u8> {
        let client = json!({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false});
        client.to_string().into_bytes()
    }
}

fn cbor(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("CBOR");
    bytes
}

fn text(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64URL_NOPAD.decode(value.as_str().expect("base64url").as_bytes()).expect("base64url")
}
