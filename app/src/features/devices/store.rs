//! Statements on devices and on the policy.

use jiff::civil::Time;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Demands, FacilityDevice, Hours, Kind, Loss, OwnDevice, Owner, Policy, ShutOut, Standing};
use crate::{Result, db::Tx};

pub const END_OWN: &str = "SELECT act.end_device($1)";
pub const RENAME: &str = "SELECT act.rename_device($1, $2)";
pub const OWN_LOST: &str = "SELECT act.my_device_lost($1, $2)";
pub const END_HERE: &str = "SELECT act.end_facility_device($1)";
pub const DECIDE: &str = "SELECT act.decide_device($1, $2)";
pub const SET_OWNER: &str = "SELECT act.set_device_owner($1, $2)";
pub const LOST_HERE: &str = "SELECT act.facility_device_lost($1, $2)";
pub const SET_POLICY: &str = "SELECT version, sessions FROM act.set_sign_in_policy($1, $2, $3, $4, pg_catalog.make_interval(mins => $5), $6)";
pub const RELAX: &str = "SELECT act.relax_sign_in($1)";
pub const AFTER_HOURS: &str = "SELECT act.end_after_hours($1)";
const OWN: &str = "SELECT id, name, kind, place, first_seen, last_seen, remembered_until, this_one, id IN (SELECT k.device_id FROM act.devices_with_copies() k) FROM act.my_devices()";
const HERE: &str = "SELECT id, name, kind, account_id, person, profession, first_seen, last_seen, owner, state, sessions, certificate, this_one, id IN (SELECT k.device_id FROM act.devices_with_copies() k) FROM act.devices_of_mine()";
const POLICIES: &str = "SELECT p.version, p.managed_devices_only, p.idle_minutes, p.opens, p.closes, p.by_account, v.name, p.at, p.copy_hours FROM care.sign_in_policy p
  LEFT JOIN care.person_now v ON v.account_id = p.by_account WHERE p.facility_id = (SELECT sec.admin_of()) ORDER BY p.version DESC LIMIT 50";
const PREVIEW: &str = "SELECT person, device, why FROM act.sign_in_policy_preview($1, $2, $3)";
const LOSSES: &str =
    "SELECT l.account_id, v.name, l.device_id, l.by_account, l.at, l.sessions FROM care.device_loss l
  JOIN care.person_now v ON v.account_id = l.account_id ORDER BY l.at DESC LIMIT 100";

pub async fn own(tx: &mut Tx) -> Result<Vec<OwnDevice>> {
    let device = |r: &Row| OwnDevice {
        id: r.get(0),
        name: r.get(1),
        kind: Kind::from_code(r.get(2)),
        place: r.get(3),
        first_seen: r.get(4),
        last_seen: r.get(5),
        remembered_until: r.get(6),
        this_one: r.get(7),
        copies: r.get(8),
    };
    Ok(tx.query(OWN, &[]).await?.iter().map(device).collect())
}

/// Those that have acted for the caller's facility: who waits first, then the last used. `Forbidden` for whoever is no admin.
pub async fn here(tx: &mut Tx) -> Result<Vec<FacilityDevice>> {
    let device = |r: &Row| FacilityDevice {
        id: r.get(0),
        name: r.get(1),
        kind: Kind::from_code(r.get(2)),
        account: r.get(3),
        person: r.get(4),
        profession: r.get(5),
        first_seen: r.get(6),
        last_seen: r.get(7),
        owner: r.get::<_, Option<&str>>(8).and_then(Owner::from_code),
        standing: Standing::from_code(r.get(9)),
        sessions: r.get(10),
        certificate: r.get(11),
        this_one: r.get(12),
        copies: r.get(13),
    };
    Ok(tx.query(HERE, &[]).await?.iter().map(device).collect())
}

/// The versions of the caller's facility, the newest first.
pub async fn policies(tx: &mut Tx) -> Result<Vec<Policy>> {
    let policy = |r: &Row| Policy {
        version: r.get(0),
        demands: Demands {
            managed_devices_only: r.get(1),
            idle_minutes: r.get(2),
            hours: r.get::<_, Option<Time>>(3).zip(r.get(4)).map(|(from, to)| Hours { from, to }),
            copy_hours: r.get(8),
        },
        by: r.get::<_, Option<Uuid>>(5).map(|id| (id, r.get::<_, Option<String>>(6).unwrap_or_default())),
        at: r.get(7),
    };
    Ok(tx.query(POLICIES, &[]).await?.iter().map(policy).collect())
}

pub async fn preview(tx: &mut Tx, demands: &Demands) -> Result<Vec<ShutOut>> {
    let (from, to) = times(demands);
    let rows = tx.query(PREVIEW, &[&demands.managed_devices_only, &from, &to]).await?;
    Ok(rows
        .iter()
        .map(|r| ShutOut { person: r.get(0), device: r.get(1), by_device: r.get::<_, &str>(2) == "device" })
        .collect())
}

pub fn times(demands: &Demands) -> (Option<Time>, Option<Time>) {
    demands.hours.map(|h| (h.from, h.to)).unzip()
}

/// What was reported lost, the newest first. Names as of today; a device is named by the last of its id.
pub async fn losses(tx: &mut Tx) -> Result<Vec<Loss>> {
    let loss = |r: &Row| {
        let (account, device, by): (Uuid, Uuid, Uuid) = (r.get(0), r.get(2), r.get(3));
        let text = device.simple().to_string();
        Loss {
            person: r.get(1),
            device: text[text.len() - 6..].to_owned(),
            by_self: account == by,
            at: r.get(4),
            sessions: r.get(5),
        }
    };
    Ok(tx.query(LOSSES, &[]).await?.iter().map(loss).collect())
}
