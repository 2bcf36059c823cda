//! A software authenticator, and every way in which its answers can be wrong.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use ciborium::Value;
use data_encoding::BASE64URL_NOPAD;

use crate::{ClientData, PublicKey, Refused, RelyingParty};

const CHALLENGE: &[u8] = b"a challenge of sixteen or more bytes";
const UP_UV: u8 = 0b101;

fn party() -> RelyingParty {
    RelyingParty { id: "renkei.example.jp".into(), origin: "https://renkei.example.jp".into() }
}

fn client(kind: &str, more: &str) -> ClientData {
    client_of(kind, "https://renkei.example.jp", more)
}

fn client_of(kind: &str, origin: &str, more: &str) -> ClientData {
    let challenge = BASE64URL_NOPAD.encode(CHALLENGE);
    let json = format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}"{more}}}"#);
    ClientData::read(json.into_bytes()).expect("client data")
}

fn cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("CBOR");
    bytes
}

fn cose(parts: &[(i64, Value)]) -> Vec<u8> {
    cbor(&Value::Map(parts.iter().map(|(k, v)| (Value::from(*k), v.clone())).collect()))
}

fn head(id: &str, flags: u8, counter: u32) -> Vec<u8> {
    [digest(&SHA256, id.as_bytes()).as_ref(), &[flags], &counter.to_be_bytes()].concat()
}

fn object(auth_data: &[u8]) -> Vec<u8> {
    cbor(&Value::Map(vec![
        ("fmt".into(), "none".into()),
        ("attStmt".into(), Value::Map(vec![])),
        ("authData".into(), Value::Bytes(auth_data.to_vec())),
    ]))
}

fn new_credential(flags: u8, id: &[u8], key: &[u8]) -> Vec<u8> {
    let length = u16::try_from(id.len()).expect("short").to_be_bytes();
    [head("renkei.example.jp", flags | 0x40, 0).as_slice(), &[7; 16], &length, id, key].concat()
}

fn p256() -> (EcdsaKeyPair, Vec<u8>) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
    let point = pair.public_key().as_ref();
    let key = cose(&[
        (1, 2.into()),
        (3, (-7).into()),
        (-1, 1.into()),
        (-2, Value::Bytes(point[1..33].to_vec())),
        (-3, Value::Bytes(point[33..].to_vec())),
    ]);
    (pair, key)
}

fn signed(auth_data: &[u8], client: &ClientData) -> Vec<u8> {
    [auth_data, client.hash().as_slice()].concat()
}

