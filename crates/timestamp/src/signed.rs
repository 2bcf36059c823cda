//! The signed envelope (CMS `SignedData`, RFC 5652) around what an authority says, with one signer.

use aws_lc_rs::digest;
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, aws_lc_rs as algorithm};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::{
    Refused,
    der::{CONTEXT_0, OCTETS, OID, SEQUENCE, SET, Tlv},
};

pub const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
const SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];
/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.16.1.4
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
/// 1.2.840.113549.1.9.3 and .4
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
/// 1.2.840.113549.1.9.16.2.12 and .47
const SIGNING_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0c];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f];
/// 1.3.6.1.5.5.7.3.8, id-kp-timeStamping
const STAMPING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];
/// 1.2.840.113549.1.1.1, and with SHA-256, -384, -512, and PSS.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const RSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c];
const RSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d];
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
/// 1.2.840.10045.4.3.2, .3, .4
const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
const ECDSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04];
/// 1.3.101.112
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// A token, taken apart; nothing of it is believed before [`Signed::verify`] and [`Signed::trusted`].
#[derive(Debug)]
pub struct Signed<'a> {
    /// `TSTInfo`.
    pub content: &'a [u8],
    certificates: Vec<CertificateDer<'a>>,
    /// Of the content.
    digest: &'static digest::Algorithm,
    attributes: Tlv<'a>,
    /// OID, and that of the digest.
    algorithm: (&'a [u8], &'a [u8]),
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    pub fn read(token: &'a [u8]) -> Result<Self, Refused> {
        let parts = Tlv::only(token)?.inside(SEQUENCE)?;
        let [kind, content] = parts.as_slice() else { return Err(Refused::Malformed) };
        if kind.of(OID)? != SIGNED_DATA {
            return Err(Refused::Malformed);
        }
        // version, digestAlgorithms, encapContentInfo, [0] certificates?, [1] crls?, signerInfos
        let parts = Tlv::only(content.of(CONTEXT_0)?)?.inside(SEQUENCE)?;
        let [_, _, content, rest @ ..] = parts.as_slice() else { return Err(Refused::Malformed) };
        let inner = content.inside(SEQUENCE)?;
        let [kind, content] = inner.as_slice() else { return Err(Refused::Malformed) };
        if kind.of(OID)? != TST_INFO {
            return Err(Refused::Malformed);
        }
        let content = Tlv::only(content.of(CONTEXT_0)?)?.of(OCTETS)?;
        let certificates = match rest.iter().find(|part| part.tag == CONTEXT_0) {
            Some(part) => part.inside(CONTEXT_0)?,
            None => Vec::new(),
        };
        let certificates = certificates.iter().filter(|one| one.tag == SEQUENCE);
        let certificates = certificates.map(|one| CertificateDer::from(one.raw)).collect();
        let signers = rest.last().ok_or(Refused::Malformed)?.inside(SET)?;
        let [signer] = signers.as_slice() else { return Err(Refused::Malformed) };
        // version, sid, digestAlgorithm, [0] signedAttrs, signatureAlgorithm, signature, [1] unsignedAttrs?
        let parts = signer.inside(SEQUENCE)?;
        let [_, _, digest, attributes, algorithm, signature, ..] = parts.as_slice() else {
            return Err(Refused::Malformed);
        };
        attributes.of(CONTEXT_0)?;
        let digest = name_of(*digest)?;
        Ok(Self {
            content,
            certificates,
            digest: algorithm_of(digest).ok_or(Refused::BadSignature)?,
            attributes: *attributes,
            algorithm: (name_of(*algorithm)?, digest),
            signature: signature.of(OCTETS)?,
        })
    }

    /// The value of a signed attribute that must be there once, with one value.
    fn attribute(&self, name: &[u8]) -> Result<Option<Tlv<'a>>, Refused> {
        let mut found = None;
        for attribute in self.attributes.inside(CONTEXT_0)? {
            let parts = attribute.inside(SEQUENCE)?;
            let [kind, values] = parts.as_slice() else { return Err(Refused::Malformed) };
            if kind.of(OID)? == name {
                let values = values.inside(SET)?;
                let [value] = values.as_slice() else { return Err(Refused::Malformed) };
                if found.replace(*value).is_some() {
                    return Err(Refused::Malformed);
                }
            }
        }
        Ok(found)
    }

    /// That the content is what was signed, by the certificate that the signed attributes name.
    pub fn verify(&self) -> Result<CertificateDer<'a>, Refused> {
        let kind = self.attribute(CONTENT_TYPE)?.ok_or(Refused::BadSignature)?;
        let digest = self.attribute(MESSAGE_DIGEST)?.ok_or(Refused::BadSignature)?;
        if kind.of(OID)? != TST_INFO
            || digest.of(OCTETS)? != digest::digest(self.digest, self.content).as_ref()
        {
            return Err(Refused::BadSignature);
        }
        let signer = self.signer()?;
        // They stand there as `[0]`, and are signed as a SET (RFC 5652 §5.4).
        let mut signed = self.attributes.raw.to_vec();
        *signed.first_mut().ok_or(Refused::Malformed)? = SET;
        let key = EndEntityCert::try_from(&signer).map_err(|_| Refused::BadSignature)?;
        let fits = |one: &&dyn SignatureVerificationAlgorithm| {
            key.verify_signature(*one, &signed, self.signature).is_ok()
        };
        if candidates(self.algorithm).iter().any(fits) { Ok(signer) } else { Err(Refused::BadSignature) }
    }

    /// The certificate whose hash is signed with the rest (RFC 5816; SHA-1 by RFC 2634).
    fn signer(&self) -> Result<CertificateDer<'a>, Refused> {
        let (first, usual) = match self.attribute(SIGNING_CERTIFICATE_V2)? {
            Some(names) => (names, &digest::SHA256),
            None => {
                let names = self.attribute(SIGNING_CERTIFICATE)?.ok_or(Refused::BadSignature)?;
                (names, &digest::SHA1_FOR_LEGACY_USE_ONLY)
            }
        };
        // SEQUENCE { certs SEQUENCE OF ESSCertID, … }; the first is the signer's.
        let names = first.inside(SEQUENCE)?;
        let names = names.first().ok_or(Refused::Malformed)?.inside(SEQUENCE)?;
        let name = names.first().ok_or(Refused::Malformed)?.inside(SEQUENCE)?;
        let (algorithm, hash) = match name.as_slice() {
            [kind, hash, ..] if kind.tag == SEQUENCE && usual == &digest::SHA256 => {
                (algorithm_of(name_of(*kind)?).ok_or(Refused::BadSignature)?, hash)
            }
            [hash, ..] => (usual, hash),
            [] => return Err(Refused::Malformed),
        };
        let hash = hash.of(OCTETS)?;
        let named = |one: &&CertificateDer<'a>| digest::digest(algorithm, one.as_ref()).as_ref() == hash;
        self.certificates.iter().find(named).cloned().ok_or(Refused::BadSignature)
    }

    /// That the signer's certificate is for stamping, and for nothing else, and led to one of these authorities at that time.
    pub fn trusted(
        &self,
        signer: &CertificateDer<'_>,
        authorities: &[TrustAnchor<'_>],
        at: Timestamp,
    ) -> Result<(), Refused> {
        let (_, parsed) = X509Certificate::from_der(signer).map_err(|_| Refused::Untrusted)?;
        let usage = parsed.extended_key_usage().ok().flatten().ok_or(Refused::Untrusted)?;
        let v = usage.value;
        let more = v.any || v.server_auth || v.client_auth || v.code_signing || v.email_protection;
        if !usage.critical || !v.time_stamping || more || v.ocsp_signing || !v.other.is_empty() {
            return Err(Refused::Untrusted);
        }
        let seconds = u64::try_from(at.as_second()).map_err(|_| Refused::Untrusted)?;
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let leaf = EndEntityCert::try_from(signer).map_err(|_| Refused::Untrusted)?;
        // The signer's own was looked at above; of those between, one that names its uses must name this one.
        let usage = KeyUsage::required_if_present(STAMPING);
        leaf.verify_for_usage(ALL_VERIFICATION_ALGS, authorities, &self.certificates, time, usage, None, None)
            .map(drop)
            .map_err(|_| Refused::Untrusted)
    }
}

