//! Asking, answering, ending.

use envelope::{facility_fingerprint, seal_text};
use uuid::Uuid;

use super::{
    model::{Connection, Decision, NewAsk},
    read,
};
use crate::words::t;
use crate::{Error, FieldError, Result, app::App, auth::Actor, db::Params};

const ASK: &str = "SELECT id, created FROM act.ask_connection($1, $2, $3, $4, $5, $6, $7, $8)";
const ANSWER: &str = "SELECT act.answer_connection($1, $2)";
const END: &str = "SELECT act.end_connection($1)";

/// Asks somebody. The second part tells whether this call did it, or an earlier one with the same client id.
pub async fn ask(app: &App, who: &Actor, new: &NewAsk) -> Result<(Connection, bool)> {
    let mut tx = app.db.acting(who).await?;
    let (facility, version, facility_key) = app.keys.acting_facility_key(&mut tx).await?;
    let id = Uuid::now_v7();
    let (key, wrapped) = app.keys.new_data_key(facility, &facility_key, id);
    let greeting =
        new.greeting.as_ref().map(|text| seal_text(&key, &read::place(facility, id), "greeting", text));
    let request = record::jcs(new).map_err(Error::internal)?;
    let fingerprint = facility_fingerprint(&facility_key, new.client_id, &request).to_vec();
    let params: Params<'_> = &[
        &id,
        &new.account_id,
        &new.facility_id,
        &new.client_id,
        &fingerprint,
        &greeting,
        &wrapped,
        &version,
    ];
    let rows = tx.query(ASK, params).await.map_err(in_words)?;
    let row = rows.first().ok_or_else(|| Error::internal("act.ask_connection gives one row"))?;
    let asked = read::one(&mut tx, app, row.get(0)).await?;
    tx.commit().await?;
    app.hub.wake();
    Ok((asked, row.get(1)))
}

/// The answer of whoever was asked; again the same is fine.
pub async fn answer(app: &App, who: &Actor, connection: Uuid, decision: Decision) -> Result<()> {
    let tx = app.db.acting(who).await?;
    tx.query_and_commit(ANSWER, &[&connection, &(decision == Decision::Accept)]).await?;
    app.hub.wake();
    Ok(())
}

/// Ends a connection, takes back a request, or declines one. What is over stays so.
pub async fn end(app: &App, who: &Actor, connection: Uuid) -> Result<()> {
    let tx = app.db.acting(who).await?;
    tx.query_and_commit(END, &[&connection]).await?;
    app.hub.wake();
    Ok(())
}

fn in_words(error: Error) -> Error {
    let Error::Invalid(fields) = error else { return error };
    let sentence = |field: FieldError| match field.message.as_ref() {
        "no_such_person_there" => {
            FieldError::new("account_id", "not_staff_there", t("その施設には、いまその方がいません。"))
        }
        "oneself" => FieldError::new("account_id", "oneself", t("自分自身とはつながれません。")),
        _ => field,
    };
    Error::Invalid(fields.into_iter().map(sentence).collect())
}
