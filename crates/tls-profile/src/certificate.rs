//! A certificate chain and its key, checked before anything is served with them.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use aws_lc_rs::digest;
use jiff::Timestamp;
use rustls::{
    client::verify_server_name,
    crypto::aws_lc_rs as provider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
    server::ParsedCertificate,
    sign::CertifiedKey,
};
use serde::Serialize;
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer as _, public_key::PublicKey,
    signature_algorithm::SignatureAlgorithm,
};

use crate::{
    Problem, Refused,
    client::{read_certificates, read_key},
};

/// What a certificate says, for logs, metrics and the sheet. Nothing secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facts {
    pub subject: String,
    pub issuer: String,
    pub names: Vec<String>,
    /// "ECDSA P-256", "RSA 3072".
    pub key: String,
    /// "SHA-256".
    pub hash: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// SHA-256 of the certificate, hexadecimal.
    pub fingerprint: String,
    pub self_signed: bool,
    /// Certificates sent, the server's own among them.
    pub chain: usize,
    /// Where the issuer answers questions about revocation; most have ended that service.
    pub ocsp: Option<String>,
}

/// A chain with the key that belongs to it, fit to be served.
#[derive(Debug, Clone)]
pub struct Pair {
    pub certified: Arc<CertifiedKey>,
    pub facts: Facts,
}

impl Pair {
    /// Reads PEM files and checks everything the profile asks for at `now`. The certificate must be valid for each of
    /// `names` (host names or addresses). All that is wrong comes back at once.
    pub fn read(certificate: &Path, key: &Path, names: &[String], now: Timestamp) -> Result<Self, Refused> {
        let mut problems = readable_by_others(key);
        let (chain, private) = (read_certificates(certificate), read_key(key));
        let (chain, private) = match (chain, private) {
            (Ok(chain), Ok(private)) => (chain, private),
            (chain, private) => {
                problems.extend(chain.err().into_iter().chain(private.err()).flat_map(|r| r.0));
                return Err(Refused(problems));
            }
        };
        match Self::check(chain, private, names, now) {
            Ok(pair) if problems.is_empty() => Ok(pair),
            Ok(_) => Err(Refused(problems)),
            Err(Refused(more)) => {
                problems.extend(more);
                Err(Refused(problems))
            }
        }
    }

    /// As [`Pair::read`], for what is in memory.
    pub fn check(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        names: &[String],
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let parsed = chain.iter().map(|c| parse(c)).collect::<Result<Vec<_>, _>>()?;
        let Some(leaf) = parsed.first() else {
            return Err(Refused::one(
                "there is no certificate",
                "put the server's certificate first into the file",
            ));
        };
        let mut problems = Vec::new();
        problems.extend(weak_key(leaf, 3072, "the server's certificate"));
        problems.extend(outside_validity(leaf, now));
        problems.extend(wrong_names(&chain[0], leaf, names));
        problems.extend(weak_chain(&parsed, now));
        let certified = foreign_key(&chain, &key).map_err(|problem| problems.push(problem)).ok();
        match certified {
            Some(certified) if problems.is_empty() => {
                let facts = facts(&chain[0], leaf, chain.len());
                Ok(Self { certified: Arc::new(certified), facts })
            }
            _ => Err(Refused(problems)),
        }
    }
}

fn parse(der: &[u8]) -> Result<X509Certificate<'_>, Refused> {
    X509Certificate::from_der(der).map(|(_, certificate)| certificate).map_err(|e| {
        Refused::one(format!("a certificate of the chain cannot be read: {e}"), "have it issued again")
    })
}

/// Whoever can read the key can be the server.
fn readable_by_others(key: &Path) -> Vec<Problem> {
    let Ok(about) = std::fs::metadata(key) else { return Vec::new() };
    let mode = about.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Vec::new();
    }
    let path: PathBuf = key.into();
    vec![Problem::new(
        format!("others may read the private key {} (mode {mode:04o})", path.display()),
        format!("chmod 600 {} and make the server's user its owner", path.display()),
    )]
}

