//! An ID token (OpenID Connect Core 1.0 §2, §3.1.3.7): whose word it is, for whom, about whom, for how long.

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, Validation, decode, decode_header,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;

/// Seconds by which two clocks may differ.
pub const LEEWAY: i64 = 60;
/// Seconds that an ID token may be old when it comes: it was made for the code of a moment ago.
const LONGEST_WAY: i64 = 600;
const LONGEST_SUBJECT: usize = 255;
/// Signatures whose key is public. Never `none`, never a shared secret: the public key would be one.
const ACCEPTED: [Algorithm; 9] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
];

/// The key that a token says it is signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    id: Option<String>,
    algorithm: Algorithm,
}

impl Key {
    /// From a token that nobody has checked yet. The error is a code for the log.
    pub fn named_by(token: &str) -> Result<Self, &'static str> {
        let header = decode_header(token).map_err(|_| "not_a_token")?;
        if !ACCEPTED.contains(&header.alg) {
            return Err("algorithm");
        }
        Ok(Self { id: header.kid, algorithm: header.alg })
    }

    /// Whether a key is of this name, for signatures, and of this very algorithm.
    pub fn fits(&self, jwk: &Jwk) -> bool {
        let named = self.id.is_none() || self.id == jwk.common.key_id;
        let signs =
            !matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption | PublicKeyUse::Other(_)));
        let declared = jwk.common.key_algorithm.as_ref();
        named
            && signs
            && declared.is_none_or(|d| *d == KeyAlgorithm::from(self.algorithm))
            && self.is_kind_of(jwk)
    }

    fn is_kind_of(&self, jwk: &Jwk) -> bool {
        match (&jwk.algorithm, self.algorithm) {
            (AlgorithmParameters::EllipticCurve(p), Algorithm::ES256) => p.curve == EllipticCurve::P256,
            (AlgorithmParameters::EllipticCurve(p), Algorithm::ES384) => p.curve == EllipticCurve::P384,
            (AlgorithmParameters::OctetKeyPair(p), Algorithm::EdDSA) => p.curve == EllipticCurve::Ed25519,
            (AlgorithmParameters::RSA(_), a) => AlgorithmFamily::Rsa.algorithms().contains(&a),
            _ => false,
        }
    }
}

/// What is taken of a token.
#[derive(Deserialize)]
pub struct Claims {
    pub iss: String,
    pub sub: String,
    aud: Audience,
    azp: Option<String>,
    iat: i64,
    nonce: Option<String>,
    /// When the person really signed in there.
    pub auth_time: Option<i64>,
    pub acr: Option<String>,
    #[serde(default)]
    pub amr: Vec<String>,
}

crate::opaque_debug!(Claims);

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    /// For us, and for nobody else: we trust no other audience (Core §3.1.3.7, 3).
    fn is_only(&self, client_id: &str) -> bool {
        match self {
            Self::One(one) => one == client_id,
            Self::Several(all) => !all.is_empty() && all.iter().all(|one| one == client_id),
        }
    }
}

/// What a token must be.
#[derive(Debug)]
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    /// Seconds since 1970.
    pub now: i64,
}

/// The error is a code for the log. `keys`: those that fit what the token names; several only where it names none.
pub fn check(token: &str, key: &Key, keys: &[Jwk], expected: &Expected<'_>) -> Result<Claims, &'static str> {
    let [jwk] = keys else { return Err(if keys.is_empty() { "unknown_key" } else { "which_key" }) };
    let decoding = DecodingKey::from_jwk(jwk).map_err(|_| "key_not_read")?;
    let mut validation = Validation::new(key.algorithm);
    validation.leeway = LEEWAY.unsigned_abs();
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    let claims = decode::<Claims>(token, &decoding, &validation).map_err(|_| "token_not_valid")?.claims;
    if claims.iss != expected.issuer {
        return Err("issuer");
    }
    if !claims.aud.is_only(expected.client_id) {
        return Err("audience");
    }
    if claims.azp.as_deref().is_some_and(|party| party != expected.client_id) {
        return Err("authorized_party");
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err("nonce");
    }
    if claims.iat > expected.now + LEEWAY || claims.iat < expected.now - LONGEST_WAY {
        return Err("issued_at");
    }
    if claims.sub.is_empty() || claims.sub.len() > LONGEST_SUBJECT {
        return Err("subject");
    }
    Ok(claims)
}
