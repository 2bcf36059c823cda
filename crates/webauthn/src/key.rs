//! COSE keys (RFC 9052 §7, RFC 8152 §13, RFC 8230) and the signatures that they check.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ED25519, EcdsaKeyPair, KeyPair, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use ciborium::Value;

use crate::{Refused, authenticator};

/// The COSE algorithms to ask for, the best first: Ed25519, ES256, RS256.
pub const ALGORITHMS: [i64; 3] = [-8, -7, -257];

/// A key that can check signatures.
#[derive(Debug, Clone)]
pub enum PublicKey {
    /// ECDSA over P-256 with SHA-256: an uncompressed point.
    Es256(Vec<u8>),
    Ed25519(Vec<u8>),
    /// RSASSA-PKCS1-v1_5 with SHA-256, 2048 to 8192 bits: modulus and exponent.
    Rs256(Vec<u8>, Vec<u8>),
}

impl PublicKey {
    /// Reads a COSE key.
    pub fn read(mut cose: &[u8]) -> Result<Self, Refused> {
        let parts = authenticator::value(&mut cose)?.into_map().map_err(|_| Refused::Malformed)?;
        if !cose.is_empty() {
            return Err(Refused::Malformed);
        }
        let part =
            |label: i64| parts.iter().find(|(name, _)| integer(name) == Some(label)).map(|(_, value)| value);
        let number = |label| part(label).and_then(integer);
        let bytes = |label| part(label).and_then(Value::as_bytes).cloned().ok_or(Refused::Malformed);
        // kty (1), alg (3); crv (-1), x (-2), y (-3) of curves; n (-1), e (-2) of RSA.
        match (number(1), number(3)) {
            (Some(2), Some(-7)) if number(-1) == Some(1) => {
                let (x, y) = (bytes(-2)?, bytes(-3)?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(Refused::Malformed);
                }
                Self::Es256([&[4], x.as_slice(), y.as_slice()].concat()).parsed()
            }
            (Some(1), Some(-8)) if number(-1) == Some(6) => Self::Ed25519(bytes(-2)?).parsed(),
            (Some(3), Some(-257)) => Ok(Self::Rs256(bytes(-1)?, bytes(-2)?)),
            _ => Err(Refused::Algorithm),
        }
    }

    /// Whether it is a point of its curve is known at once, not at the first signature.
    fn parsed(self) -> Result<Self, Refused> {
        let fine = match &self {
            Self::Es256(point) => ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point.as_slice()).is_ok(),
            Self::Ed25519(point) => ParsedPublicKey::new(&ED25519, point.as_slice()).is_ok(),
            Self::Rs256(..) => true,
        };
        if fine { Ok(self) } else { Err(Refused::Malformed) }
    }

    /// A key that nobody has: checking against it takes as long as against a real one, and never fits.
    pub fn of_nobody() -> Self {
        static NOBODY: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key can be made");
            pair.public_key().as_ref().to_vec()
        });
        Self::Es256(NOBODY.clone())
    }

    /// Checks a signature in the form that WebAuthn sends (§6.5.5).
    pub fn verify(&self, signed: &[u8], signature: &[u8]) -> Result<(), Refused> {
        let checked = match self {
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(signed, signature)
            }
            Self::Ed25519(point) => UnparsedPublicKey::new(&ED25519, point).verify(signed, signature),
            Self::Rs256(n, e) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature)
            }
        };
        checked.map_err(|_| Refused::Signature)
    }
}

fn integer(value: &Value) -> Option<i64> {
    value.as_integer().and_then(|i| i.try_into().ok())
}
