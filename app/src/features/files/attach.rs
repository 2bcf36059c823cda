//! Handing an uploaded file to a post: its key is sealed again under the stream's data key.

use envelope::{Aad, DataKey, Secret, open_text, seal_key, unwrap_file_key};
use record::Digest;
use uuid::Uuid;

use crate::words::t;
use crate::{Error, Result, app::App, auth::Actor};

use super::model::PostFile;

/// Files that the caller uploaded, with what is needed to hand them to a post.
const FILES: &str = "SELECT f.id, f.facility_id, f.facility_key_version, k.wrapped, f.wrapped_key, f.name, f.class, f.media_type, f.bytes, f.sha256, f.sealed_sha256, s.state, f.thumbnail_sha256 IS NOT NULL
  FROM care.file f JOIN care.file_state s ON s.file_id = f.id JOIN care.facility_key k ON k.facility_id = f.facility_id AND k.version = f.facility_key_version WHERE f.id = ANY ($1) AND f.uploader_id = (SELECT sec.me())";

/// A file on its way into a post.
pub struct Attached {
    pub content: record::File,
    /// The file's key under the stream's data key.
    pub key: Vec<u8>,
    /// SHA-256 of the stored, encrypted bytes: what the record's header names.
    pub stored: Vec<u8>,
    state: String,
    has_thumbnail: bool,
}

impl std::fmt::Debug for Attached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attached(…)")
    }
}

impl Attached {
    /// A file that a post carries, for another post: its key under the data key of that one's stream.
    pub(super) fn again(
        file: &PostFile,
        file_key: &Secret,
        stored: Vec<u8>,
        stream: Uuid,
        key: &DataKey,
    ) -> Result<Self> {
        let content = record::File {
            id: file.id,
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            bytes: file.bytes,
            sha256: file.sha256.parse::<Digest>().map_err(Error::internal)?,
            class: super::class_from_code(&file.class)
                .ok_or_else(|| Error::internal("unknown file class"))?,
        };
        let key = seal_key(key, &Aad { table: "post_file", stream, row: file.id }, file_key);
        let (state, has_thumbnail) = (file.state.clone(), file.has_thumbnail);
        Ok(Self { content, key, stored, state, has_thumbnail })
    }

    /// As the answer to the post shows it.
    pub fn shown(&self) -> PostFile {
        let f = &self.content;
        PostFile {
            id: f.id,
            name: f.name.clone(),
            media_type: f.media_type.clone(),
            bytes: f.bytes,
            sha256: f.sha256.to_string(),
            class: super::class_code(f.class).to_owned(),
            state: self.state.clone(),
            has_thumbnail: self.has_thumbnail,
        }
    }
}

/// The caller's own uploads, in the order asked for. One that is not theirs is an error in the `files` field.
pub async fn prepare(
    app: &App,
    who: &Actor,
    stream: Uuid,
    key: &DataKey,
    ids: &[Uuid],
) -> Result<Vec<Attached>> {
    let mut tx = app.db.acting(who).await?;
    let rows = tx.query(FILES, &[&ids]).await?;
    tx.commit().await?;
    in_order(app, &rows, stream, key, ids).await
}

/// The columns of [`FILES`] as attachments of a post in this stream.
pub(super) async fn in_order(
    app: &App,
    rows: &[tokio_postgres::Row],
    stream: Uuid,
    key: &DataKey,
    ids: &[Uuid],
) -> Result<Vec<Attached>> {
    let mut attached = Vec::with_capacity(ids.len());
    for id in ids {
        let row = rows.iter().find(|r| r.get::<_, Uuid>(0) == *id).ok_or_else(not_yours)?;
        let facility: Uuid = row.get(1);
        let facility_key = app.keys.facility_key(facility, row.get(2), row.get(3)).await?;
        let file_key = unwrap_file_key(&facility_key, row.get(4), facility, *id).map_err(Error::internal)?;
        attached.push(Attached {
            content: describe(row, facility, *id, &file_key)?,
            key: seal_key(key, &Aad { table: "post_file", stream, row: *id }, &file_key),
            stored: row.get(9),
            state: row.get(11),
            has_thumbnail: row.get(12),
        });
    }
    Ok(attached)
}

fn describe(row: &tokio_postgres::Row, facility: Uuid, id: Uuid, file_key: &Secret) -> Result<record::File> {
    let own = DataKey::from(file_key.clone());
    let aad = Aad { table: "file", stream: facility, row: id };
    let sha256 = open_text(&own, &aad, "sha256", row.get(10)).map_err(Error::internal)?;
    Ok(record::File {
        id,
        name: open_text(&own, &aad, "name", row.get(5)).map_err(Error::internal)?,
        media_type: row.get(7),
        bytes: u64::try_from(row.get::<_, i64>(8)).map_err(Error::internal)?,
        sha256: sha256.parse::<Digest>().map_err(Error::internal)?,
        class: super::class_from_code(row.get(6)).ok_or_else(|| Error::internal("unknown file class"))?,
    })
}

fn not_yours() -> Error {
    Error::invalid("files", "unknown", t("添付したファイルが見つかりません。もう一度選んでください。"))
}

/// As parameters of `act.post`.
pub fn columns(attached: &[Attached]) -> (Vec<Uuid>, Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let ids = attached.iter().map(|a| a.content.id).collect();
    let keys = attached.iter().map(|a| a.key.clone()).collect();
    let digests = attached.iter().map(|a| a.stored.clone()).collect();
    (ids, keys, digests)
}
