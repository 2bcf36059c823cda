//! Statements on recoveries and resets.

use uuid::Uuid;

use super::model::{AtConsole, Lost, Mine, NewRecovery, Recovery, State};
use crate::{Error, Result, app::App, auth::Actor, db::Tx};

const START: &str = "SELECT act.start_recovery($1, $2, $3, $4, $5, $6)";
const CONFIRM: &str = "SELECT act.confirm_recovery($1)";
const CANCEL: &str = "SELECT act.cancel_recovery($1)";
const MAKE_CODE: &str = "SELECT act.make_recovery_code($1, $2)";
const ALL: &str = "SELECT id, number, account_id, name, lost, reason, identified, state, started_by, started_name, started_at, ends_at, confirmed_name, by_operator
  FROM act.recoveries($1)";
const MINE: &str =
    "SELECT id, number, facility, lost, state, started_name, started_at, ends_at FROM act.my_recovery()";
const AT_CONSOLE: &str = "SELECT id, number, facility, phone, contact, contact_phone, admins, lost, reason, identified, state, started_at, ends_at, by_operator FROM op.recoveries()";
const OPERATOR_CONFIRMS: &str = "SELECT op.confirm_recovery($1)";
const CODE_FOR: &str = "SELECT act.recovery_code_for($1)";
const RECOVER_BEGIN: &str =
    "SELECT wait, account_id, password_hash FROM act.recover_begin($1, $2, $3, $4, $5, $6)";
const RECOVER_DONE: &str = "SELECT act.recover_done($1, $2, $3, $4)";
const FORGOTTEN: &str = "SELECT act.forgotten($1, $2, $3, $4)";
const RESET_ADDRESS: &str = "SELECT a FROM act.reset_address($1) a";
const SEND_RESET: &str = "SELECT act.send_reset($1, $2, $3)";
const RESET_ABOUT: &str = "SELECT login_id, name, kana, facilities FROM act.reset_about($1)";
const RESET_BEGIN: &str =
    "SELECT wait, account_id, totp_secret, totp_last_step, hashes FROM act.reset_begin($1, $2, $3, $4)";
const RESET_DONE: &str = "SELECT act.reset_done($1, $2, $3, $4, $5)";
const RECOVERY_CODES: &str = "SELECT r FROM act.recovery_codes_left($1) r";
const OLD_PASSWORDS: &str = "SELECT h FROM act.old_passwords($1) h";

/// The one that stands for the client id: `id`, where it came for the first time.
pub async fn start(tx: Tx, id: Uuid, about: Uuid, new: &NewRecovery) -> Result<Uuid> {
    let lost = new.lost.code();
    account(
        &tx.query_and_commit(START, &[&id, &about, &new.client_id, &lost, &new.reason, &new.identified])
            .await?,
    )
}

fn account(rows: &[tokio_postgres::Row]) -> Result<Uuid> {
    rows.first().map(|r| r.get(0)).ok_or_else(|| Error::internal("the function gives one row"))
}

/// Whose it is.
pub async fn confirm(tx: Tx, recovery: Uuid) -> Result<Uuid> {
    account(&tx.query_and_commit(CONFIRM, &[&recovery]).await?)
}

/// Whose it was.
pub async fn cancel(tx: Tx, recovery: Uuid) -> Result<Uuid> {
    account(&tx.query_and_commit(CANCEL, &[&recovery]).await?)
}

pub async fn make_code(tx: Tx, recovery: Uuid, hash: &[u8; 32]) -> Result<Lost> {
    let rows = tx.query_and_commit(MAKE_CODE, &[&recovery, &hash.as_slice()]).await?;
    let row = rows.first().ok_or_else(|| Error::internal("the function gives one row"))?;
    Ok(Lost::from_code(row.get(0)))
}

pub async fn all(tx: &mut Tx, account: Option<Uuid>) -> Result<Vec<Recovery>> {
    let rows = tx.query(ALL, &[&account]).await?;
    Ok(rows
        .iter()
        .map(|r| Recovery {
            id: r.get(0),
            number: r.get(1),
            account: r.get(2),
            name: r.get(3),
            lost: Lost::from_code(r.get(4)),
            reason: r.get(5),
            identified: r.get(6),
            state: State::from_code(r.get(7)),
            started_by: r.get(8),
            started_name: r.get(9),
            started_at: r.get(10),
            ends_at: r.get(11),
            confirmed_name: r.get(12),
            by_operator: r.get(13),
        })
        .collect())
}

pub async fn mine(tx: &mut Tx) -> Result<Option<Mine>> {
    Ok(tx.query(MINE, &[]).await?.first().map(|r| Mine {
        id: r.get(0),
        number: r.get(1),
        facility: r.get(2),
        lost: Lost::from_code(r.get(3)),
        state: State::from_code(r.get(4)),
        started_name: r.get(5),
        started_at: r.get(6),
        ends_at: r.get(7),
    }))
}

pub async fn at_console(tx: &mut Tx) -> Result<Vec<AtConsole>> {
    let rows = tx.query(AT_CONSOLE, &[]).await?;
    Ok(rows
        .iter()
        .map(|r| AtConsole {
            id: r.get(0),
            number: r.get(1),
            facility: r.get(2),
            phone: r.get(3),
            contact: r.get::<_, Option<String>>(4).zip(r.get(5)),
            admins: r.get(6),
            lost: Lost::from_code(r.get(7)),
            reason: r.get(8),
            identified: r.get(9),
            state: State::from_code(r.get(10)),
            started_at: r.get(11),
            ends_at: r.get(12),
            by_operator: r.get(13),
        })
        .collect())
}

