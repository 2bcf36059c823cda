//! Who is on duty, the hand-overs, the substitute, the telephone.

use uuid::Uuid;

use super::model::{HandOver, OnDuty};
use crate::{Result, db::Tx};

const ON_DUTY: &str = "SELECT x.account_id, p.name, p.profession, x.at, x.until FROM (SELECT d.* FROM care.duty d WHERE d.facility_id = $1 ORDER BY d.version DESC LIMIT 1) x
  JOIN care.person_now p ON p.account_id = x.account_id JOIN care.staff s ON s.account_id = x.account_id AND s.facility_id = $1 AND s.state = 'active'
  WHERE x.until > pg_catalog.clock_timestamp()";
const LOG: &str = "SELECT name, until, by_name, at FROM act.duty_log($1, 10)";
const SUBSTITUTE: &str = "SELECT act.substitute($1)";
const MY_PHONE: &str = "SELECT phone FROM act.shown_phones(ARRAY[(SELECT sec.me())])";

/// Now; nobody where the time is over or the person does not work there any more.
pub async fn on_duty(tx: &mut Tx, facility: Uuid) -> Result<Option<OnDuty>> {
    let rows = tx.query(ON_DUTY, &[&facility]).await?;
    Ok(rows.first().map(|r| OnDuty {
        id: r.get(0),
        name: r.get(1),
        profession: r.get(2),
        since: r.get(3),
        until: r.get(4),
    }))
}

/// The newest hand-overs of the own facility.
pub async fn hand_overs(tx: &mut Tx, facility: Uuid) -> Result<Vec<HandOver>> {
    let rows = tx.query(LOG, &[&facility]).await?;
    Ok(rows.iter().map(|r| HandOver { to: r.get(0), until: r.get(1), by: r.get(2), at: r.get(3) }).collect())
}

/// Who stands in for somebody of the own facility.
pub async fn substitute(tx: &mut Tx, account: Uuid) -> Result<Option<Uuid>> {
    Ok(tx.one(SUBSTITUTE, &[&account]).await?.get(0))
}

/// The telephone that the caller shows; empty: none.
pub async fn my_phone(tx: &mut Tx) -> Result<String> {
    Ok(tx.query(MY_PHONE, &[]).await?.first().map(|r| r.get(0)).unwrap_or_default())
}
