//! Reading patients: one statement, decrypted and put in order in memory.

use envelope::{Aad, open_text};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{rules, store};
use crate::{
    Error, Result,
    app::App,
    db::Tx,
    features::face_sheets::{self, fields::Fields, model::from_record},
};

/// A patient as lists show one.
#[derive(Clone)]
pub struct Patient {
    pub id: Uuid,
    /// The managing facility.
    pub facility_id: Uuid,
    /// That facility's own number; only its own staff see it.
    pub number: Option<String>,
    pub group: Option<Uuid>,
    /// Whether the caller is in the group now.
    pub member: bool,
    pub archived: bool,
    /// The newest version of the face sheet.
    pub version: i64,
    pub fields: Fields,
}

crate::opaque_debug!(Patient);

impl Patient {
    /// A field's text, or nothing.
    pub fn text(&self, key: &str) -> &str {
        self.fields.get(key).map_or("", String::as_str)
    }
}

/// Every patient whose face sheet the caller may read, in the order of the fifty sounds.
/// `acting_for` is the facility for which the caller acts.
pub async fn all(app: &App, tx: &mut Tx, acting_for: Uuid) -> Result<Vec<Patient>> {
    let rows = tx.query(store::ALL, &[]).await?;
    let mut patients = Vec::with_capacity(rows.len());
    for row in &rows {
        patients.push(read(app, row, acting_for).await?);
    }
    patients.sort_by_cached_key(|patient| rules::place(patient.text("name"), patient.text("kana")));
    Ok(patients)
}

/// The facility for which the caller acts; by a token too, which has no frame of a page.
pub async fn acting_for(tx: &mut Tx) -> Result<Uuid> {
    Ok(tx.one(store::ACTING_FOR, &[]).await?.get(0))
}

pub async fn one(app: &App, tx: &mut Tx, acting_for: Uuid, id: Uuid) -> Result<Patient> {
    let row = tx.one(store::ONE, &[&id]).await?;
    read(app, &row, acting_for).await
}

async fn read(app: &App, row: &Row, acting_for: Uuid) -> Result<Patient> {
    let sheet = face_sheets::read::open(app, row).await?;
    let (id, stream, facility_id) = (row.get("patient_id"), row.get("stream_id"), row.get("facility_id"));
    Ok(Patient {
        id,
        facility_id,
        number: if facility_id == acting_for { number(app, row, id, stream)? } else { None },
        group: row.get("group_id"),
        member: row.get::<_, Option<bool>>("member").unwrap_or_default(),
        archived: row.get("archived"),
        version: row.get("seq"),
        fields: from_record(sheet.fields),
    })
}

/// The number is sealed under the key of the face sheet, which has just been opened.
fn number(app: &App, row: &Row, patient: Uuid, stream: Uuid) -> Result<Option<String>> {
    let Some(sealed) = row.get::<_, Option<&[u8]>>("number") else { return Ok(None) };
    let key = app.keys.cached_data_key(stream).ok_or_else(|| Error::internal("the sheet's key is gone"))?;
    let place = Aad { table: "patient", stream, row: patient };
    open_text(&key, &place, "number", sealed).map(Some).map_err(Error::internal)
}