/// The OID of an `AlgorithmIdentifier`.
fn name_of(algorithm: Tlv<'_>) -> Result<&[u8], Refused> {
    algorithm.inside(SEQUENCE)?.first().ok_or(Refused::Malformed)?.of(OID)
}

fn algorithm_of(name: &[u8]) -> Option<&'static digest::Algorithm> {
    match name {
        SHA256 => Some(&digest::SHA256),
        SHA384 => Some(&digest::SHA384),
        SHA512 => Some(&digest::SHA512),
        _ => None,
    }
}

/// What may be meant by a signature's OID and the digest beside it; the key decides between curves.
fn candidates((name, digest): (&[u8], &[u8])) -> Vec<&'static dyn SignatureVerificationAlgorithm> {
    use algorithm as a;
    match (name, digest) {
        (RSA, SHA256) | (RSA_SHA256, _) => vec![a::RSA_PKCS1_2048_8192_SHA256],
        (RSA, SHA384) | (RSA_SHA384, _) => vec![a::RSA_PKCS1_2048_8192_SHA384],
        (RSA, SHA512) | (RSA_SHA512, _) => vec![a::RSA_PKCS1_2048_8192_SHA512],
        (RSA_PSS, SHA256) => vec![a::RSA_PSS_2048_8192_SHA256_LEGACY_KEY],
        (RSA_PSS, SHA384) => vec![a::RSA_PSS_2048_8192_SHA384_LEGACY_KEY],
        (RSA_PSS, SHA512) => vec![a::RSA_PSS_2048_8192_SHA512_LEGACY_KEY],
        (ECDSA_SHA256, _) => vec![a::ECDSA_P256_SHA256, a::ECDSA_P384_SHA256, a::ECDSA_P521_SHA256],
        (ECDSA_SHA384, _) => vec![a::ECDSA_P256_SHA384, a::ECDSA_P384_SHA384, a::ECDSA_P521_SHA384],
        (ECDSA_SHA512, _) => vec![a::ECDSA_P256_SHA512, a::ECDSA_P384_SHA512, a::ECDSA_P521_SHA512],
        (ED25519, _) => vec![a::ED25519],
        _ => vec![],
    }
}
