//! Taking a file in. API, forms and the sample region call this.

use std::sync::Arc;

use axum::{body::Bytes, extract::multipart::Field};
use envelope::{Aad, DataKey, FacilityKey, Secret, seal_text, wrap_file_key};
use intake::{TakenIn, blob::Stored, scan::Scanner, sniff::Family};
use record::{Digest, FileClass};
use uuid::Uuid;

use super::{
    blobs::{self, Variant},
    class_code, class_from_code, kin,
    model::{PostFile, Uploaded, family_code, warning_code},
    name, parts, read, refusals, store,
};
use crate::words::t;
use crate::{
    Error, Result,
    app::App,
    auth::{Actor, Relative, token},
    db::Params,
};

/// A whole upload.
pub struct Upload {
    /// Made by the sender; the same one with the same file stores one file.
    pub client_id: Uuid,
    pub name: String,
    pub class: FileClass,
    pub bytes: Bytes,
}

crate::opaque_debug!(Upload);

/// Who stores: one of the staff, also for the family to open, or a relative for the family timeline of a group.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sender<'a> {
    Staff(&'a Actor),
    ToFamily(&'a Actor),
    Relative(&'a Relative, Uuid),
}

impl Sender<'_> {
    /// Asked before a body is read: without a session, or a place on the family timeline, nobody makes the server read a file.
    pub(crate) async fn desk(self, app: &App) -> Result<Desk> {
        match self {
            Self::Staff(who) | Self::ToFamily(who) => desk(app, who).await,
            Self::Relative(who, group) => kin::desk(app, who, group).await,
        }
    }
}

/// For whom the caller stores: the acting facility and its newest key.
pub(crate) struct Desk {
    pub(super) facility: Uuid,
    pub(super) version: i32,
    pub(super) key: Arc<FacilityKey>,
}

pub(super) async fn desk(app: &App, who: &Actor) -> Result<Desk> {
    let mut tx = app.db.acting(who).await?;
    crate::watch::disk::must_have_room(app)?;
    let (facility, version, key) = app.keys.acting_facility_key(&mut tx).await?;
    tx.commit().await?;
    Ok(Desk { facility, version, key })
}

/// Takes one file field of a form and stores it. `class`: as staff chose it; on the family timeline the content says what it is.
/// `form`: the client id of the form, see [`part_id`].
pub(crate) async fn receive(
    app: &App,
    who: Sender<'_>,
    mut field: Field<'_>,
    class: FileClass,
    form: Uuid,
) -> Result<Uuid> {
    let name = field.file_name().unwrap_or_default().to_owned();
    let desk = who.desk(app).await?;
    let file = parts::whole_file(app, &mut field).await?;
    let upload = Upload { client_id: part_id(form, &file.bytes), name, class, bytes: file.bytes.clone() };
    store_at(app, who, &desk, upload).await.map(|uploaded| uploaded.id)
}

/// The client id of a file of a form, so that a form that is sent twice stores its files once. It is of the content and not of the place: a
/// form that was refused may come again with other files.
pub fn part_id(form: Uuid, content: &[u8]) -> Uuid {
    let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    hash.update(form.as_bytes());
    hash.update(content);
    token::id_of(hash.finish().as_ref())
}

pub(crate) fn parse_class(code: &str) -> Result<FileClass> {
    class_from_code(code)
        .ok_or_else(|| Error::invalid("class", "unknown", t("ファイルの種類を選んでください。")))
}

/// Stores a file: intake, blobs, then the row, so that a row never names bytes that are not there.
pub async fn take_in(app: &App, who: &Actor, upload: Upload) -> Result<Uploaded> {
    let desk = desk(app, who).await?;
    store_at(app, Sender::Staff(who), &desk, upload).await
}

pub(crate) async fn store_at(app: &App, who: Sender<'_>, desk: &Desk, upload: Upload) -> Result<Uploaded> {
    let name = name::kept(&upload.name);
    let taken = app.intake.take_in(&name, upload.bytes.clone()).await.map_err(refusals::intake)?;
    let class = match who {
        Sender::Staff(_) => upload.class,
        Sender::ToFamily(_) => kin::openable_class(taken.kind.family)?,
        Sender::Relative(..) => kin::class_of(taken.kind.family)?,
    };
    let wanted = Wanted { name, class, sha256: sha256(&taken.stored), taken };
    if let Some(first) = first_result(app, who, upload.client_id, &wanted).await? {
        return Ok(first);
    }
    let (id, key) = (Uuid::now_v7(), Secret::random());
    let kept = match keep(app, id, &key, &wanted.taken, &upload.bytes).await {
        Ok(kept) => kept,
        Err(error) => {
            blobs::forget_all(app, id).await;
            return Err(error);
        }
    };
    let state = if app.scanner == Scanner::None { "unscanned" } else { "scanning" };
    match add(app, who, desk, upload.client_id, id, &key, &wanted, &kept, state).await {
        Ok(true) => {
            app.scan_wanted.notify_one();
            Ok(wanted.answer(id, state, true))
        }
        added => {
            // Without an answer from the database the row may be there: then its bytes must be too.
            if !matches!(added, Err(Error::Unavailable(_))) {
                blobs::forget_all(app, id).await;
            }
            added?;
            first_result(app, who, upload.client_id, &wanted).await?.ok_or(Error::NotFound)
        }
    }
}

/// A file as it will be known.
struct Wanted {
    name: String,
    class: FileClass,
    /// Of the readable bytes.
    sha256: Digest,
    taken: TakenIn,
}

impl Wanted {
    fn answer(&self, id: Uuid, state: &str, created: bool) -> Uploaded {
        Uploaded {
            id,
            name: self.name.clone(),
            media_type: self.taken.kind.media_type.to_owned(),
            bytes: self.taken.stored.len() as u64,
            sha256: self.sha256.to_string(),
            class: class_code(self.class).to_owned(),
            state: state.to_owned(),
            warnings: self.taken.warnings.iter().copied().map(warning_code).collect(),
            created,
        }
    }

    fn is(&self, file: &PostFile) -> bool {
        file.name == self.name
            && file.sha256 == self.sha256.to_string()
            && file.class == class_code(self.class)
    }
}

/// What an earlier request with this client id stored. Another file under the same id is a conflict.
async fn first_result(
    app: &App,
    who: Sender<'_>,
    client_id: Uuid,
    wanted: &Wanted,
) -> Result<Option<Uploaded>> {
    let found = match who {
        Sender::Staff(who) | Sender::ToFamily(who) => earlier(app, who, client_id).await?,
        Sender::Relative(who, group) => kin::earlier(app, who, group, client_id).await?,
    };
    let Some(file) = found else { return Ok(None) };
    if !wanted.is(&file) {
        return Err(Error::Conflict("client_id_used_for_something_else".into()));
    }
    Ok(Some(wanted.answer(file.id, &file.state, false)))
}

async fn earlier(app: &App, who: &Actor, client_id: Uuid) -> Result<Option<PostFile>> {
    let mut tx = app.db.acting(who).await?;
    let Some(row) = tx.query(store::BY_CLIENT_ID, &[&client_id]).await?.into_iter().next() else {
        return Ok(None);
    };
    let file = read::find(app, &mut tx, row.get(0)).await?.file;
    tx.commit().await?;
    Ok(Some(file))
}

struct Kept {
    stored: Stored,
    thumbnail: Option<Stored>,
}

/// Makes the bytes durable. A picture's upload is kept until the scanner has seen it: what is scanned is what came.
async fn keep(app: &App, id: Uuid, key: &Secret, taken: &TakenIn, upload: &[u8]) -> Result<Kept> {
    if is_scanned_as_uploaded(taken.kind.family) && app.scanner != Scanner::None {
        blobs::put(app, id, Variant::Upload, key, upload).await?;
    }
    let thumbnail = match &taken.thumbnail {
        Some(small) => Some(blobs::put(app, id, Variant::Thumbnail, key, small).await?),
        None => None,
    };
    let stored = blobs::put(app, id, Variant::Stored, key, &taken.stored).await?;
    Ok(Kept { stored, thumbnail })
}

/// Pictures are written anew, so the bytes that came stand apart from those that are served.
pub(super) fn is_scanned_as_uploaded(family: Family) -> bool {
    family == Family::Photo
}

/// Whether a row was made; false when another request with the same client id was first.
#[allow(clippy::too_many_arguments, reason = "one row of a table")]
async fn add(
    app: &App,
    who: Sender<'_>,
    desk: &Desk,
    client_id: Uuid,
    id: Uuid,
    key: &Secret,
    wanted: &Wanted,
    kept: &Kept,
    state: &str,
) -> Result<bool> {
    let own = DataKey::from(key.clone());
    let place = Aad { table: "file", stream: desk.facility, row: id };
    let wrapped = wrap_file_key(&desk.key, key, desk.facility, id);
    let name = seal_text(&own, &place, "name", &wanted.name);
    let sha256 = seal_text(&own, &place, "sha256", &wanted.sha256.to_string());
    let kind = wanted.taken.kind;
    let bytes = i64::try_from(kept.stored.bytes).map_err(Error::internal)?;
    let thumbnail = kept.thumbnail.as_ref().map(|t| t.sha256_stored.to_vec());
    let stored = kept.stored.sha256_stored.as_slice();
    let added = match who {
        Sender::Staff(who) | Sender::ToFamily(who) => {
            let class = class_code(wanted.class);
            let row: Params<'_> = &[
                &id,
                &client_id,
                &desk.version,
                &wrapped,
                &name,
                &class,
                &kind.media_type,
                &family_code(kind.family),
                &bytes,
                &stored,
                &sha256,
                &thumbnail,
                &state,
            ];
            app.db.acting(who).await?.query_and_commit(store::ADD, row).await
        }
        Sender::Relative(who, group) => {
            let row: Params<'_> = &[
                &who.token_hash(),
                &group,
                &id,
                &client_id,
                &desk.version,
                &wrapped,
                &name,
                &kind.media_type,
                &family_code(kind.family),
                &bytes,
                &stored,
                &sha256,
                &thumbnail,
                &state,
            ];
            app.db.family(kin::ADD, row).await
        }
    };
    match added {
        Ok(rows) => Ok(rows.first().is_some_and(|row| row.get("created"))),
        Err(Error::Conflict(constraint)) if constraint == "file_client_id_key" => Ok(false),
        Err(error) => Err(error),
    }
}

fn sha256(bytes: &[u8]) -> Digest {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut sum = [0; 32];
    sum.copy_from_slice(digest.as_ref());
    Digest::from(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_a_form_has_a_client_id_that_stays() {
        let (form, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(part_id(form, b"a"), part_id(form, b"a"));
        assert!(part_id(form, b"a") != part_id(form, b"b") && part_id(form, b"a") != part_id(other, b"a"));
    }
}
