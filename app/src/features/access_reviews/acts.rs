//! Signing.

use envelope::seal_text;
use uuid::Uuid;

use super::{model::Signing, read::place, rules::Month};
use crate::{Error, Result, app::App, auth::Actor, db::Params};

const SIGN: &str = "SELECT id, same FROM act.sign_access_review($1, $2, $3, $4, $5, $6, $7)";

/// Signs a month, with the figures as they are at that moment: the signature's id. The same client id with the same note is the same signature.
pub async fn sign(app: &App, who: &Actor, month: Month, signing: Signing) -> Result<Uuid> {
    let signing = signing.checked().map_err(|problem| Error::Invalid(vec![problem]))?;
    let mut tx = app.db.acting(who).await?;
    let (facility, version, facility_key) = app.keys.acting_facility_key(&mut tx).await?;
    let id = Uuid::now_v7();
    let (key, wrapped) = app.keys.new_data_key(facility, &facility_key, id);
    let request = record::jcs(&(month.code(), &signing.note)).map_err(Error::internal)?;
    let fingerprint = envelope::facility_fingerprint(&facility_key, signing.client_id, &request).to_vec();
    let note = seal_text(&key, &place(id), "note", &signing.note);
    let params: Params<'_> =
        &[&id, &signing.client_id, &month.first(), &fingerprint, &version, &wrapped, &note];
    let rows = tx.query_and_commit(SIGN, params).await?;
    let row = rows.first().ok_or_else(|| Error::internal("act.sign_access_review gives one row"))?;
    if row.get::<_, Option<bool>>(1) == Some(false) {
        return Err(Error::Conflict("client_id_used_for_something_else".into()));
    }
    app.hub.wake();
    Ok(row.get(0))
}
