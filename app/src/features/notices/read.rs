//! What the notices are made of. A group is named only while the viewer is in it.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Result, db::Tx};

const MINE: &str = "SELECT kind, at, group_id FROM act.my_notices($1)";

const SAW: &str = "SELECT act.saw_notices($1)";

/// How many are shown.
const LIMIT: i32 = 100;

/// What became of a membership of the viewer's.
#[derive(Debug, Clone)]
pub struct Became {
    /// `joined`, `handed_over` (to the viewer), `refused`, `removed` or `expired`.
    pub kind: String,
    pub at: Timestamp,
    /// Only while the viewer is in the group.
    pub group: Option<Uuid>,
}

/// The notices are on the screen now. When they were before; none: never.
pub async fn saw(tx: &mut Tx, looked: bool) -> Result<Option<Timestamp>> {
    Ok(tx.one(SAW, &[&looked]).await?.get(0))
}

/// Newest first.
pub async fn became(tx: &mut Tx) -> Result<Vec<Became>> {
    let rows = tx.query(MINE, &[&LIMIT]).await?;
    Ok(rows.iter().map(|r| Became { kind: r.get(0), at: r.get(1), group: r.get(2) }).collect())
}
