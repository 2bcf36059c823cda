//! Random tokens for sessions, devices and links. Only their SHA-256 is ever stored.

use aws_lc_rs::{digest, rand};
use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

/// 256 random bits as 43 URL-safe characters.
pub fn fresh() -> String {
    BASE64URL_NOPAD.encode(&random::<32>())
}

pub fn hash(token: &str) -> [u8; 32] {
    sha256(token.as_bytes())
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, bytes).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// The id that follows from a hash (RFC 9562, version 8), for what must have the same id when it comes again.
pub fn id_of(hash: &[u8]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
