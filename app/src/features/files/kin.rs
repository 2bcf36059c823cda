//! Files of the family timeline, at the family's door: what a relative sends up, and what she may open.

use axum::{http::HeaderMap, response::Response};
use envelope::DataKey;
use intake::sniff::Family;
use record::FileClass;
use uuid::Uuid;

use super::{
    acts::Desk,
    attach::{self, Attached},
    deliver,
    model::{PostFile, asks_first, family_from_code},
    read::{self, Found},
};
use crate::words::t;
use crate::{Error, Result, app::App, auth::Relative};

pub(super) const ADD: &str =
    "SELECT fam.add_file($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) AS created";
const DESK: &str = "SELECT facility_id, version, wrapped FROM fam.desk($1, $2)";
const OWN: &str = "SELECT id, facility_id, facility_key_version, facility_key, wrapped_key, name, class, media_type, bytes, sha256, sealed_sha256, state, has_thumbnail
  FROM fam.own_files($1, $2, $3, $4)";
const FILE: &str = "SELECT id, facility_id, name, class, media_type, family, bytes, sealed_sha256, has_thumbnail, state, stream_id, group_id, post_key FROM fam.file($1, $2, $3)";
const NOW: &str = "SELECT id, state, has_thumbnail, family FROM fam.files_now($1, $2, $3)";

/// The state of a file that this door does not open: what could run something on a family's computer.
pub(crate) const NOT_HERE: &str = "not_here";

/// What a relative sends: pictures, which are written anew, and PDFs.
pub(super) fn class_of(family: Family) -> Result<FileClass> {
    match family {
        Family::Photo => Ok(FileClass::Picture),
        Family::Pdf => Ok(FileClass::Other),
        _ => Err(Error::invalid("files", "not_here", t("送れるのは、写真と PDFだけです。"))),
    }
}

/// What staff send for the family to open: everything that this door opens.
pub(super) fn openable_class(family: Family) -> Result<FileClass> {
    match family {
        Family::Photo => Ok(FileClass::Picture),
        family if asks_first(family) => {
            let words = t(
                "この種類のファイル（マクロ、プログラム、ホームページの形式）は、ご家族の画面では開けないので、送れません。写真かPDFにしてください。",
            );
            Err(Error::invalid("files", "not_here", words))
        }
        _ => Ok(FileClass::Other),
    }
}

/// See [`acts::Sender::desk`].
pub(super) async fn desk(app: &App, who: &Relative, group: Uuid) -> Result<Desk> {
    let rows = app.db.family(DESK, &[&who.token_hash(), &group]).await?;
    crate::watch::disk::must_have_room(app)?;
    let r = rows.first().ok_or(Error::NotFound)?;
    let (facility, version) = (r.get(0), r.get(1));
    Ok(Desk { facility, version, key: app.keys.facility_key(facility, version, r.get(2)).await? })
}

/// What an earlier request with this client id stored.
pub(super) async fn earlier(
    app: &App,
    who: &Relative,
    group: Uuid,
    client_id: Uuid,
) -> Result<Option<PostFile>> {
    let none: Vec<Uuid> = Vec::new();
    let rows = app.db.family(OWN, &[&who.token_hash(), &group, &none, &client_id]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let key = read::own_key(app, row.get("id"), row).await?;
    read::describe(row, &key).map(Some)
}

/// The caller's own uploads, in the order asked for, for a post of hers.
pub(crate) async fn prepare(
    app: &App,
    who: &Relative,
    group: Uuid,
    stream: Uuid,
    key: &DataKey,
    ids: &[Uuid],
) -> Result<Vec<Attached>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = app.db.family(OWN, &[&who.token_hash(), &group, &ids, &None::<Uuid>]).await?;
    attach::in_order(app, &rows, stream, key, ids).await
}

/// How the files of some posts of a family timeline stand now.
pub(crate) async fn states(
    app: &App,
    who: &Relative,
    group: Uuid,
    posts: &[Uuid],
) -> Result<Vec<(Uuid, String, bool)>> {
    let rows = app.db.family(NOW, &[&who.token_hash(), &group, &posts]).await?;
    let state = |family: &str, state: String| match asks_first(family_from_code(family)) {
        true => NOT_HERE.to_owned(),
        false => state,
    };
    Ok(rows.iter().map(|r| (r.get(0), state(r.get(3), r.get(1)), r.get(2))).collect())
}

/// Where a file of the family timeline lies; the key of that stream opens it.
pub(crate) struct Carried {
    row: tokio_postgres::Row,
    pub(crate) stream: Uuid,
    pub(crate) group: Uuid,
}

crate::opaque_debug!(Carried);

/// `NotFound` for whatever no post of the caller's family timelines carries. `opens`: it stands in the access log.
pub(crate) async fn carried(app: &App, who: &Relative, file: Uuid, opens: bool) -> Result<Carried> {
    let rows = app.db.family(FILE, &[&who.token_hash(), &file, &opens]).await?;
    let row = rows.into_iter().next().ok_or(Error::NotFound)?;
    Ok(Carried { stream: row.get("stream_id"), group: row.get("group_id"), row })
}

impl Carried {
    pub(crate) fn open(&self, key: &DataKey) -> Result<Found> {
        let key = read::carried_key(key, self.stream, self.row.get("id"), &self.row)?;
        let family = family_from_code(self.row.get("family"));
        let found = Found { file: read::describe(&self.row, &key)?, family, group: Some(self.group), key };
        found.must_be_open()?;
        if asks_first(family) {
            return Err(Error::Forbidden("not_at_this_door".into()));
        }
        Ok(found)
    }
}

/// The bytes: pictures and PDFs in the page, everything else as a download.
pub(crate) async fn deliver(app: &App, found: &Found, asked: &HeaderMap) -> Result<Response> {
    deliver::file(app, found, deliver::is_inline(found.family, true), asked).await
}

pub(crate) async fn thumbnail(app: &App, found: &Found, asked: &HeaderMap) -> Result<Response> {
    if !found.file.has_thumbnail {
        return Err(Error::NotFound);
    }
    deliver::thumbnail(app, found, asked).await
}
