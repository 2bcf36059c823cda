//! Statements of a signed-in person on their own account.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Result, db::Tx};

pub const ACT_FOR: &str = "SELECT act.act_for($1)";
pub const END_DEVICE: &str = "SELECT act.end_device($1)";
pub const SIGN_OUT_EVERYWHERE: &str = "SELECT act.sign_out_everywhere()";
pub const SET_PASSWORD: &str = "SELECT act.set_password($1)";
pub const RENEW_CODES: &str = "SELECT act.renew_recovery_codes($1)";
const ACCOUNT: &str = "SELECT second_factor, recovery_codes, devices FROM act.my_account()";
const FACILITIES: &str = "SELECT id, name FROM act.my_facilities()";
const DEVICES: &str =
    "SELECT id, name, first_seen, last_seen, remembered_until, this_one FROM act.my_devices()";

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

/// A device that is signed in, or that is remembered.
#[derive(Debug, Clone)]
pub struct Device {
    pub id: Uuid,
    pub name: String,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    /// Until then no code is asked for on it.
    pub remembered_until: Option<Timestamp>,
    /// The device of this very request.
    pub this_one: bool,
}

pub async fn devices(tx: &mut Tx) -> Result<Vec<Device>> {
    let rows = tx.query(DEVICES, &[]).await?;
    Ok(rows
        .iter()
        .map(|r| Device {
            id: r.get(0),
            name: r.get(1),
            first_seen: r.get(2),
            last_seen: r.get(3),
            remembered_until: r.get(4),
            this_one: r.get(5),
        })
        .collect())
}