pub async fn operator_confirms(tx: Tx, recovery: Uuid) -> Result<()> {
    tx.query_and_commit(OPERATOR_CONFIRMS, &[&recovery]).await.map(drop)
}

pub async fn code_for(app: &App, hash: &[u8; 32]) -> Result<Option<Lost>> {
    let rows = app.db.signing_in(CODE_FOR, &[&hash.as_slice()]).await?;
    Ok(rows.first().and_then(|r| r.get::<_, Option<&str>>(0)).map(Lost::from_code))
}

#[derive(Debug)]
pub struct Recovering {
    pub wait: i32,
    pub account: Option<Uuid>,
    pub password_hash: Option<String>,
}

/// Who asks, as the count of tries knows them.
#[derive(Debug)]
pub struct Asking<'a> {
    pub attempt: Uuid,
    pub device: Option<[u8; 32]>,
    pub block: &'a str,
}

impl Asking<'_> {
    fn device(&self) -> Option<&[u8]> {
        self.device.as_ref().map(<[u8; 32]>::as_slice)
    }
}

pub async fn recover_begin(
    app: &App,
    asking: &Asking<'_>,
    login: &str,
    login_hash: &[u8; 32],
    code: &[u8; 32],
) -> Result<Recovering> {
    let device = asking.device();
    let rows = app
        .db
        .signing_in(
            RECOVER_BEGIN,
            &[&asking.attempt, &login, &login_hash.as_slice(), &device, &asking.block, &code.as_slice()],
        )
        .await?;
    let r = rows.first().ok_or_else(|| Error::internal("recover_begin gives one row"))?;
    Ok(Recovering { wait: r.get(0), account: r.get(1), password_hash: r.get(2) })
}

pub async fn recover_done(
    app: &App,
    attempt: Uuid,
    account: Uuid,
    code: &[u8; 32],
    session: Uuid,
) -> Result<()> {
    app.db.signing_in(RECOVER_DONE, &[&attempt, &account, &code.as_slice(), &session]).await.map(drop)
}

/// Seconds to wait, 0 if it was taken.
pub async fn forgotten(app: &App, id: Uuid, login: &str, login_hash: &[u8; 32], block: &str) -> Result<i32> {
    let rows = app.db.signing_in(FORGOTTEN, &[&id, &login, &login_hash.as_slice(), &block]).await?;
    rows.first().map(|r| r.get(0)).ok_or_else(|| Error::internal("forgotten gives one row"))
}

pub async fn reset_address(app: &App, reset: Uuid) -> Result<Option<String>> {
    Ok(app.db.job(RESET_ADDRESS, &[&reset]).await?.first().map(|r| r.get(0)))
}

pub async fn send_reset(app: &App, reset: Uuid, token: &[u8; 32], letter: &serde_json::Value) -> Result<()> {
    app.db.job(SEND_RESET, &[&reset, &token.as_slice(), letter]).await.map(drop)
}

/// What the new password may not hold; `None` where the link is not good.
pub async fn reset_about(app: &App, token: &[u8; 32]) -> Result<Option<Vec<String>>> {
    let rows = app.db.signing_in(RESET_ABOUT, &[&token.as_slice()]).await?;
    Ok(rows.first().map(|r| {
        let mut words: Vec<String> = r.get(3);
        words.extend([r.get(0), r.get(1), r.get(2)]);
        words
    }))
}

#[derive(Debug)]
pub struct Resetting {
    pub wait: i32,
    pub account: Uuid,
    pub totp_secret: Option<Vec<u8>>,
    pub totp_last_step: i64,
    /// The present password and those before.
    pub hashes: Vec<String>,
}

/// `NotFound` where the link is not good.
pub async fn reset_begin(app: &App, token: &[u8; 32], asking: &Asking<'_>) -> Result<Resetting> {
    let device = asking.device();
    let rows =
        app.db.signing_in(RESET_BEGIN, &[&token.as_slice(), &asking.attempt, &device, &asking.block]).await?;
    let r = rows.first().ok_or(Error::NotFound)?;
    Ok(Resetting {
        wait: r.get(0),
        account: r.get(1),
        totp_secret: r.get(2),
        totp_last_step: r.get(3),
        hashes: r.get::<_, Option<Vec<String>>>(4).unwrap_or_default(),
    })
}

/// By which code the person was proven.
#[derive(Debug, Clone, Copy)]
pub enum Shown {
    Totp(i64),
    RecoveryCode([u8; 32]),
}

pub async fn reset_done(
    app: &App,
    token: &[u8; 32],
    attempt: Uuid,
    shown: &Shown,
    password_hash: &str,
) -> Result<()> {
    let (step, code) = match shown {
        Shown::Totp(step) => (Some(*step), None),
        Shown::RecoveryCode(hash) => (None, Some(hash.as_slice())),
    };
    app.db
        .signing_in(RESET_DONE, &[&token.as_slice(), &attempt, &step, &code, &password_hash])
        .await
        .map(drop)
}

pub async fn recovery_codes(app: &App, account: Uuid) -> Result<Vec<Vec<u8>>> {
    Ok(app.db.signing_in(RECOVERY_CODES, &[&account]).await?.iter().map(|r| r.get(0)).collect())
}

pub async fn old_passwords(app: &App, who: &Actor) -> Result<Vec<String>> {
    Ok(app.db.signing_in(OLD_PASSWORDS, &[&who.token_hash()]).await?.iter().map(|r| r.get(0)).collect())
}
