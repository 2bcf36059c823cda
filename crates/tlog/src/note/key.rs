use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use data_encoding::BASE64;

use crate::Hash;

/// What a signature line's bytes are, by the standard's type byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Algorithm {
    /// Ed25519 over the note's text.
    Ed25519 = 0x01,
    /// cosignature/v1: a witness's Ed25519 signature with a time, over a checkpoint's text.
    Cosignature = 0x04,
}

/// A public key by its name, as it is handed out: the standard's *vkey*, `name+key id+base64(type ‖ key)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyKey {
    name: String,
    id: [u8; 4],
    algorithm: Algorithm,
    public: [u8; 32],
}

/// Not a key: a name with spaces or `+`, an unknown type, another length, or an id that is not its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key as name+id+base64, of a type that is known here")]
pub struct BadKey;

/// A key that signs notes (type 0x01): a log's.
pub struct Signer {
    key: VerifyKey,
    pair: Ed25519KeyPair,
}

/// Names are not empty and hold no spaces and no plus; control characters would not survive in a note.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c == '+' || c.is_whitespace() || c < ' ')
}

impl VerifyKey {
    /// A key by its 32 bytes (RFC 8032).
    ///
    /// # Errors
    /// [`BadKey`] for a name that cannot be one.
    pub fn new(name: &str, algorithm: Algorithm, public: [u8; 32]) -> Result<Self, BadKey> {
        if !is_name(name) {
            return Err(BadKey);
        }
        let hash = Hash::sha256(&[name.as_bytes(), b"\n", &[algorithm as u8], &public].concat());
        let id = *hash.as_bytes().first_chunk().expect("a hash has more than 4 bytes");
        Ok(Self { name: name.to_owned(), id, algorithm, public })
    }

    /// Whose it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of SHA-256(name ‖ newline ‖ type ‖ key): finds the key, proves nothing.
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    /// What it signs.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Checks a signature line's bytes after the id; a cosignature's time comes out.
    pub(super) fn verify(&self, text: &str, signature: &[u8]) -> Result<Option<u64>, BadKey> {
        match self.algorithm {
            Algorithm::Ed25519 => self.fits(text.as_bytes(), signature).map(|()| None),
            Algorithm::Cosignature => {
                let (time, signature) = signature.split_first_chunk::<8>().ok_or(BadKey)?;
                let time = u64::from_be_bytes(*time);
                if i64::try_from(time).is_err() {
                    return Err(BadKey);
                }
                self.fits(cosigned(time, text).as_bytes(), signature).map(|()| Some(time))
            }
        }
    }

    fn fits(&self, message: &[u8], signature: &[u8]) -> Result<(), BadKey> {
        UnparsedPublicKey::new(&ED25519, self.public).verify(message, signature).map_err(|_| BadKey)
    }
}

/// What a witness signs: two lines before the checkpoint's text.
pub fn cosigned(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

impl fmt::Display for VerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.algorithm as u8], &self.public[..]].concat();
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id), BASE64.encode(&key))
    }
}

impl FromStr for VerifyKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        // base64 may hold a plus, names and ids do not.
        let mut parts = text.splitn(3, '+');
        let (name, _id, key) =
            (parts.next().ok_or(BadKey)?, parts.next().ok_or(BadKey)?, parts.next().ok_or(BadKey)?);
        let key = BASE64.decode(key.as_bytes()).map_err(|_| BadKey)?;
        let (algorithm, public) = key.split_first().ok_or(BadKey)?;
        let algorithm = match algorithm {
            0x01 => Algorithm::Ed25519,
            0x04 => Algorithm::Cosignature,
            _ => return Err(BadKey),
        };
        let read = Self::new(name, algorithm, public.try_into().map_err(|_| BadKey)?)?;
        // Its one spelling, with the id that is its own.
        if read.to_string() == text { Ok(read) } else { Err(BadKey) }
    }
}

impl Signer {
    /// A key from its 32 secret bytes (RFC 8032). A log's name should be its origin.
    ///
    /// # Errors
    /// [`BadKey`] for a name that cannot be one.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, BadKey> {
        Self::with(name, Algorithm::Ed25519, seed)
    }

    pub(crate) fn with(name: &str, algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, BadKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| BadKey)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| BadKey)?;
        Ok(Self { key: VerifyKey::new(name, algorithm, public)?, pair })
    }

    /// The key to hand out.
    pub const fn verify_key(&self) -> &VerifyKey {
        &self.key
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, …)", self.key)
    }
}
