//! Where the bytes of a file stand, and under which keys. Everything follows from the file's id and its one key:
//!
//! ```text
//! stored      7f/0190…7f            what is served                      HKDF-SHA-256(file key, "renkei/file/v1/stored")
//! thumbnail   7f/0190…7f.thumbnail  a small JPEG                        HKDF-SHA-256(file key, "renkei/file/v1/thumbnail")
//! upload      incoming/0190…7f      a picture as it came, until the     HKDF-SHA-256(file key, "renkei/file/v1/upload")
//!                                   scanner has looked at it
//! ```
//!
//! The folder is the last byte of the id, which is random. Ids are made here, never by a client, so a name is used once.

use aws_lc_rs::hkdf;
use envelope::Secret;
use intake::{Error as Trouble, blob::Stored};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{Result, app::App};

use super::refusals::storage;

/// Which bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    Stored,
    Thumbnail,
    Upload,
}

/// Folder of uploads that wait for the scanner.
pub(super) const INCOMING: &str = "incoming";

impl Variant {
    fn code(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Thumbnail => "thumbnail",
            Self::Upload => "upload",
        }
    }

    pub(super) fn blob_key(self, file: Uuid) -> String {
        let name = file.simple();
        match self {
            Self::Stored => format!("{:02x}/{name}", file.as_bytes()[15]),
            Self::Thumbnail => format!("{:02x}/{name}.thumbnail", file.as_bytes()[15]),
            Self::Upload => format!("{INCOMING}/{name}"),
        }
    }

    /// The key of these bytes alone. They are authenticated as this variant of this file.
    pub(super) fn key(self, file_key: &Secret) -> Zeroizing<[u8; 32]> {
        let pseudorandom = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(file_key.expose());
        let info = [b"renkei/file/v1/".as_slice(), self.code().as_bytes()];
        let mut key = Zeroizing::new([0; 32]);
        pseudorandom
            .expand(&info, hkdf::HKDF_SHA256)
            .and_then(|derived| derived.fill(&mut *key))
            .expect("one block is within HKDF's limit");
        key
    }

    pub(super) fn aad(self, file: Uuid) -> Vec<u8> {
        [file.as_bytes().as_slice(), self.code().as_bytes()].concat()
    }
}

/// Where the served bytes of a file stand in the store.
pub fn blob_key(file: Uuid) -> String {
    Variant::Stored.blob_key(file)
}

/// Where the small picture of a file stands in the store.
pub fn thumbnail_key(file: Uuid) -> String {
    Variant::Thumbnail.blob_key(file)
}

/// SHA-256 of stored (encrypted) bytes, to compare with `care.file`. Needs no key.
pub async fn digest_of(app: &App, blob_key: &str) -> Result<[u8; 32]> {
    app.blobs.digest(blob_key).await.map_err(storage)
}

pub(super) async fn put(
    app: &App,
    file: Uuid,
    variant: Variant,
    key: &Secret,
    bytes: &[u8],
) -> Result<Stored> {
    let stored = app.blobs.put(&variant.blob_key(file), &variant.key(key), &variant.aad(file), bytes).await;
    stored.map_err(storage)
}

pub(super) async fn open(
    app: &App,
    file: Uuid,
    variant: Variant,
    key: &Secret,
) -> Result<intake::blob::Reader> {
    let reader = app.blobs.reader(&variant.blob_key(file), &variant.key(key), &variant.aad(file)).await;
    reader.map_err(storage)
}

pub(super) async fn get(app: &App, file: Uuid, variant: Variant, key: &Secret) -> Result<Vec<u8>> {
    app.blobs.get(&variant.blob_key(file), &variant.key(key), &variant.aad(file)).await.map_err(storage)
}

/// Removes one kind of bytes, if they are there.
pub(super) async fn forget(app: &App, file: Uuid, variant: Variant) {
    match app.blobs.delete(&variant.blob_key(file)).await {
        Ok(()) | Err(Trouble::NotFound) => {}
        Err(error) => tracing::warn!(%error, "a blob that nothing refers to could not be removed"),
    }
}

/// Removes all bytes of a file that no row came to name.
pub(super) async fn forget_all(app: &App, file: Uuid) {
    for variant in [Variant::Stored, Variant::Thumbnail, Variant::Upload] {
        forget(app, file, variant).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_has_its_own_place_and_key() {
        let (file, key) = (Uuid::from_u128(0x0190_ab7f), Secret::from([7; 32]));
        let all = [Variant::Stored, Variant::Thumbnail, Variant::Upload];
        let places = all.map(|v| v.blob_key(file));
        assert_eq!(places[0], "7f/0000000000000000000000000190ab7f");
        assert_eq!(places[1], "7f/0000000000000000000000000190ab7f.thumbnail");
        assert_eq!(places[2], "incoming/0000000000000000000000000190ab7f");
        let keys = all.map(|v| *v.key(&key));
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
        assert!(!keys.contains(key.expose()), "the file's own key seals names, never bytes");
    }
}
