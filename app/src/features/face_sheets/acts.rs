//! Saving a face sheet. Two savers at once lose nothing: the second joins what does not clash, and a person chooses
//! where it does.

use envelope::Aad;
use record::{Content, FaceSheetVersion};
use uuid::Uuid;

use super::{
    merge::{self, Merge},
    model::{Save, Sheet, Version, as_record},
    read, store,
};
use crate::{Error, Result, app::App, auth::Actor, seal};

/// How often somebody else may be first before the save gives up.
const TRIES: usize = 4;

/// Saves the next version if `save.seen` is the newest one; gives its number. The same client id with the same content
/// gives the number of the first time.
///
/// # Errors
/// `Stale` when somebody was first (nothing is written), `Conflict("archived")`, `NotFound` for who may not know.
pub async fn save(app: &App, who: &Actor, patient: Uuid, save: &Save) -> Result<i64> {
    let mut tx = app.db.acting(who).await?;
    let stream: Uuid = tx.one(store::STREAM, &[&patient]).await?.get(0);
    let key = app.keys.data_key(&mut tx, stream).await?;
    let next = save.seen.checked_add(1).and_then(|n| u64::try_from(n).ok()).ok_or(Error::Stale)?;
    let content = Content::Version(FaceSheetVersion {
        version: next,
        fields: as_record(&save.fields),
        reason: save.reason.clone(),
    });
    let request = record::jcs(&(&save.fields, &save.reason)).map_err(Error::internal)?;
    let place = Aad { table: "face_sheet_version", stream, row: Uuid::now_v7() };
    let s = seal::seal(&key, place, save.client_id, &content, &request);
    let rows = tx
        .query_and_commit(
            store::SAVE,
            &[&patient, &save.seen, &s.id, &s.client_id, &s.fingerprint, &s.commitment, &s.envelope],
        )
        .await?;
    app.hub.wake();
    rows.first().map(|row| row.get(0)).ok_or_else(|| Error::internal("save_face_sheet gives one row"))
}

/// What became of a form.
#[derive(Debug)]
pub enum Outcome {
    Saved {
        /// Others saved meanwhile, and their changes stand beside these.
        joined: bool,
    },
    /// Somebody changed the same fields. Nothing is written yet.
    Clash { theirs: Box<Sheet>, merge: Merge },
}

/// Saves what was written on version `save.seen`, also when others have saved since: changes to other fields are
/// joined, and a clash comes back with both texts.
pub async fn save_or_join(app: &App, who: &Actor, patient: Uuid, mut wanted: Save) -> Result<Outcome> {
    let (began_on, mine, mut joined) = (wanted.seen, wanted.fields.clone(), false);
    for _ in 0..TRIES {
        let sent_before = match save(app, who, patient, &wanted).await {
            Ok(_) => return Ok(Outcome::Saved { joined }),
            Err(Error::Stale) => false,
            Err(Error::Conflict(reason)) if reason == "client_id_used_for_something_else" => true,
            Err(other) => return Err(other),
        };
        let mut tx = app.db.acting(who).await?;
        let theirs = read::sheet(app, &mut tx, patient, read::NEWEST, 1).await?;
        let base = base(app, &mut tx, theirs.newest(), patient, began_on).await?;
        let merge = merge::merge(&base.fields, &mine, &theirs.newest().fields);
        if !merge.conflicts.is_empty() {
            read::note_view(&mut tx, read::VIEWED, &theirs, None).await?;
            tx.commit().await?;
            return Ok(Outcome::Clash { theirs: Box::new(theirs), merge });
        }
        // The second click of one form finds what the first has saved.
        if theirs.newest().client_id == wanted.client_id && merge.merged == theirs.newest().fields {
            return Ok(Outcome::Saved { joined });
        }
        // The form came back with other words: a save of its own.
        if sent_before {
            wanted.client_id = Uuid::new_v4();
        }
        joined = theirs.newest().number != began_on;
        wanted.seen = theirs.newest().number;
        wanted.fields = merge.merged;
    }
    Err(Error::Stale)
}

async fn base(
    app: &App,
    tx: &mut crate::db::Tx,
    newest: &Version,
    patient: Uuid,
    began_on: i64,
) -> Result<Version> {
    if newest.number == began_on {
        return Ok(newest.clone());
    }
    let sheet = read::with_the_one_before(app, tx, patient, began_on).await;
    match sheet {
        Ok(sheet) => Ok(sheet.newest().clone()),
        // Our own forms name a version that there is.
        Err(Error::NotFound) => Err(Error::BadRequest("no_such_version".into())),
        Err(other) => Err(other),
    }
}
