//! RFC 8292: who sends, by a token signed with ES256. A browser binds its subscription to the public key, so that nobody else
//! can send to it.

use aws_lc_rs::{
    agreement::{ECDH_P256, PrivateKey},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use data_encoding::BASE64URL_NOPAD;

use crate::{Error, POINT, fresh, public_of, secret_of};

/// The key of a deployment.
pub struct Sender {
    pair: EcdsaKeyPair,
    public: [u8; POINT],
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sender(…)")
    }
}

impl Sender {
    /// A new secret, to be kept: with another one every subscription is void.
    pub fn fresh_secret() -> Result<[u8; 32], Error> {
        secret_of(&fresh()?)
    }

    pub fn from_secret(secret: &[u8; 32]) -> Result<Self, Error> {
        let key = PrivateKey::from_private_key(&ECDH_P256, secret).map_err(|_| Error::Keys)?;
        let public = public_of(&key)?;
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, secret, &public)
                .map_err(|_| Error::Keys)?;
        Ok(Self { pair, public })
    }

    /// What a browser is told as `applicationServerKey`.
    pub fn public(&self) -> &[u8; POINT] {
        &self.public
    }

    /// The value of `Authorization` for a push service. `audience` is its origin, `contact` a `mailto:` or `https:` address of
    /// whoever runs the sender, `expires` a Unix second at most 24 hours ahead. Neither may hold what JSON would escape.
    pub fn authorization(&self, audience: &str, contact: &str, expires: i64) -> Result<String, Error> {
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_graphic() && c != '"' && c != '\\');
        if !plain(audience) || !plain(contact) {
            return Err(Error::Keys);
        }
        let claims = format!(r#"{{"aud":"{audience}","exp":{expires},"sub":"{contact}"}}"#);
        let head = BASE64URL_NOPAD.encode(br#"{"typ":"JWT","alg":"ES256"}"#);
        let signed = format!("{head}.{}", BASE64URL_NOPAD.encode(claims.as_bytes()));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| Error::Crypto)?;
        Ok(format!(
            "vapid t={signed}.{}, k={}",
            BASE64URL_NOPAD.encode(signature.as_ref()),
            BASE64URL_NOPAD.encode(&self.public)
        ))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_kept_secret_gives_the_same_sender_and_its_tokens_verify() {
        let secret = Sender::fresh_secret().expect("a secret");
        let sender = Sender::from_secret(&secret).expect("a sender");
        assert_eq!(sender.public(), Sender::from_secret(&secret).expect("again").public());
        let header = sender
            .authorization("https://push.example.net", "mailto:admin@example.jp", 1_700_000_000)
            .expect("a header");
        let (token, key) = header
            .strip_prefix("vapid t=")
            .and_then(|rest| rest.split_once(", k="))
            .expect("as RFC 8292 §3 has it");
        let (signed, signature) = token.rsplit_once('.').expect("three parts");
        let bytes = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url");
        assert_eq!(bytes(key), sender.public());
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes(key));
        assert!(public.verify(signed.as_bytes(), &bytes(signature)).is_ok());
        assert!(public.verify(b"something else", &bytes(signature)).is_err());
        let (head, claims) = signed.split_once('.').expect("two parts");
        assert_eq!(bytes(head), br#"{"typ":"JWT","alg":"ES256"}"#);
        assert_eq!(
            bytes(claims),
            br#"{"aud":"https://push.example.net","exp":1700000000,"sub":"mailto:admin@example.jp"}"#
        );
    }

    #[test]
    fn what_would_break_out_of_the_token_is_refused() {
        let sender = Sender::from_secret(&Sender::fresh_secret().expect("a secret")).expect("a sender");
        assert!(sender.authorization("https://a.example", "mailto:a@example.jp", 1).is_ok());
        assert!(sender.authorization("https://a.example\",\"x\":\"", "mailto:a@example.jp", 1).is_err());
        assert!(sender.authorization("https://a.example", "mailto:\\", 1).is_err());
    }
}
