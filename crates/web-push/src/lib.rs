//! What a web push message (RFC 8030) is made of: its text encrypted for one subscriber (RFC 8291, in the content coding of
//! RFC 8188), and the sender's voluntary identification (VAPID, RFC 8292). No network, no clock, no JSON library: the caller
//! brings the time and sends the request.
//!
//! One provider, aws-lc-rs: P-256, HKDF-SHA-256, AES-128-GCM, ES256.

mod encrypt;
mod vapid;

use aws_lc_rs::{
    agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey},
    encoding::{AsBigEndian as _, EcPrivateKeyBin},
};

pub use encrypt::{LONGEST, encrypt};
pub use vapid::Sender;

/// Why something cannot be done. For logs: the caller has its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not an uncompressed point of P-256, or not a secret of 16 bytes.
    #[error("the subscriber's keys are not usable")]
    Keys,
    /// More than one record holds ([`LONGEST`]).
    #[error("the message is too long for one record")]
    TooLong,
    #[error("the cryptographic library refused")]
    Crypto,
}

/// Bytes of an uncompressed point of P-256.
pub const POINT: usize = 65;

/// The keys that a browser gives out with a subscription: `p256dh` and `auth`.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscriber {
    public: [u8; POINT],
    auth: [u8; 16],
}

impl std::fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subscriber(…)")
    }
}

impl Subscriber {
    /// Refuses what is no point of the curve: a key that is kept must work when it is needed.
    pub fn parse(public: &[u8], auth: &[u8]) -> Result<Self, Error> {
        let public: [u8; POINT] = public.try_into().map_err(|_| Error::Keys)?;
        let auth = auth.try_into().map_err(|_| Error::Keys)?;
        if public[0] != 4 {
            return Err(Error::Keys);
        }
        agree(&fresh()?, &public).map_err(|_| Error::Keys)?;
        Ok(Self { public, auth })
    }
}

fn fresh() -> Result<PrivateKey, Error> {
    PrivateKey::generate(&ECDH_P256).map_err(|_| Error::Crypto)
}

fn public_of(key: &PrivateKey) -> Result<[u8; POINT], Error> {
    let public = key.compute_public_key().map_err(|_| Error::Crypto)?;
    public.as_ref().try_into().map_err(|_| Error::Crypto)
}

fn secret_of(key: &PrivateKey) -> Result<[u8; 32], Error> {
    let secret: EcPrivateKeyBin<'_> = key.as_be_bytes().map_err(|_| Error::Crypto)?;
    secret.as_ref().try_into().map_err(|_| Error::Crypto)
}

fn agree(own: &PrivateKey, other: &[u8; POINT]) -> Result<[u8; 32], Error> {
    agreement::agree(own, UnparsedPublicKey::new(&ECDH_P256, other), Error::Crypto, |shared| {
        shared.try_into().map_err(|_| Error::Crypto)
    })
}