const RENEW: &str =
    "have a certificate issued with an ECDSA P-256 or P-384 key, or RSA of at least 3072 bits";

/// "ECDSA P-256" and the like; whether the profile takes it with RSA of at least `rsa` bits.
fn key_kind(certificate: &X509Certificate<'_>, rsa: usize) -> (String, bool) {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => {
            let bits = key.key_size();
            (format!("RSA {bits}"), bits >= rsa)
        }
        Ok(PublicKey::EC(_)) => {
            let parameters = certificate.public_key().algorithm.parameters.as_ref();
            match parameters.and_then(|p| p.as_oid().ok()).map(|oid| oid.to_id_string()).as_deref() {
                Some("1.2.840.10045.3.1.7") => ("ECDSA P-256".into(), true),
                Some("1.3.132.0.34") => ("ECDSA P-384".into(), true),
                other => (format!("ECDSA {}", other.unwrap_or("without a named curve")), false),
            }
        }
        _ => (format!("a key of kind {}", certificate.public_key().algorithm.algorithm), false),
    }
}

fn weak_key(certificate: &X509Certificate<'_>, rsa: usize, whose: &str) -> Option<Problem> {
    let (kind, fit) = key_kind(certificate, rsa);
    (!fit).then(|| Problem::new(format!("{whose} has {kind}, which the profile does not allow"), RENEW))
}

/// The hash of the certificate's signature; `None` where it is older than SHA-2 or unknown.
fn signature_hash(certificate: &X509Certificate<'_>) -> Option<&'static str> {
    let algorithm = &certificate.signature_algorithm;
    let oid = match SignatureAlgorithm::try_from(algorithm) {
        Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) => parameters.hash_algorithm_oid().to_id_string(),
        _ => algorithm.algorithm.to_id_string(),
    };
    match oid.as_str() {
        // sha256WithRSAEncryption, ecdsa-with-SHA256, id-sha256; then 384, then 512.
        "1.2.840.113549.1.1.11" | "1.2.840.10045.4.3.2" | "2.16.840.1.101.3.4.2.1" => Some("SHA-256"),
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" | "2.16.840.1.101.3.4.2.2" => Some("SHA-384"),
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" | "2.16.840.1.101.3.4.2.3" => Some("SHA-512"),
        _ => None,
    }
}

fn self_signed(certificate: &X509Certificate<'_>) -> bool {
    certificate.subject() == certificate.issuer() && certificate.verify_signature(None).is_ok()
}

