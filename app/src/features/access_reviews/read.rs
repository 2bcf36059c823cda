//! Reading reviews, their figures and their signatures.

use std::collections::HashMap;

use envelope::Aad;
use jiff::{Timestamp, civil::Date};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    figures::Figures,
    model::{Review, Signature},
    rules::Month,
};
use crate::{Error, Result, app::App, db::Tx};

const REVIEWS: &str = "SELECT month, opened_at, due_at, signed_at, signed_by FROM act.access_reviews()";
const WAITING: &str = "SELECT month, opened_at, due_at FROM act.my_access_reviews()";
const FIGURES: &str = "SELECT act.access_figures($1)";
const SIGNATURES: &str = "SELECT id, by_account, name, profession, at, figures, note, wrapped_key, facility_id, facility_key_version, facility_key
  FROM act.access_review_signatures($1)";
const NAMES: &str = "SELECT DISTINCT ON (v.account_id) v.account_id, coalesce(v.work_name, v.name), v.profession FROM care.account_version v
  WHERE v.account_id = ANY ($1) ORDER BY v.account_id, v.from_at DESC";

/// Those of the caller's facility, the newest first. `Forbidden` unless the caller is its admin.
pub async fn all(tx: &mut Tx) -> Result<Vec<Review>> {
    let review = |r: &Row| Review {
        month: Month::of(r.get(0)),
        opened_at: r.get(1),
        due_at: r.get(2),
        signed: r
            .get::<_, Option<Timestamp>>(3)
            .map(|at| (at, r.get::<_, Option<String>>(4).unwrap_or_default())),
    };
    Ok(tx.query(REVIEWS, &[]).await?.iter().map(review).collect())
}

/// For the notices: those that wait for the caller as an admin, the oldest first.
pub async fn waiting(tx: &mut Tx) -> Result<Vec<Review>> {
    let review = |r: &Row| Review {
        month: Month::of(r.get::<_, Date>(0)),
        opened_at: r.get(1),
        due_at: r.get(2),
        signed: None,
    };
    Ok(tx.query(WAITING, &[]).await?.iter().map(review).collect())
}

/// As the log gives them now. `NotFound` where there is no review of the month.
pub async fn figures(tx: &mut Tx, month: Month) -> Result<Figures> {
    let counted: serde_json::Value = tx.one(FIGURES, &[&month.first()]).await?.get(0);
    serde_json::from_value(counted).map_err(Error::internal)
}

pub(super) fn place(id: Uuid) -> Aad {
    Aad { table: "access_review_signature", stream: id, row: id }
}

/// The oldest first.
pub async fn signatures(app: &App, tx: &mut Tx, month: Month) -> Result<Vec<Signature>> {
    let rows = tx.query(SIGNATURES, &[&month.first()]).await?;
    let mut all = Vec::with_capacity(rows.len());
    for r in &rows {
        let id: Uuid = r.get(0);
        let key = app.keys.unwrap_data_key(id, r.get(7), r.get(8), r.get(9), r.get(10)).await?;
        all.push(Signature {
            id,
            account: r.get(1),
            name: r.get(2),
            profession: r.get(3),
            at: r.get(4),
            figures: serde_json::from_value(r.get(5)).map_err(Error::internal)?,
            note: envelope::open_text(&key, &place(id), "note", r.get(6)).map_err(Error::internal)?,
        });
    }
    Ok(all)
}

/// Names and professions of now.
pub async fn names(tx: &mut Tx, accounts: &[Uuid]) -> Result<HashMap<Uuid, (String, String)>> {
    let rows = tx.query(NAMES, &[&accounts]).await?;
    Ok(rows.iter().map(|r| (r.get(0), (r.get(1), r.get(2)))).collect())
}
