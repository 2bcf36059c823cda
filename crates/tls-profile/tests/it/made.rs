//! Certificates of invented authorities.

use std::{path::Path, process::Command, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P521_SHA512, PKCS_ED25519, RsaKeySize, SignatureAlgorithm,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
    sign::{CertifiedKey, SingleCertAndKey},
};
use tls_profile::{Clients, Profile, server_config};

pub const NAME: &str = "renkei.invalid";

/// Keys by the name that a person would give them.
pub fn key(kind: &str) -> KeyPair {
    let algorithm: &SignatureAlgorithm = match kind {
        "rsa-2048" => return KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap(),
        "rsa-3072" => return KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_3072).unwrap(),
        "p521" => &PKCS_ECDSA_P521_SHA512,
        "ed25519" => &PKCS_ED25519,
        _ => &PKCS_ECDSA_P256_SHA256,
    };
    KeyPair::generate_for(algorithm).unwrap()
}

pub fn authority() -> (CertificateDer<'static>, Issuer<'static, KeyPair>) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "発行しない認証局");
    let key = key("p256");
    let certificate = params.self_signed(&key).unwrap();
    (certificate.der().clone(), Issuer::new(params, key))
}

/// A leaf for [`NAME`] that `change` may spoil.
pub fn leaf(key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> CertificateDer<'static> {
    let mut params = CertificateParams::new([NAME.to_owned()]).unwrap();
    change(&mut params);
    let (_, issuer) = authority();
    params.signed_by(key, &issuer).unwrap().der().clone()
}

pub fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(key.serialize_der().into())
}

/// A server of the profile with a key of this kind.
pub fn server(profile: &Profile, kind: &str) -> Arc<ServerConfig> {
    let key = key(kind);
    let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(&private(&key)).unwrap();
    let certified = CertifiedKey::new(vec![leaf(&key, |_| {})], signing);
    let resolver = Arc::new(SingleCertAndKey::from(certified));
    Arc::new(server_config(profile, resolver, &Clients::Anyone, &[b"h2", b"http/1.1"]).unwrap())
}

/// What rcgen does not make any more: a self-signed certificate with SHA-1.
pub fn sha1(folder: &Path) {
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
        .args(["-subj", "/CN=renkei.invalid", "-addext", "subjectAltName=DNS:renkei.invalid"])
        .args(["-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(folder)
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
