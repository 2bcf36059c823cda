use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64;

/// A SHA-256 value: 32 bytes, written in base64 (RFC 4648 §4), as all C2SP formats have it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

/// The text or byte string is not a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 hash of 32 bytes, or its base64")]
pub struct NotAHash;

impl Hash {
    /// The root of a tree without leaves: SHA-256 of nothing.
    pub const EMPTY: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
        0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);

    /// SHA-256 as it is, without any prefix.
    pub fn sha256(bytes: &[u8]) -> Self {
        let mut out = [0; 32];
        out.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(out)
    }

    /// The hash of a leaf: SHA-256(0x00 ‖ entry).
    pub fn leaf(entry: &[u8]) -> Self {
        Self::sha256(&[&[0], entry].concat())
    }

    /// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
    pub fn node(left: &Self, right: &Self) -> Self {
        let mut bytes = [1; 65];
        bytes[1..33].copy_from_slice(&left.0);
        bytes[33..].copy_from_slice(&right.0);
        Self::sha256(&bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<&[u8]> for Hash {
    type Error = NotAHash;

    fn try_from(bytes: &[u8]) -> Result<Self, NotAHash> {
        bytes.try_into().map(Self).map_err(|_| NotAHash)
    }
}

impl FromStr for Hash {
    type Err = NotAHash;

    /// Only the one spelling: padded, nothing after it, no bits left over.
    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| NotAHash)?;
        Self::try_from(bytes.as_slice())
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hashes_to_the_empty_root() {
        assert_eq!(Hash::sha256(b""), Hash::EMPTY);
    }

    #[test]
    fn only_one_spelling_is_read() {
        let text = Hash::leaf(b"").to_string();
        assert_eq!(text.parse(), Ok(Hash::leaf(b"")));
        let mut bits_left_over = text.clone();
        bits_left_over.replace_range(42..43, "1");
        let longer = format!("{text}\n");
        for other in [&text[..43], &text[1..], &longer, &bits_left_over, "", &text.replace('=', "")] {
            assert_eq!(other.parse::<Hash>(), Err(NotAHash), "{other:?}");
        }
        assert_eq!(Hash::try_from(&[0_u8; 31][..]), Err(NotAHash));
    }
}
