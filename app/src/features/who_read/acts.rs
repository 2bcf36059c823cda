//! Changing the policy.

use envelope::seal_text;

use super::{model::Change, read::place};
use crate::{Error, Result, app::App, auth::Actor, db::Params};

const SET: &str = "SELECT act.set_reader_policy($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// The next version, on the one that was seen: its number. `Stale` when somebody was first; the same client id again changes nothing.
pub async fn set(app: &App, who: &Actor, change: Change) -> Result<i32> {
    let change = change.checked().map_err(Error::Invalid)?;
    let mut tx = app.db.acting(who).await?;
    let (facility, version, facility_key) = app.keys.acting_facility_key(&mut tx).await?;
    let id = change.client_id;
    let (key, wrapped) = app.keys.new_data_key(facility, &facility_key, id);
    let reason = seal_text(&key, &place(id), "reason", &change.reason);
    let params: Params<'_> = &[
        &id,
        &change.seen,
        &change.shown,
        &change.names,
        &change.kinds,
        &change.delay_days,
        &version,
        &wrapped,
        &reason,
    ];
    let rows = tx.query_and_commit(SET, params).await?;
    app.hub.wake();
    rows.first().map(|r| r.get(0)).ok_or_else(|| Error::internal("act.set_reader_policy gives one row"))
}
