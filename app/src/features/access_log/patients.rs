//! Patients' names for the log, opened in memory: the log itself holds ids.

use std::collections::HashMap;

use envelope::Aad;
use record::{Content, Field, Kind};
use uuid::Uuid;

use super::store;
use crate::{Result, app::App, db::Tx, opaque_debug, seal};

/// Name and kana of a patient.
#[derive(Clone, Default)]
pub struct Name {
    pub name: String,
    pub kana: String,
}

opaque_debug!(Name);

/// The names of those patients whose face sheet the caller may read; others are left out.
pub async fn names(tx: &mut Tx, app: &App, patients: &[Uuid]) -> Result<HashMap<Uuid, Name>> {
    if patients.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = tx.query(store::SHEETS, &[&patients]).await?;
    let streams: Vec<Uuid> = rows.iter().map(|r| r.get("stream_id")).collect();
    app.keys.data_keys(tx, &streams).await?;
    let mut names = HashMap::with_capacity(rows.len());
    for row in &rows {
        let (stream, id): (Uuid, Uuid) = (row.get("stream_id"), row.get("id"));
        let key = app.keys.data_key(tx, stream).await?;
        let place = Aad { table: "face_sheet_version", stream, row: id };
        if let Content::Version(sheet) = seal::open(&key, place, Kind::Version, row.get("envelope"))? {
            let text = |field: &str| match sheet.fields.get(field) {
                Some(Field::Text(text)) => text.clone(),
                _ => String::new(),
            };
            names.insert(row.get("patient_id"), Name { name: text("name"), kana: text("kana") });
        }
    }
    Ok(names)
}

/// The patients that the facility manages, by kana.
pub async fn of_facility(tx: &mut Tx, app: &App) -> Result<Vec<(Uuid, String)>> {
    let ids: Vec<Uuid> = tx.query(store::PATIENTS, &[]).await?.iter().map(|r| r.get(0)).collect();
    let mut named: Vec<(Uuid, Name)> = names(tx, app, &ids).await?.into_iter().collect();
    named.sort_by(|a, b| (&a.1.kana, a.0).cmp(&(&b.1.kana, b.0)));
    Ok(named.into_iter().map(|(id, name)| (id, name.name)).collect())
}
