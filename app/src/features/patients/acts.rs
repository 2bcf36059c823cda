//! Registering a patient: the patient, the face sheet's stream and its first version, in one act.

use envelope::{Aad, seal_text};
use record::{Content, FaceSheetVersion};
use uuid::Uuid;

use super::store;
use crate::{
    Error, Result,
    app::App,
    auth::Actor,
    features::face_sheets::{fields::Fields, model::as_record},
    seal,
};

/// Why the first version exists, in the version list.
pub const REGISTERED: &str = "登録";

#[derive(Clone)]
pub struct NewPatient {
    pub client_id: Uuid,
    /// The facility's own number for the patient; may be empty.
    pub number: String,
    pub fields: Fields,
}

impl std::fmt::Debug for NewPatient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewPatient(…)")
    }
}

/// The patient's id, and whether this call made it (or an earlier one with the same client id).
pub async fn register(app: &App, who: &Actor, new: &NewPatient) -> Result<(Uuid, bool)> {
    let mut tx = app.db.acting(who).await?;
    let (facility, version, facility_key) = app.keys.acting_facility_key(&mut tx).await?;
    let (patient, stream, id) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let (key, wrapped) = app.keys.new_data_key(facility, &facility_key, stream);
    // The key of a retry is another one, so the fingerprint of the request is made under the facility's.
    let request = record::jcs(&(&new.number, &new.fields)).map_err(Error::internal)?;
    let content = Content::Version(FaceSheetVersion {
        version: 1,
        fields: as_record(&new.fields),
        reason: REGISTERED.into(),
    });
    let sealed = seal::seal(
        &key,
        Aad { table: "face_sheet_version", stream, row: id },
        new.client_id,
        &content,
        &request,
    );
    let fingerprint = envelope::facility_fingerprint(&facility_key, new.client_id, &request).to_vec();
    let number = (!new.number.is_empty())
        .then(|| seal_text(&key, &Aad { table: "patient", stream, row: patient }, "number", &new.number));
    let rows = tx
        .query_and_commit(
            store::REGISTER,
            &[
                &patient,
                &new.client_id,
                &fingerprint,
                &number,
                &stream,
                &version,
                &wrapped,
                &id,
                &sealed.commitment,
                &sealed.envelope,
            ],
        )
        .await;
    let rows = match rows {
        // Two sends of one client id met: the other one is there now.
        Err(Error::Conflict(constraint)) if constraint == "patient_client_id_key" => {
            return Box::pin(register(app, who, new)).await;
        }
        other => other?,
    };
    let row = rows.first().ok_or_else(|| Error::internal("register_patient gives one row"))?;
    match row.get::<_, Option<bool>>("same") {
        None => Ok((patient, true)),
        Some(true) => Ok((row.get("patient_id"), false)),
        Some(false) => Err(Error::Conflict("client_id_used_for_something_else".into())),
    }
}
