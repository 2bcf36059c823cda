//! Whether a stored file still is what came: for the drill of a restored deployment.

use envelope::{Aad, DataKey, FacilityKey, open_text, unwrap_file_key};
use uuid::Uuid;

use super::{blobs::Variant, refusals::storage};
use crate::{Error, Result};

/// Opens the served bytes of a file and compares them with the digest that was sealed with its row.
pub async fn proves(
    blobs: &intake::blob::Store,
    facility_key: &FacilityKey,
    facility: Uuid,
    file: Uuid,
    wrapped_key: &[u8],
    sealed_sha256: &[u8],
) -> Result<bool> {
    let key = unwrap_file_key(facility_key, wrapped_key, facility, file).map_err(Error::internal)?;
    let place = Aad { table: "file", stream: facility, row: file };
    let expected =
        open_text(&DataKey::from(key.clone()), &place, "sha256", sealed_sha256).map_err(Error::internal)?;
    let stored = Variant::Stored;
    let bytes =
        blobs.get(&stored.blob_key(file), &stored.key(&key), &stored.aad(file)).await.map_err(storage)?;
    let found = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    Ok(hex::encode(found) == expected)
}
