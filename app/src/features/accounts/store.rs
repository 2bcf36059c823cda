//! Statements of a signed-in person on their own account.

use uuid::Uuid;

use crate::{Result, db::Tx};

pub const ACT_FOR: &str = "SELECT act.act_for($1)";
pub const ASK_FOR_DEVICE: &str = "SELECT act.ask_for_device($1)";
pub const SIGN_OUT_EVERYWHERE: &str = "SELECT act.sign_out_everywhere()";
pub const SET_PASSWORD: &str = "SELECT act.set_password($1)";
pub const RENEW_CODES: &str = "SELECT act.renew_recovery_codes($1)";
pub const SET_HABITS: &str = "SELECT act.set_habits($1, $2)";
const ACCOUNT: &str = "SELECT second_factor, recovery_codes, devices FROM act.my_account()";
const FACILITIES: &str = "SELECT id, name FROM act.my_facilities()";

/// How the account is protected.
#[derive(Debug, Clone, Copy)]
pub struct Protection {
    pub second_factor: bool,
    /// Recovery codes not used yet.
    pub recovery_codes: i64,
    /// Devices that are signed in or remembered.
    pub devices: i64,
}

pub async fn protection(tx: &mut Tx) -> Result<Protection> {
    let r = tx.one(ACCOUNT, &[]).await?;
    Ok(Protection { second_factor: r.get(0), recovery_codes: r.get(1), devices: r.get(2) })
}

/// Id and name of each facility for which the person may act.
pub async fn facilities(tx: &mut Tx) -> Result<Vec<(Uuid, String)>> {
    Ok(tx.query(FACILITIES, &[]).await?.iter().map(|r| (r.get(0), r.get(1))).collect())
}
