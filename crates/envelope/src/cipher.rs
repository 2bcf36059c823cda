use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};

use crate::Error;

/// What a ciphertext is: its first byte, authenticated as part of its place. Numbers are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Form {
    /// Salt and content of a record.
    Record = 1,
    /// The text of one column.
    Text = 2,
    /// A data key under a facility key.
    WrappedKey = 3,
    /// A facility key under a master key.
    MasterWrapped = 4,
    /// The key of one file under a data key.
    FileKey = 5,
}

/// AES-256-GCM with the key schedule done once; the library draws a random nonce for every message.
pub(crate) struct Cipher(RandomizedNonceKey);

const TAG_LEN: usize = 16;
const START: usize = 1 + NONCE_LEN;

impl Cipher {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(RandomizedNonceKey::new(&AES_256_GCM, key).expect("AES-256 takes any 32 bytes"))
    }

    /// `form ‖ nonce ‖ AES-256-GCM(parts joined) ‖ tag`.
    pub(crate) fn seal(&self, form: Form, place: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let mut sealed = Vec::with_capacity(START + length + TAG_LEN);
        sealed.resize(START, form as u8);
        for part in parts {
            sealed.extend_from_slice(part);
        }
        let (nonce, tag) = self
            .0
            .seal_in_place_separate_tag(Aad::from(place), &mut sealed[START..])
            .expect("GCM seals anything below 64 GiB, and the system's generator answers");
        sealed[1..START].copy_from_slice(nonce.as_ref());
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// What was sealed in this form for this place.
    pub(crate) fn open(&self, form: Form, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let (head, body) = sealed.split_at_checked(START).ok_or(Error::Malformed)?;
        if head[0] != form as u8 || body.len() < TAG_LEN {
            return Err(Error::Malformed);
        }
        let nonce = Nonce::try_assume_unique_for_key(&head[1..]).map_err(|_| Error::Malformed)?;
        let mut plain = body.to_vec();
        self.0.open_in_place(nonce, Aad::from(place), &mut plain).map_err(|_| Error::Refused)?;
        plain.truncate(body.len() - TAG_LEN);
        Ok(plain)
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(…)")
    }
}
