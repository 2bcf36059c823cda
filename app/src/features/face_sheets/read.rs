//! Reading face sheets: one statement for versions and their keys, decrypted in memory.

use std::collections::HashMap;

use envelope::Aad;
use record::{Content, FaceSheetVersion, Kind};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    fields::Fields,
    model::{Sheet, Version, from_record},
    store,
    summary::PatientSummary,
};
use crate::{Error, Result, app::App, audit, db::Tx};

/// Views as the access log names them.
pub const VIEWED: &str = "viewed_face_sheet";
pub const VIEWED_VERSIONS: &str = "viewed_face_sheet_versions";

/// Below every number: from the newest version on.
pub const NEWEST: i64 = i64::MAX;

/// Up to `limit` versions with numbers below `below`, newest first.
///
/// # Errors
/// `NotFound` when the caller may not know of the patient, and when there is no such version.
pub async fn sheet(app: &App, tx: &mut Tx, patient: Uuid, below: i64, limit: i64) -> Result<Sheet> {
    let rows = tx.query(store::VERSIONS, &[&patient, &below, &limit]).await?;
    let first = rows.first().ok_or(Error::NotFound)?;
    let mut sheet = Sheet {
        patient,
        group: first.get("group_id"),
        member: first.get::<_, Option<bool>>("member").unwrap_or_default(),
        archived: first.get("archived"),
        versions: Vec::with_capacity(rows.len()),
    };
    let authors: Vec<Uuid> = rows.iter().map(|r| r.get("author")).collect();
    let facilities: Vec<Uuid> = rows.iter().map(|r| r.get("facility")).collect();
    app.people.learn(tx, &authors, &facilities).await?;
    for row in &rows {
        sheet.versions.push(version(row, open(app, row).await?));
    }
    Ok(sheet)
}

/// One version, and the one before it unless it is the first. The sheet's newest version here is the one asked for.
pub async fn with_the_one_before(app: &App, tx: &mut Tx, patient: Uuid, number: i64) -> Result<Sheet> {
    let sheet = sheet(app, tx, patient, number.saturating_add(1), 2).await?;
    if sheet.newest().number == number { Ok(sheet) } else { Err(Error::NotFound) }
}

/// The newest version of each patient that the caller may read: number and fields. One statement.
pub async fn latest_many(tx: &mut Tx, app: &App, patients: &[Uuid]) -> Result<HashMap<Uuid, (i64, Fields)>> {
    if patients.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = tx.query(store::LATEST, &[&patients]).await?;
    let mut latest = HashMap::with_capacity(rows.len());
    for row in &rows {
        let content = open(app, row).await?;
        latest.insert(row.get("patient_id"), (row.get("seq"), from_record(content.fields)));
    }
    Ok(latest)
}

/// What may never be missed, for the timeline's side pane.
pub fn summary(patient: Uuid, fields: &Fields) -> PatientSummary {
    PatientSummary::of(patient, fields)
}

/// Opens the version of a row that has the columns of `store::sealed!`.
pub async fn open(app: &App, row: &Row) -> Result<FaceSheetVersion> {
    let (stream, id) = (row.get("stream_id"), row.get("id"));
    let key = match app.keys.cached_data_key(stream) {
        Some(key) => key,
        None => {
            let (wrapped, facility) = (row.get("wrapped"), row.get("key_facility"));
            let (version, facility_wrapped) = (row.get("key_version"), row.get("facility_wrapped"));
            app.keys.unwrap_data_key(stream, wrapped, facility, version, facility_wrapped).await?
        }
    };
    let place = Aad { table: "face_sheet_version", stream, row: id };
    match crate::seal::open(&key, place, Kind::Version, row.get("envelope"))? {
        Content::Version(content) => Ok(content),
        other => Err(Error::internal(format!("a {} among versions", other.kind()))),
    }
}

fn version(row: &Row, content: FaceSheetVersion) -> Version {
    Version {
        id: row.get("id"),
        number: row.get("seq"),
        fields: from_record(content.fields),
        reason: content.reason,
        at: row.get("at"),
        client_id: row.get("client_id"),
        author: row.get("author"),
        facility: row.get("facility"),
    }
}

/// Writes that the caller sees this sheet, or one version of it.
pub async fn note_view(tx: &mut Tx, what: &str, sheet: &Sheet, version: Option<Uuid>) -> Result<()> {
    audit::viewed(tx, what, sheet.group, Some(sheet.patient), version).await
}