/// Signatures, order and age of what is sent. A self-signed certificate at the end is nobody's proof and is not judged.
fn weak_chain(chain: &[X509Certificate<'_>], now: Timestamp) -> Vec<Problem> {
    let mut problems = Vec::new();
    let last = chain.len() - 1;
    for (n, certificate) in chain.iter().enumerate() {
        let whose = if n == 0 {
            "the server's certificate".into()
        } else {
            format!("certificate {} of the chain", n + 1)
        };
        if n > 0 && n == last && certificate.subject() == certificate.issuer() {
            break;
        }
        if signature_hash(certificate).is_none() {
            problems.push(Problem::new(
                format!(
                    "{whose} is signed with {}, not with SHA-256 or stronger",
                    certificate.signature_algorithm.algorithm
                ),
                "have it issued again by an authority that signs with SHA-256 or stronger",
            ));
        }
        if n > 0 {
            problems.extend(weak_key(certificate, 2048, &whose));
            problems.extend(outside_validity(certificate, now));
        }
    }
    for (n, pair) in chain.windows(2).enumerate() {
        if pair[0].issuer() != pair[1].subject()
            || pair[0].verify_signature(Some(pair[1].public_key())).is_err()
        {
            problems.push(Problem::new(
                format!("certificate {} of the chain is not signed by certificate {}", n + 1, n + 2),
                "put the server's certificate first, then each one's issuer",
            ));
        }
    }
    problems
}

fn outside_validity(certificate: &X509Certificate<'_>, now: Timestamp) -> Option<Problem> {
    let (from, to) = validity(certificate);
    let subject = certificate.subject();
    if now < from {
        return Some(Problem::new(
            format!("the certificate of {subject} is not valid before {from}"),
            "check this machine's clock",
        ));
    }
    (now > to).then(|| Problem::new(format!("the certificate of {subject} expired at {to}"), "renew it"))
}

fn validity(certificate: &X509Certificate<'_>) -> (Timestamp, Timestamp) {
    let at = |time: x509_parser::time::ASN1Time| {
        Timestamp::from_second(time.timestamp()).unwrap_or(Timestamp::MIN)
    };
    (at(certificate.validity().not_before), at(certificate.validity().not_after))
}

fn wrong_names(der: &CertificateDer<'_>, leaf: &X509Certificate<'_>, names: &[String]) -> Vec<Problem> {
    let fix = |name: &str| format!("have a certificate issued for {name}, or change base_url");
    let Ok(parsed) = ParsedCertificate::try_from(der) else {
        return vec![Problem::new("the certificate is not one for a TLS server", "have it issued again")];
    };
    let holds = |name: &str| {
        ServerName::try_from(name.trim_matches(['[', ']']))
            .is_ok_and(|server| verify_server_name(&parsed, &server).is_ok())
    };
    names
        .iter()
        .filter(|name| !holds(name))
        .map(|name| {
            let has = alternative_names(leaf).join(", ");
            Problem::new(format!("the certificate is not for {name} but for: {has}"), fix(name))
        })
        .collect()
}

/// The signing key, if it is one and belongs to the certificate.
fn foreign_key(
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
) -> Result<CertifiedKey, Problem> {
    let signing = provider::sign::any_supported_type(key)
        .map_err(|e| Problem::new(format!("the private key cannot be used: {e}"), RENEW))?;
    let certified = CertifiedKey::new(chain.to_vec(), signing);
    match certified.keys_match() {
        Ok(()) => Ok(certified),
        Err(_) => Err(Problem::new(
            "the private key does not belong to the certificate",
            "give the key that the certificate was requested with",
        )),
    }
}

fn alternative_names(leaf: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = leaf.subject_alternative_name() else { return Vec::new() };
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|b| std::net::Ipv4Addr::from(b).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|b| std::net::Ipv6Addr::from(b).to_string()),
        },
        _ => None,
    };
    extension.value.general_names.iter().filter_map(text).collect()
}

fn facts(der: &[u8], leaf: &X509Certificate<'_>, chain: usize) -> Facts {
    let (not_before, not_after) = validity(leaf);
    Facts {
        subject: leaf.subject().to_string(),
        issuer: leaf.issuer().to_string(),
        names: alternative_names(leaf),
        key: key_kind(leaf, 3072).0,
        hash: signature_hash(leaf).unwrap_or("?").to_owned(),
        not_before,
        not_after,
        fingerprint: hex::encode(digest::digest(&digest::SHA256, der)),
        self_signed: self_signed(leaf),
        chain,
        ocsp: ocsp(leaf),
    }
}

fn ocsp(leaf: &X509Certificate<'_>) -> Option<String> {
    use x509_parser::extensions::ParsedExtension;
    const OCSP: &str = "1.3.6.1.5.5.7.48.1";
    leaf.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityInfoAccess(access) => {
            access.accessdescs.iter().find(|d| d.access_method.to_id_string() == OCSP).and_then(|d| {
                match d.access_location {
                    GeneralName::URI(uri) => Some(uri.to_owned()),
                    _ => None,
                }
            })
        }
        _ => None,
    })
}

/// The last moment of a certificate (DER); `None` for what is no certificate.
pub fn not_after(der: &[u8]) -> Option<Timestamp> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    Timestamp::from_second(parsed.validity().not_after.timestamp()).ok()
}

/// `tls-server-end-point` of RFC 5929: the certificate under the hash of its own signature, SHA-256 where that is older.
pub fn end_point(certificate: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let algorithm = match signature_hash(&parsed) {
        Some("SHA-384") => &digest::SHA384,
        Some("SHA-512") => &digest::SHA512,
        _ => &digest::SHA256,
    };
    Some(digest::digest(algorithm, certificate).as_ref().to_vec())
}
