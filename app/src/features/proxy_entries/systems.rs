//! The admin's side: systems of the facility, their tokens, and for whom each may speak.

use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{SpokenFor, System, SystemToken};
use crate::{
    Result,
    app::App,
    auth::{Actor, binding, token},
    db::Tx,
};

const ALL: &str = "SELECT id, name, registered_at, registered_by, ended_at, agreed, entered, waiting, last_at FROM act.facility_systems()";
const REGISTER: &str = "SELECT act.register_system($1, $2)";
const END: &str = "SELECT act.end_system($1)";
const SPOKEN_FOR: &str = "SELECT account_id, name, profession, since FROM act.spoken_for($1)";
const TOKENS: &str = "SELECT id, made_at, expires_at, used_at, ended_at FROM act.system_tokens($1)";
const MAKE_TOKEN: &str = "SELECT act.make_system_token($1, $2, $3, $4)";
const END_TOKEN: &str = "SELECT act.end_system_token($1, $2)";

pub async fn all(tx: &mut Tx) -> Result<Vec<System>> {
    let one = |r: &Row| System {
        id: r.get("id"),
        name: r.get("name"),
        registered_at: r.get("registered_at"),
        registered_by: r.get("registered_by"),
        ended_at: r.get("ended_at"),
        agreed: r.get("agreed"),
        entered: r.get("entered"),
        waiting: r.get("waiting"),
        last_at: r.get("last_at"),
    };
    Ok(tx.query(ALL, &[]).await?.iter().map(one).collect())
}

/// Whether it is new.
pub async fn register(app: &App, who: &Actor, id: Uuid, name: &str) -> Result<bool> {
    let rows = app.db.acting(who).await?.query_and_commit(REGISTER, &[&id, &name]).await?;
    Ok(rows.first().is_some_and(|r| r.get(0)))
}

pub async fn end(app: &App, who: &Actor, system: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(END, &[&system]).await.map(drop)
}

pub async fn spoken_for(tx: &mut Tx, system: Uuid) -> Result<Vec<SpokenFor>> {
    let one = |r: &Row| SpokenFor {
        id: r.get("account_id"),
        name: r.get("name"),
        profession: r.get("profession"),
        since: r.get("since"),
    };
    Ok(tx.query(SPOKEN_FOR, &[&system]).await?.iter().map(one).collect())
}

pub async fn tokens(tx: &mut Tx, system: Uuid) -> Result<Vec<SystemToken>> {
    let one = |r: &Row| SystemToken {
        id: r.get("id"),
        made_at: r.get("made_at"),
        expires_at: r.get("expires_at"),
        used_at: r.get("used_at"),
        ended_at: r.get("ended_at"),
    };
    Ok(tx.query(TOKENS, &[&system]).await?.iter().map(one).collect())
}

/// The token itself, for this once. `None`: this id was made before, and what it was is not kept anywhere.
pub async fn make_token(app: &App, who: &Actor, system: Uuid, id: Uuid, days: i32) -> Result<Option<String>> {
    let fresh = binding::fresh_for_system();
    let hash = token::hash(&fresh);
    let tx = app.db.acting(who).await?;
    let rows = tx.query_and_commit(MAKE_TOKEN, &[&system, &id, &hash.as_slice(), &days]).await?;
    Ok(rows.first().is_some_and(|r| r.get(0)).then_some(fresh))
}

pub async fn end_token(app: &App, who: &Actor, system: Uuid, token: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(END_TOKEN, &[&system, &token]).await.map(drop)
}
