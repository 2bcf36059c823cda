//! Patients' names for the log, opened in memory: the log itself holds ids.

use std::collections::HashMap;

use uuid::Uuid;

use super::store;
use crate::{Result, app::App, db::Tx, features::face_sheets::read::latest_many, opaque_debug};

/// Name and kana of a patient.
#[derive(Clone, Default)]
pub struct Name {
    pub name: String,
    pub kana: String,
}

opaque_debug!(Name);

/// The names of those patients whose face sheet the caller may read; others are left out.
pub async fn names(tx: &mut Tx, app: &App, patients: &[Uuid]) -> Result<HashMap<Uuid, Name>> {
    let sheets = latest_many(tx, app, patients).await?;
    let name = |(id, (_, mut fields)): (Uuid, (i64, std::collections::BTreeMap<String, String>))| {
        let mut take = |field: &str| fields.remove(field).unwrap_or_default();
        (id, Name { name: take("name"), kana: take("kana") })
    };
    Ok(sheets.into_iter().map(name).collect())
}

/// The patients that the facility manages, by kana.
pub async fn of_facility(tx: &mut Tx, app: &App) -> Result<Vec<(Uuid, String)>> {
    let ids: Vec<Uuid> = tx.query(store::PATIENTS, &[]).await?.iter().map(|r| r.get(0)).collect();
    let mut named: Vec<(Uuid, Name)> = names(tx, app, &ids).await?.into_iter().collect();
    named.sort_by(|a, b| (&a.1.kana, a.0).cmp(&(&b.1.kana, b.0)));
    Ok(named.into_iter().map(|(id, name)| (id, name.name)).collect())
}
