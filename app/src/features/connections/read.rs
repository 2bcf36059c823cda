//! The caller's connections, through a function that gives nobody else's and hides what an asker may not learn.

use envelope::{Aad, Context, open_text, unwrap_under};
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Connection, Other, State};
use crate::{Error, Result, app::App, db::Tx};

const MINE: &str = "SELECT id, state, incoming, account_id, name, profession, facility_id, facility, mine, created_at, expires_at, decided_at, ended_at, ended_by, group_id,
  greeting, wrapped, key_facility, key_version, key_facility_wrapped FROM act.my_connections()";

/// All of them, by the other's kana; requests, standing ones and ended ones.
pub async fn mine(tx: &mut Tx, app: &App) -> Result<Vec<Connection>> {
    let rows = tx.query(MINE, &[]).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        all.push(connection(app, row).await?);
    }
    Ok(all)
}

/// One of the caller's; `NotFound` for everybody else.
pub async fn one(tx: &mut Tx, app: &App, id: Uuid) -> Result<Connection> {
    mine(tx, app).await?.into_iter().find(|c| c.id == id).ok_or(Error::NotFound)
}

/// The requests that wait for the caller's answer, the oldest first.
pub async fn waiting(tx: &mut Tx, app: &App) -> Result<Vec<Connection>> {
    let mut waiting = mine(tx, app).await?;
    waiting.retain(|c| c.incoming && c.state == State::Asked);
    waiting.sort_by_key(|c| c.asked_at);
    Ok(waiting)
}

async fn connection(app: &App, r: &Row) -> Result<Connection> {
    Ok(Connection {
        id: r.get("id"),
        state: State::from_code(r.get("state")),
        incoming: r.get("incoming"),
        person: Other {
            id: r.get("account_id"),
            name: r.get("name"),
            profession: r.get("profession"),
            facility: r.get("facility"),
            facility_id: r.get("facility_id"),
        },
        my_facility_id: r.get("mine"),
        greeting: greeting(app, r).await?,
        asked_at: r.get("created_at"),
        expires_at: r.get("expires_at"),
        connected_at: r.get("decided_at"),
        ended_at: r.get("ended_at"),
        ended_by: r.get("ended_by"),
        group_id: r.get("group_id"),
    })
}

async fn greeting(app: &App, r: &Row) -> Result<Option<String>> {
    let Some(sealed) = r.get::<_, Option<&[u8]>>("greeting") else { return Ok(None) };
    let (id, facility): (Uuid, Uuid) = (r.get("id"), r.get("key_facility"));
    let facility_key =
        app.keys.facility_key(facility, r.get("key_version"), r.get("key_facility_wrapped")).await?;
    let key = unwrap_under(&facility_key, r.get("wrapped"), &Context::stream(facility, id))
        .map_err(Error::internal)?;
    open_text(&key, &place(facility, id), "greeting", sealed).map(Some).map_err(Error::internal)
}

/// Where a greeting is sealed: under the request's own key, which its asker's facility wraps.
pub fn place(facility: Uuid, request: Uuid) -> Aad {
    Aad { table: "connection", stream: facility, row: request }
}
