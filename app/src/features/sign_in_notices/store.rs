//! Statements on notices about sign-in.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Result, app::App, db::Tx};

const MINE: &str = "SELECT id, kind, at, device, by_name, new FROM act.my_sign_in_notices($1)";
const SAW: &str = "SELECT act.saw_sign_in_notices()";
const OF_FACILITY: &str = "SELECT name, profession, kind, at, by_name FROM act.facility_sign_in_notices($1)";
const NOT_ME: &str = "SELECT act.not_me($1, $2)";
const SEND: &str = "SELECT act.send_sign_in_notice($1, $2, $3)";
const FAILURES: &str = "SELECT act.tell_of_failures($1)";
const FORGET: &str = "SELECT act.forget_sign_in_notices()";

/// One to the person.
#[derive(Debug, Clone)]
pub struct Notice {
    pub id: Uuid,
    pub kind: String,
    pub at: Timestamp,
    pub device: Option<String>,
    pub by: Option<String>,
    /// Not seen on the page of security yet.
    pub new: bool,
}

/// How many are shown.
const LIMIT: i32 = 100;

pub async fn mine(tx: &mut Tx) -> Result<Vec<Notice>> {
    let rows = tx.query(MINE, &[&LIMIT]).await?;
    Ok(rows
        .iter()
        .map(|r| Notice {
            id: r.get(0),
            kind: r.get(1),
            at: r.get(2),
            device: r.get(3),
            by: r.get(4),
            new: r.get(5),
        })
        .collect())
}

pub async fn saw(tx: Tx) -> Result<()> {
    tx.query_and_commit(SAW, &[]).await.map(drop)
}

/// One about somebody of the staff.
#[derive(Debug, Clone)]
pub struct OfStaff {
    pub name: String,
    pub profession: String,
    pub kind: String,
    pub at: Timestamp,
    pub by: Option<String>,
}

pub async fn of_facility(tx: &mut Tx) -> Result<Vec<OfStaff>> {
    let rows = tx.query(OF_FACILITY, &[&200]).await?;
    Ok(rows
        .iter()
        .map(|r| OfStaff { name: r.get(0), profession: r.get(1), kind: r.get(2), at: r.get(3), by: r.get(4) })
        .collect())
}

pub async fn not_me(tx: Tx, notice: Uuid, hash: &str) -> Result<()> {
    tx.query_and_commit(NOT_ME, &[&notice, &hash]).await.map(drop)
}

/// A letter as a definer function takes it.
pub type Payload = Option<serde_json::Value>;

pub async fn send(app: &App, notice: Uuid, person: &Payload, admins: &Payload) -> Result<()> {
    app.db.job(SEND, &[&notice, person, admins]).await.map(drop)
}

pub async fn tell_of_failures(app: &App, failures: i32) -> Result<i64> {
    Ok(app.db.job(FAILURES, &[&failures]).await?.first().map_or(0, |r| r.get(0)))
}

pub async fn forget(app: &App) -> Result<()> {
    app.db.job(FORGET, &[]).await.map(drop)
}
