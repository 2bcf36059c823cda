//! Asking, approving, using the grant, reporting, signing off. The rules stand in the database: it refuses whatever asks.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    letters,
    model::{Act, NewOrder, Objection, Order, State, Told},
};
use crate::{
    Error, Result,
    app::{App, Shared},
    auth::{Actor, Operator, token},
    db::Tx,
    features::support::key::DeskKey,
};

const OPEN: &str = "SELECT op.open_work_order($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const DECIDE: &str = "SELECT op.decide_work_order($1, $2, $3)";
const TAKE_KEY: &str = "SELECT op.take_maintenance_key($1, $2)";
const END: &str = "SELECT op.end_work_order($1, $2)";
const ALL: &str = "SELECT id, facility, operator, mine, purpose, planned, reason, rescan, from_at, until_at, must_agree, state, approved_by, reported_at, confirmed_by, words FROM op.work_orders()";
const ACTS: &str = "SELECT n, operator, act, subject, seen, at FROM op.work_order_acts($1)";
const MINE: &str = "SELECT id, '', operator, false, purpose, planned, reason, rescan, from_at, until_at, must_agree, state, approved_by, reported_at, answered_by, words FROM act.my_work_orders()";
const MY_ACTS: &str = "SELECT n, operator, act, subject, seen, at FROM act.my_work_order_acts($1)";
const AGREE: &str = "SELECT act.agree_to_work_order($1, $2)";
const CONFIRM: &str = "SELECT act.confirm_work_order($1, $2, $3)";
const WAITING: &str = "SELECT id, state, at, from_at, until_at FROM act.work_orders_waiting()";
const REPORT: &str = "SELECT act.report_work_orders($1)";
const STREAMS: &str =
    "SELECT stream, kind, records, bytes, last_at, head_fits FROM act.maintain_streams($1, $2)";
const FILES: &str =
    "SELECT file, state, bytes, media_type, uploaded_at, state_at FROM act.maintain_files($1, $2)";
const RESCAN: &str = "SELECT act.maintain_rescan($1, $2, $3)";
/// The column under which an objection's words are sealed.
const WORDS: &str = "work_order_objection";

/// Asks for an order; the same id again changes nothing. `Forbidden("sign_in_again")`: the sign-in is too old.
pub async fn open(app: &App, who: &Operator, new: &NewOrder) -> Result<()> {
    let tx = app.db.operating(who).await?;
    let must_agree = app.config.maintenance.facility_must_agree;
    let NewOrder { id, facility, purpose, planned, reason, rescan, from, until } = new;
    tx.query_and_commit(OPEN, &[id, facility, purpose, planned, reason, rescan, from, until, &must_agree])
        .await
        .map(drop)
}

/// A second operator's word. `Forbidden("a_second_person")` for who asked.
pub async fn decide(app: &Shared, who: &Operator, order: Uuid, yes: bool) -> Result<()> {
    let tx = app.db.operating(who).await?;
    tx.query_and_commit(DECIDE, &[&order, &yes, &letters::approved(app, order)]).await?;
    app.hub.wake();
    app.jobs.ring();
    Ok(())
}

/// A key for the command, shown once. `Conflict("no_grant")` outside the time box.
pub async fn take_key(app: &App, who: &Operator, order: Uuid) -> Result<String> {
    let key = token::fresh();
    let tx = app.db.operating(who).await?;
    tx.query_and_commit(TAKE_KEY, &[&order, &token::hash(&key).as_slice()]).await?;
    Ok(key)
}

/// Ends before the time: with a report, or by taking back what nobody has approved.
pub async fn end(app: &Shared, who: &Operator, order: Uuid) -> Result<()> {
    let tx = app.db.operating(who).await?;
    tx.query_and_commit(END, &[&order, &letters::reported(app)]).await?;
    app.hub.wake();
    app.jobs.ring();
    Ok(())
}

fn objection(r: &Row) -> Option<&[u8]> {
    r.get(15)
}

/// `key` opens the words of an objection.
fn order(key: Option<&DeskKey>, r: &Row) -> Result<Order> {
    let id = r.get(0);
    let words = key.zip(objection(r)).map(|(key, sealed)| key.open(id, WORDS, sealed)).transpose()?;
    Ok(Order {
        id,
        facility: r.get(1),
        operator: r.get(2),
        mine: r.get(3),
        purpose: r.get(4),
        planned: r.get(5),
        reason: r.get(6),
        rescan: r.get(7),
        from: r.get(8),
        until: r.get(9),
        must_agree: r.get(10),
        state: state(r.get(11))?,
        approved_by: r.get(12),
        reported_at: r.get(13),
        answered_by: r.get(14),
        objection: words.map(Objection),
    })
}

fn state(code: &str) -> Result<State> {
    State::from_code(code)
        .ok_or_else(|| Error::internal("a state of work orders that this version does not know"))
}

