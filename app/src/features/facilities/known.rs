//! The facilities of the deployment as the console names them: name, kind and number of staff, nothing more.

use uuid::Uuid;

use super::directory::kind_label;
use crate::{Result, db::Tx};

const ALL: &str = "SELECT id, name, kind, staff, region FROM op.facilities()";

#[derive(Debug, Clone)]
pub struct Known {
    pub id: Uuid,
    pub name: String,
    pub kind: String,
    pub staff: i64,
    /// The region in which it lies.
    pub region: Option<Uuid>,
}

/// By kana.
pub async fn all(tx: &mut Tx) -> Result<Vec<Known>> {
    let rows = tx.query(ALL, &[]).await?;
    let read = |r: &tokio_postgres::Row| Known {
        id: r.get(0),
        name: r.get(1),
        kind: r.get(2),
        staff: r.get(3),
        region: r.get(4),
    };
    Ok(rows.iter().map(read).collect())
}

/// Every kind that there is, as value and label of a choice.
pub fn kinds(all: &[Known]) -> Vec<(String, String)> {
    let mut kinds: Vec<&str> = all.iter().map(|f| f.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.into_iter().map(|k| (k.to_owned(), kind_label(k).to_owned())).collect()
}

/// Every facility, as value and label of a choice.
pub fn choices(all: &[Known]) -> Vec<(String, String)> {
    all.iter().map(|f| (f.id.to_string(), format!("{}({})", f.name, kind_label(&f.kind)))).collect()
}
