//! One file, found through the caller's rights, with the key that opens it.

use envelope::{Aad, DataKey, Secret, open_key, open_text, unwrap_file_key};
use intake::sniff::Family;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    model::{PostFile, family_from_code},
    store,
};
use crate::{Error, Result, app::App, db::Tx};

/// A file that the caller may know of. Whether it may be *opened* is for [`Found::must_be_open`].
pub(crate) struct Found {
    pub(crate) file: PostFile,
    pub(crate) family: Family,
    /// Where the caller reads it; none for an own upload that no post carries.
    pub(super) group: Option<Uuid>,
    pub(super) key: Secret,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Found(…)")
    }
}

impl Found {
    /// Nobody opens a file that is being scanned, or that was refused.
    pub(crate) fn must_be_open(&self) -> Result<()> {
        match self.file.state.as_str() {
            "ready" | "unscanned" => Ok(()),
            "scanning" => Err(Error::Conflict("file_scanning".into())),
            _ => Err(Error::Forbidden("file_refused".into())),
        }
    }
}

pub(super) async fn find(app: &App, tx: &mut Tx, id: Uuid) -> Result<Found> {
    let row = tx.one(store::BY_ID, &[&id]).await?;
    let group: Option<Uuid> = row.get("group_id");
    let key = match row.get::<_, Option<Uuid>>("stream_id") {
        Some(stream) => carried_key(&*app.keys.data_key(tx, stream).await?, stream, id, &row)?,
        None => own_key(app, id, &row).await?,
    };
    Ok(Found { family: family_from_code(row.get("family")), file: describe(&row, &key)?, group, key })
}

/// The key as the post has it: under the data key of its stream.
pub(super) fn carried_key(key: &DataKey, stream: Uuid, file: Uuid, row: &Row) -> Result<Secret> {
    let place = Aad { table: "post_file", stream, row: file };
    open_key(key, &place, row.get("post_key")).map_err(Error::internal)
}

/// The key as the uploader's facility has it. Columns: `facility_id`, `facility_key_version`, `facility_key`, `wrapped_key`.
pub(super) async fn own_key(app: &App, file: Uuid, row: &Row) -> Result<Secret> {
    let facility: Uuid = row.get("facility_id");
    let key =
        app.keys.facility_key(facility, row.get("facility_key_version"), row.get("facility_key")).await?;
    unwrap_file_key(&key, row.get("wrapped_key"), facility, file).map_err(Error::internal)
}

/// Opens the sealed columns.
pub(super) fn describe(row: &Row, key: &Secret) -> Result<PostFile> {
    let (id, own) = (row.get("id"), DataKey::from(key.clone()));
    let place = Aad { table: "file", stream: row.get("facility_id"), row: id };
    let text = |column, sealed| open_text(&own, &place, column, sealed).map_err(Error::internal);
    Ok(PostFile {
        id,
        name: text("name", row.get("name"))?,
        media_type: row.get("media_type"),
        bytes: u64::try_from(row.get::<_, i64>("bytes")).map_err(Error::internal)?,
        sha256: text("sha256", row.get("sealed_sha256"))?,
        class: row.get("class"),
        state: row.get("state"),
        has_thumbnail: row.get("has_thumbnail"),
    })
}
