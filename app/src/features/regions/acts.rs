//! Making, renaming, filling.

use uuid::Uuid;

use crate::{Result, db::Tx};

const ALL: &str = "SELECT id, version, name, kana, facilities FROM op.regions()";
const SAVE: &str = "SELECT op.save_region($1, $2, $3, $4)";
const PLACE: &str = "SELECT op.place_facility($1, $2, $3)";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    pub id: Uuid,
    /// Grows with each renaming.
    pub version: i32,
    pub name: String,
    pub kana: String,
    /// How many facilities lie in it.
    pub facilities: i64,
}

/// By kana.
pub async fn all(tx: &mut Tx) -> Result<Vec<Region>> {
    let rows = tx.query(ALL, &[]).await?;
    let read = |r: &tokio_postgres::Row| Region {
        id: r.get(0),
        version: r.get(1),
        name: r.get(2),
        kana: r.get(3),
        facilities: r.get(4),
    };
    Ok(rows.iter().map(read).collect())
}

/// Every region, as value and label of a choice.
pub fn choices(all: &[Region]) -> Vec<(String, String)> {
    all.iter().map(|r| (r.id.to_string(), r.name.clone())).collect()
}

/// Makes a region where `seen` is 0, renames the one that was seen otherwise. `Conflict("name_taken")`: another one is
/// called so. `Stale`: somebody renamed it first.
pub async fn save(tx: &mut Tx, id: Uuid, seen: i32, name: &str, kana: &str) -> Result<()> {
    tx.query(SAVE, &[&id, &seen, &name, &kana]).await.map(drop)
}

/// Puts a facility into a region, or takes it out of that one. `Stale`: it is in another one by now.
pub async fn place(tx: &mut Tx, facility: Uuid, region: Uuid, put: bool) -> Result<()> {
    tx.query(PLACE, &[&facility, &region, &put]).await.map(drop)
}
