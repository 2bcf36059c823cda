//! Where a person may write, and how many people read there.

use std::collections::HashMap;

use uuid::Uuid;

use super::views::Place;
use crate::{
    Result,
    app::App,
    db::Tx,
    features::groups::{self, views::GroupRow},
};

/// As the composer of each group counts them.
const READERS: &str = "SELECT m.group_id, count(DISTINCT m.account_id) FROM care.membership m
  WHERE m.group_id = ANY ($1) AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()) GROUP BY m.group_id";

/// The groups in which something can be written, the newest words first.
pub(super) async fn places(tx: &mut Tx, app: &App) -> Result<Vec<Place>> {
    let mut rows: Vec<GroupRow> = groups::read::list(tx, app).await?;
    rows.retain(|row| !row.archived);
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let counted = tx.query(READERS, &[&ids]).await?;
    let readers: HashMap<Uuid, i64> = counted.iter().map(|r| (r.get(0), r.get(1))).collect();
    let place =
        |group: GroupRow| Place { readers: readers.get(&group.id).copied().unwrap_or_default(), group };
    Ok(rows.into_iter().map(place).collect())
}
