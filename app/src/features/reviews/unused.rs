//! Accounts and devices that nobody has used for ninety days.

use jiff::Timestamp;
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use super::rules::UNUSED_DAYS;
use crate::{Result, db::Tx};

const UNUSED: &str = "SELECT account_id, name, profession, login_id, admin, device_id, device, used_at, since FROM act.unused_of_mine($1)";

/// An account of the own staff, or a device of one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Unused {
    pub account_id: Uuid,
    pub name: String,
    pub profession: String,
    pub login_id: String,
    pub admin: bool,
    /// Absent: the account itself.
    pub device_id: Option<Uuid>,
    pub device: Option<String>,
    /// Absent: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub used_at: Option<Timestamp>,
    /// Since when there was something to use.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

/// Accounts first, the longest unused first. `Forbidden` unless the caller is the facility's admin. The caller's own account, which
/// is in use, is not among them.
pub async fn all(tx: &mut Tx) -> Result<Vec<Unused>> {
    let read = |r: &Row| Unused {
        account_id: r.get(0),
        name: r.get(1),
        profession: r.get(2),
        login_id: r.get(3),
        admin: r.get(4),
        device_id: r.get(5),
        device: r.get(6),
        used_at: r.get(7),
        since: r.get(8),
    };
    Ok(tx.query(UNUSED, &[&UNUSED_DAYS]).await?.iter().map(read).collect())
}