#[test]
fn a_registration_gives_the_credential_and_its_key() {
    let (_, key) = p256();
    let client = client("webauthn.create", r#","crossOrigin":false,"other_keys_can_be_added_here":"x""#);
    assert_eq!(client.challenge(), CHALLENGE);
    let id = [9; 32];
    let made = party().registered(&client, &object(&new_credential(UP_UV | 0b1_1000, &id, &key)));
    let made = made.expect("accepted");
    assert_eq!((made.credential_id.as_slice(), made.public_key, made.aaguid), (&id[..], key, [7; 16]));
    assert!(made.flags.verified && made.flags.backup_eligible && made.flags.backed_up);
}

#[test]
fn a_registration_is_refused_for_each_thing_that_is_wrong() {
    let (_, key) = p256();
    let (fine, create) = (new_credential(UP_UV, &[9; 32], &key), client("webauthn.create", ""));
    assert!(party().registered(&create, &object(&fine)).is_ok());

    let refused = |client: &ClientData, data: &[u8]| party().registered(client, &object(data)).unwrap_err();
    let origin = |origin| client_of("webauthn.create", origin, "");
    assert_eq!(refused(&client("webauthn.get", ""), &fine), Refused::Ceremony);
    assert_eq!(refused(&origin("https://renkei.example.jp.evil.example"), &fine), Refused::Origin);
    assert_eq!(refused(&origin("http://renkei.example.jp"), &fine), Refused::Origin);
    assert_eq!(refused(&origin("https://renkei.example.jp:8443"), &fine), Refused::Origin);
    assert_eq!(refused(&client("webauthn.create", r#","crossOrigin":true"#), &fine), Refused::Origin);
    let framed = client("webauthn.create", r#","topOrigin":"https://elsewhere.example""#);
    assert_eq!(refused(&framed, &fine), Refused::Origin);

    assert_eq!(
        refused(&create, &new_credential(0b100, &[9; 32], &key)),
        Refused::NotVerified,
        "nobody there"
    );
    assert_eq!(refused(&create, &new_credential(1, &[9; 32], &key)), Refused::NotVerified, "no PIN");
    assert_eq!(refused(&create, &new_credential(UP_UV, &[9; 15], &key)), Refused::Malformed, "a short id");
    assert_eq!(
        refused(&create, &new_credential(UP_UV | 0b1_0000, &[9; 32], &key)),
        Refused::Malformed,
        "a backup of what cannot be backed up"
    );
    let mut other = fine.clone();
    other[0] ^= 1;
    assert_eq!(refused(&create, &other), Refused::RelyingParty);
    assert_eq!(refused(&create, &head("renkei.example.jp", UP_UV, 0)), Refused::Malformed, "no credential");
    assert_eq!(
        refused(&create, &[fine.as_slice(), &[0]].concat()),
        Refused::Malformed,
        "something behind it"
    );
    for cut in 0..fine.len() {
        assert_eq!(refused(&create, &fine[..cut]), Refused::Malformed, "cut at {cut}");
    }
    let es384 = cose(&[(1, 2.into()), (3, (-35).into()), (-1, 2.into())]);
    assert_eq!(refused(&create, &new_credential(UP_UV, &[9; 32], &es384)), Refused::Algorithm);
    let nowhere = cose(&[
        (1, 2.into()),
        (3, (-7).into()),
        (-1, 1.into()),
        (-2, Value::Bytes(vec![1; 32])),
        (-3, Value::Bytes(vec![1; 32])),
    ]);
    assert_eq!(
        refused(&create, &new_credential(UP_UV, &[9; 32], &nowhere)),
        Refused::Malformed,
        "not on the curve"
    );
}

#[test]
fn an_assertion_fits_its_key_its_data_and_its_challenge() {
    let (pair, key) = p256();
    let (_, other_key) = p256();
    let (key, other_key) = (PublicKey::read(&key).unwrap(), PublicKey::read(&other_key).unwrap());
    let (get, data) = (client("webauthn.get", ""), head("renkei.example.jp", UP_UV, 41));
    let signature = pair.sign(&SystemRandom::new(), &signed(&data, &get)).unwrap();
    let signature = signature.as_ref();
    let done = party().asserted(&get, &data, signature, &key).expect("accepted");
    assert_eq!(done.counter, 41);

    assert_eq!(party().asserted(&get, &data, signature, &other_key), Err(Refused::Signature));
    let more = client("webauthn.get", r#","x":1"#);
    assert_eq!(party().asserted(&more, &data, signature, &key), Err(Refused::Signature));
    let counted = head("renkei.example.jp", UP_UV, 42);
    assert_eq!(party().asserted(&get, &counted, signature, &key), Err(Refused::Signature));
    let create = client("webauthn.create", "");
    assert_eq!(party().asserted(&create, &data, signature, &key), Err(Refused::Ceremony));
    let elsewhere = RelyingParty { id: "other.example.jp".into(), ..party() };
    assert_eq!(elsewhere.asserted(&get, &data, signature, &key), Err(Refused::RelyingParty));

    let unverified = head("renkei.example.jp", 1, 41);
    let signature = pair.sign(&SystemRandom::new(), &signed(&unverified, &get)).unwrap();
    let refused = party().asserted(&get, &unverified, signature.as_ref(), &key);
    assert_eq!(refused, Err(Refused::NotVerified), "also with a signature that fits");
}

#[test]
fn the_other_two_algorithms_work_as_well() {
    let (get, data) = (client("webauthn.get", ""), head("renkei.example.jp", UP_UV, 0));
    let signed = signed(&data, &get);

    let pair = Ed25519KeyPair::generate().unwrap();
    let point = Value::Bytes(pair.public_key().as_ref().to_vec());
    let key =
        PublicKey::read(&cose(&[(1, 1.into()), (3, (-8).into()), (-1, 6.into()), (-2, point)])).unwrap();
    assert!(party().asserted(&get, &data, pair.sign(&signed).as_ref(), &key).is_ok());
    assert_eq!(party().asserted(&get, &data, &[0; 64], &key), Err(Refused::Signature));

    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let bytes = |part: &[u8]| Value::Bytes(part.to_vec());
    let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
    let (n, e) = (bytes(n.big_endian_without_leading_zero()), bytes(e.big_endian_without_leading_zero()));
    let key = PublicKey::read(&cose(&[(1, 3.into()), (3, (-257).into()), (-1, n), (-2, e)])).unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &signed, &mut signature).unwrap();
    assert!(party().asserted(&get, &data, &signature, &key).is_ok());
    signature[0] ^= 1;
    assert_eq!(party().asserted(&get, &data, &signature, &key), Err(Refused::Signature));
}

#[test]
fn client_data_that_is_none_is_refused() {
    for bad in ["", "{}", "[]", r#"{"type":"webauthn.get","challenge":"%","origin":"x"}"#] {
        assert_eq!(ClientData::read(bad.into()).unwrap_err(), Refused::ClientData, "{bad}");
    }
}
