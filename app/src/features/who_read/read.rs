//! Reading the policy: its versions for the admin, what is told now for a team.

use envelope::Aad;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Policy, Told};
use crate::{Error, Result, app::App, db::Tx};

const POLICIES: &str = "SELECT id, version, shown, names, kinds, delay_days, by_account, by_name, at, reason, wrapped_key, facility_id, facility_key_version, facility_key
  FROM act.reader_policies()";
const OF_GROUP: &str = "SELECT shown, names, kinds, delay_days FROM act.reader_policy_of($1)";

pub(super) fn place(id: Uuid) -> Aad {
    Aad { table: "reader_policy", stream: id, row: id }
}

fn told(r: &Row) -> Told {
    Told {
        shown: r.get("shown"),
        names: r.get("names"),
        kinds: r.get("kinds"),
        delay_days: r.get("delay_days"),
    }
}

/// The newest first. `Forbidden` unless the caller is the facility's admin.
pub async fn versions(app: &App, tx: &mut Tx) -> Result<Vec<Policy>> {
    let rows = tx.query(POLICIES, &[]).await?;
    let mut all = Vec::with_capacity(rows.len());
    for r in &rows {
        let id: Uuid = r.get("id");
        let (facility, version) = (r.get("facility_id"), r.get("facility_key_version"));
        let key = app
            .keys
            .unwrap_data_key(id, r.get("wrapped_key"), facility, version, r.get("facility_key"))
            .await?;
        all.push(Policy {
            version: r.get("version"),
            told: told(r),
            by: (r.get("by_account"), r.get("by_name")),
            at: r.get("at"),
            reason: envelope::open_text(&key, &place(id), "reason", r.get("reason"))
                .map_err(Error::internal)?,
        });
    }
    Ok(all)
}

/// What the patient and relatives of a group are told, for its members; nothing, where its facility has not decided. `NotFound` for everybody
/// else.
pub async fn of_group(tx: &mut Tx, group: Uuid) -> Result<Told> {
    Ok(tx.query(OF_GROUP, &[&group]).await?.first().map_or(Told::NOTHING, told))
}
