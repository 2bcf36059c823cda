//! What may be kept, and what was read of it.

use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    Error, Result,
    app::App,
    auth::Actor,
    db::Tx,
    web::{ui::Copied, viewer::Me},
};

const HERE: &str = "SELECT kept, hours FROM act.copies_here()";
const KEEP: &str = "SELECT act.keep_copies($1)";
const MADE: &str = "SELECT group_id, hours FROM act.copy_made($1, $2)";
const ALLOWED: &str = "SELECT group_id, hours FROM act.copies_allowed()";
const READ: &str = "SELECT act.copies_read($1)";

/// Of the device of this request.
#[derive(Debug, Clone, Copy)]
pub struct Here {
    /// It keeps copies.
    pub kept: bool,
    /// How long the facility for which the person acts lets them stay; 0: it allows none.
    pub hours: i32,
}

pub async fn here(tx: &mut Tx) -> Result<Here> {
    let row = tx.one(HERE, &[]).await?;
    Ok(Here { kept: row.get(0), hours: row.get(1) })
}

/// `Forbidden` where the facility allows no copies, and for a token.
pub async fn keep(app: &App, who: &Actor, on: bool) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(KEEP, &[&on]).await.map(drop)
}

/// Whether the page that is about to be shown may stay on the device; then that is written. Nothing is asked for anybody else's device,
/// and reading never fails over it.
pub async fn of_group(app: &App, who: &Actor, me: &Me, group: Uuid) -> Result<Option<Copied>> {
    made(app, who, me, Some(group), None).await
}

/// The same for a page of a patient.
pub async fn of_patient(app: &App, who: &Actor, me: &Me, patient: Uuid) -> Result<Option<Copied>> {
    made(app, who, me, None, Some(patient)).await
}

async fn made(
    app: &App,
    who: &Actor,
    me: &Me,
    group: Option<Uuid>,
    patient: Option<Uuid>,
) -> Result<Option<Copied>> {
    if !me.keeps_copies {
        return Ok(None);
    }
    let tx = match app.db.acting(who).await {
        // From a standby nothing can be written: then nothing stays.
        Ok(tx) if tx.spool().is_some() => return Ok(None),
        Ok(tx) => tx,
        Err(error) => return without_a_primary(error),
    };
    match tx.query_and_commit(MADE, &[&group, &patient]).await {
        Ok(rows) => Ok(rows.first().map(copied)),
        Err(error) => without_a_primary(error),
    }
}

fn without_a_primary<T>(error: Error) -> Result<Option<T>> {
    match error {
        Error::OutOfService(_) | Error::Unavailable(_) => Ok(None),
        other => Err(other),
    }
}

/// Of which groups a copy may be there, and for how many hours from when it was made.
pub async fn allowed(tx: &mut Tx) -> Result<Vec<Copied>> {
    let rows = tx.query(ALLOWED, &[]).await?;
    Ok(rows.iter().map(copied).collect())
}

fn copied(row: &Row) -> Copied {
    Copied { group: row.get(0), hours: row.get(1) }
}

/// Writes which copies were opened while there was no line, as the device tells. Those of which it never had one are passed over. How
/// many were written.
pub async fn were_read(app: &App, who: &Actor, groups: &[Uuid]) -> Result<i32> {
    let rows = app.db.acting(who).await?.query_and_commit(READ, &[&groups]).await?;
    Ok(rows.first().map(|row| row.get(0)).unwrap_or_default())
}
