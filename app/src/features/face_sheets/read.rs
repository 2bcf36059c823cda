//! Reading face sheets: one statement for versions and their keys, decrypted in memory.

use std::collections::HashMap;

use envelope::Aad;
use record::{Content, FaceSheetVersion, Kind};
use tokio_postgres::Row;
use uuid::Uuid;

use super::fields::Fields;
use crate::{Error, Result, app::App, db::Tx, features::patients::acts::from_record};

const LATEST: &str = "SELECT v.patient_id, v.stream_id, v.id, v.seq, v.envelope, k.wrapped, k.facility_id AS key_facility, k.facility_key_version AS key_version,
    f.wrapped AS facility_wrapped FROM pg_catalog.unnest($1::uuid[]) p(id) CROSS JOIN LATERAL
  (SELECT x.patient_id, x.stream_id, x.id, x.seq, x.envelope FROM care.face_sheet_version x WHERE x.patient_id = p.id ORDER BY x.seq DESC LIMIT 1) v
  JOIN care.data_key k ON k.stream_id = v.stream_id
  JOIN care.facility_key f ON f.facility_id = k.facility_id AND f.version = k.facility_key_version";

/// The newest version of each patient that the caller may read: number and fields. One statement.
pub async fn latest_many(tx: &mut Tx, app: &App, patients: &[Uuid]) -> Result<HashMap<Uuid, (i64, Fields)>> {
    if patients.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = tx.query(LATEST, &[&patients]).await?;
    let mut latest = HashMap::with_capacity(rows.len());
    for row in &rows {
        let content = open(app, row).await?;
        latest.insert(row.get("patient_id"), (row.get("seq"), from_record(content.fields)));
    }
    Ok(latest)
}

/// Opens the version of a row that carries its wrapped keys.
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
