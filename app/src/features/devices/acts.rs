//! What people do with devices. Whatever signs somebody out wakes the streams after it is done, so that they go dark at once.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    model::{Demands, OwnDevice, Owner, Policy},
    store,
};
use crate::{
    Error, Result,
    app::App,
    auth::Actor,
    db::{Params, Tx},
};

async fn done(
    app: &App,
    who: &Actor,
    statement: &str,
    params: Params<'_>,
) -> Result<Vec<tokio_postgres::Row>> {
    let rows = app.db.acting(who).await?.query_and_commit(statement, params).await?;
    app.hub.wake();
    Ok(rows)
}

fn count(rows: &[tokio_postgres::Row]) -> i32 {
    rows.first().map(|r| r.get(0)).unwrap_or_default()
}

pub async fn own(app: &App, who: &Actor) -> Result<Vec<OwnDevice>> {
    let mut tx = app.db.acting(who).await?;
    let devices = store::own(&mut tx).await?;
    tx.commit().await?;
    Ok(devices)
}

/// Signs one device out and forgets it. `NotFound` for a device that is not the person's own.
pub async fn end_own(app: &App, who: &Actor, device: Uuid) -> Result<()> {
    done(app, who, store::END_OWN, &[&device]).await.map(drop)
}

pub async fn rename(app: &App, who: &Actor, device: Uuid, name: &str) -> Result<()> {
    done(app, who, store::RENAME, &[&device, &name]).await.map(drop)
}

/// Ends everything of the person, on every device and this one too, and notes it for the facilities. How many sessions ended.
pub async fn own_lost(app: &App, who: &Actor, device: Uuid) -> Result<i32> {
    let rows = done(app, who, store::OWN_LOST, &[&device, &Uuid::now_v7()]).await?;
    app.devices.look(app).await?;
    Ok(count(&rows))
}

/// Ends what the device does for the caller's facility, and takes the facility's approval back. What other facilities' sessions do on
/// it is not the caller's to end.
pub async fn end_here(app: &App, who: &Actor, device: Uuid) -> Result<i32> {
    done(app, who, store::END_HERE, &[&device]).await.map(|rows| count(&rows))
}

/// Lets the device in for the caller's facility, whoever uses it, or keeps it out.
pub async fn decide(app: &App, who: &Actor, device: Uuid, approve: bool) -> Result<()> {
    done(app, who, store::DECIDE, &[&device, &approve]).await.map(drop)
}

pub async fn set_owner(app: &App, who: &Actor, device: Uuid, owner: Owner) -> Result<()> {
    done(app, who, store::SET_OWNER, &[&device, &owner.code()]).await.map(drop)
}

/// As `own_lost`, by the facility's admin; `id` is the caller's for this report, and again gives the first answer.
pub async fn lost_here(app: &App, who: &Actor, device: Uuid, id: Uuid) -> Result<i32> {
    let rows = done(app, who, store::LOST_HERE, &[&device, &id]).await?;
    app.devices.look(app).await?;
    Ok(count(&rows))
}

/// The policy in force, and the versions before it. Version 0 is the deployment's usual one.
pub async fn policies(app: &App, tx: &mut Tx) -> Result<(Policy, Vec<Policy>)> {
    let mut versions = store::policies(tx).await?;
    if versions.is_empty() {
        return Ok((usual(app), versions));
    }
    let now = versions.remove(0);
    Ok((now, versions))
}

fn usual(app: &App) -> Policy {
    let idle_minutes = i32::try_from(app.config.sign_in.idle_minutes).unwrap_or(15);
    let demands = Demands { managed_devices_only: false, idle_minutes, hours: None, copy_hours: 0 };
    Policy { version: 0, demands, by: None, at: None }
}

/// Sets a new version; the same again makes none. The caller must have confirmed who they are just now. How many sessions ended.
pub async fn set_policy(app: &App, who: &Actor, demands: &Demands) -> Result<i32> {
    let (from, to) = store::times(demands);
    let usual = i32::try_from(app.config.sign_in.idle_minutes).unwrap_or(15);
    let params: Params<'_> =
        &[&demands.managed_devices_only, &demands.idle_minutes, &from, &to, &usual, &demands.copy_hours];
    let rows = done(app, who, store::SET_POLICY, params).await?;
    rows.first().map(|r| r.get(1)).ok_or_else(|| Error::internal("a version and a count"))
}

/// Lets every device and every hour in again, for a facility that has shut itself out. The new version; `None`: it never set a policy.
pub async fn relax(app: &App, facility: Uuid) -> Result<Option<i32>> {
    let rows = app.db.job(store::RELAX, &[&facility]).await?;
    Ok(rows.first().map(|r| r.get(0)).filter(|version| *version > 0))
}

/// Ends whatever acts outside its facility's hours at that moment.
pub async fn end_after_hours(app: &App, at: Timestamp) -> Result<i32> {
    let rows = app.db.job(store::AFTER_HOURS, &[&at]).await?;
    app.hub.wake();
    Ok(count(&rows))
}