async fn orders(app: &App, rows: Vec<Row>) -> Result<Vec<Order>> {
    // The key costs a question to the database and to the keeper of the master key: once, and only where somebody objected.
    let key = if rows.iter().any(|r| objection(r).is_some()) { Some(DeskKey::of(app).await?) } else { None };
    rows.iter().map(|row| order(key.as_ref(), row)).collect()
}

/// For the console, the newest first.
pub async fn all(app: &App, tx: &mut Tx) -> Result<Vec<Order>> {
    orders(app, tx.query(ALL, &[]).await?).await
}

/// For the facility's admin: those that a second operator approved.
pub async fn mine(app: &App, tx: &mut Tx) -> Result<Vec<Order>> {
    orders(app, tx.query(MINE, &[]).await?).await
}

fn acts(rows: &[Row]) -> Vec<Act> {
    let read = |r: &Row| Act {
        n: r.get(0),
        operator: r.get(1),
        act: r.get(2),
        subject: r.get(3),
        seen: r.get(4),
        at: r.get(5),
    };
    rows.iter().map(read).collect()
}

/// What was done under an order, for the console.
pub async fn acts_of(tx: &mut Tx, order: Uuid) -> Result<Vec<Act>> {
    Ok(acts(&tx.query(ACTS, &[&order]).await?))
}

/// The same for the facility's admin.
pub async fn my_acts(tx: &mut Tx, order: Uuid) -> Result<Vec<Act>> {
    Ok(acts(&tx.query(MY_ACTS, &[&order]).await?))
}

/// The facility's own yes or no, where the deployment asks for it.
pub async fn agree(app: &Shared, who: &Actor, order: Uuid, yes: bool) -> Result<()> {
    let tx = app.db.acting(who).await?;
    tx.query_and_commit(AGREE, &[&order, &yes]).await?;
    app.hub.wake();
    Ok(())
}

/// Signs the report off, or objects with these words. Once.
pub async fn confirm(app: &Shared, who: &Actor, order: Uuid, objection: Option<&str>) -> Result<()> {
    let words = match objection {
        Some(text) => Some(DeskKey::of(app).await?.seal(order, WORDS, text)),
        None => None,
    };
    let tx = app.db.acting(who).await?;
    tx.query_and_commit(CONFIRM, &[&order, &objection.is_none(), &words]).await?;
    app.hub.wake();
    Ok(())
}

/// For the notices of a facility's admin.
pub async fn waiting(tx: &mut Tx) -> Result<Vec<Told>> {
    let rows = tx.query(WAITING, &[]).await?;
    let read = |r: &Row| {
        Ok(Told { id: r.get(0), state: state(r.get(1))?, at: r.get(2), from: r.get(3), until: r.get(4) })
    };
    rows.iter().map(read).collect()
}

/// Writes the report of every order whose time is over: how many. Whatever happened to who worked, it comes from what was written down.
pub async fn report_all(app: &Shared) -> Result<i32> {
    let rows = app.db.job(REPORT, &[&letters::reported(app)]).await?;
    let reported = rows.first().map_or(0, |r| r.get(0));
    if reported > 0 {
        app.hub.wake();
        app.jobs.ring();
    }
    Ok(reported)
}

/// One stream of the facility: no name and no word.
#[derive(Debug, Clone)]
pub struct Stream {
    pub id: Uuid,
    pub kind: String,
    pub records: i64,
    pub bytes: i64,
    pub last_at: Timestamp,
    /// Whether the head of the chain is the last record, and none is missing.
    pub head_fits: bool,
}

/// What the key shows of the facility's streams. `Forbidden("no_grant")` without an open box; the look is written down.
pub async fn streams(app: &App, order: Uuid, key: &str) -> Result<Vec<Stream>> {
    let rows = app.db.job(STREAMS, &[&order, &token::hash(key).as_slice()]).await?;
    let read = |r: &Row| Stream {
        id: r.get(0),
        kind: r.get(1),
        records: r.get(2),
        bytes: r.get(3),
        last_at: r.get(4),
        head_fits: r.get(5),
    };
    Ok(rows.iter().map(read).collect())
}

/// One file that is not ready.
#[derive(Debug, Clone)]
pub struct File {
    pub id: Uuid,
    pub state: String,
    pub bytes: i64,
    pub media_type: String,
    pub uploaded_at: Timestamp,
    pub state_at: Timestamp,
}

/// The facility's files that are not ready.
pub async fn files(app: &App, order: Uuid, key: &str) -> Result<Vec<File>> {
    let rows = app.db.job(FILES, &[&order, &token::hash(key).as_slice()]).await?;
    let read = |r: &Row| File {
        id: r.get(0),
        state: r.get(1),
        bytes: r.get(2),
        media_type: r.get(3),
        uploaded_at: r.get(4),
        state_at: r.get(5),
    };
    Ok(rows.iter().map(read).collect())
}

/// Gives a file to the scanner again.
pub async fn rescan(app: &App, order: Uuid, key: &str, file: Uuid) -> Result<()> {
    app.db.job(RESCAN, &[&order, &token::hash(key).as_slice(), &file]).await?;
    app.scan_wanted.notify_one();
    Ok(())
}
