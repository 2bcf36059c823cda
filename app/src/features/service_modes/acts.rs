//! Setting and showing the modes.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::App,
    db::Tx,
    service::{InForce, ServiceMode},
    web::input,
};

const SET: &str = "SELECT op.set_mode($1, $2, $3, $4)";
const SET_FROM_COMMAND: &str = "SELECT act.set_mode($1, $2, $3, $4)";
const OLDER: &str = "SELECT act.older_writes($1)";
const MODES: &str = "SELECT facility_id, facility, mode, reason, since, until_at FROM op.modes()";
const MODES_FOR_COMMAND: &str =
    "SELECT facility_id, facility, mode, reason, since, until_at FROM act.modes()";
const OF_ALL: &str = "SELECT mode, reason, since, until_at FROM act.mode_of_all()";
const EVENTS: &str = "SELECT at, facility, mode, reason, until_at, operator FROM op.mode_events($1)";

pub const REASON: usize = 400;

/// A change of mode, checked.
#[derive(Debug, Clone)]
pub struct Change {
    /// `None`: everybody.
    pub facility: Option<Uuid>,
    pub mode: ServiceMode,
    /// Shown to everybody whom the mode concerns.
    pub reason: String,
    pub until: Option<Timestamp>,
}

impl Change {
    pub fn checked(
        facility: Option<Uuid>,
        mode: ServiceMode,
        reason: &str,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self, FieldError> {
        let reason = input::line("reason", reason, REASON)?;
        if until.is_some_and(|until| until <= now) {
            return Err(FieldError::new("until", "order", t("終わりの予定は、いまより先にしてください。")));
        }
        Ok(Self { facility, mode, reason, until })
    }
}

/// A mode that holds now.
#[derive(Debug, Clone)]
pub struct Standing {
    pub facility: Option<(Uuid, String)>,
    pub now: InForce,
}

fn standing(r: &tokio_postgres::Row) -> Option<Standing> {
    let facility: Option<Uuid> = r.get(0);
    let mode = ServiceMode::from_code(r.get(2))?;
    let now =
        InForce { mode, reason: r.get(3), since: r.get(4), until: r.get(5), everybody: facility.is_none() };
    Some(Standing {
        facility: facility.map(|id| (id, r.get::<_, Option<String>>(1).unwrap_or_default())),
        now,
    })
}

/// By an operator at the console.
pub async fn set(tx: &mut Tx, change: &Change) -> Result<()> {
    tx.query(SET, &[&change.facility, &change.mode.code(), &change.reason, &change.until]).await.map(drop)
}

/// From the command line. Comes back when every write that had begun before is over: from then on nothing changes.
/// False: a transaction that began before is still under way after 30 seconds.
pub async fn set_from_command(app: &App, change: &Change) -> Result<bool> {
    let rows = app
        .db
        .job(SET_FROM_COMMAND, &[&change.facility, &change.mode.code(), &change.reason, &change.until])
        .await?;
    let set: String =
        rows.first().map(|r| r.get(0)).ok_or_else(|| Error::internal("set_mode gives a row"))?;
    for _ in 0..300 {
        let rows = app.db.job(OLDER, &[&set]).await?;
        if !rows.first().is_some_and(|r| r.get(0)) {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(false)
}

pub async fn modes(tx: &mut Tx) -> Result<Vec<Standing>> {
    Ok(tx.query(MODES, &[]).await?.iter().filter_map(standing).collect())
}

pub async fn modes_for_command(app: &App) -> Result<Vec<Standing>> {
    Ok(app.db.job(MODES_FOR_COMMAND, &[]).await?.iter().filter_map(standing).collect())
}

/// The mode of everybody, for pages before sign-in.
pub async fn of_all(app: &App) -> Result<Option<InForce>> {
    let rows = app.db.anybody(OF_ALL, &[]).await?;
    Ok(rows.first().and_then(|r| {
        let mode = ServiceMode::from_code(r.get(0))?;
        Some(InForce { mode, reason: r.get(1), since: r.get(2), until: r.get(3), everybody: true })
    }))
}

/// A change that was made.
#[derive(Debug, Clone)]
pub struct Changed {
    pub at: Timestamp,
    /// `None`: everybody.
    pub facility: Option<String>,
    pub mode: Option<ServiceMode>,
    pub reason: String,
    pub until: Option<Timestamp>,
    /// `None`: the command line.
    pub operator: Option<String>,
}

/// Newest first.
pub async fn changes(tx: &mut Tx) -> Result<Vec<Changed>> {
    let rows = tx.query(EVENTS, &[&100_i32]).await?;
    let read = |r: &tokio_postgres::Row| Changed {
        at: r.get(0),
        facility: r.get(1),
        mode: ServiceMode::from_code(r.get(2)),
        reason: r.get(3),
        until: r.get(4),
        operator: r.get(5),
    };
    Ok(rows.iter().map(read).collect())
}
