//! Statements of the sign-in principal.

use jiff::SignedDuration;
use uuid::Uuid;

use super::confirm::Ways;
use crate::{Error, Result, app::App, db::Params};

const BEGIN: &str = "SELECT wait, account_id, password_hash, totp_secret, totp_last_step, remembered, passkeys FROM act.sign_in_begin($1, $2, $3, $4, $5)";
const HALF: &str = "SELECT act.sign_in_half($1, $2, $3, $4)";
const HALVED: &str = "SELECT login_id FROM act.sign_in_halved($1)";
const DONE: &str = "SELECT session_id, expires_at, enrolling, new_device, pending FROM act.sign_in_done($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
  pg_catalog.make_interval(secs => $16), pg_catalog.make_interval(secs => $17), $18, $19, $20)";
const REFUSED: &str = "SELECT act.sign_in_refused($1)";
const FORGET: &str = "SELECT act.forget_attempt($1)";
const RECOVERY: &str = "SELECT r FROM act.recovery_codes_left($1) r";
const STATE: &str =
    "SELECT state, account_id, login_id, name, profession, facility FROM act.session_state($1)";
const ENROL_OFFER: &str = "SELECT login_id, secret FROM act.enrol_offer($1, $2)";
const ENROL_CONFIRM: &str = "SELECT first, renewed FROM act.enrol_confirm($1, $2, $3, $4)";
const LOCK: &str = "SELECT act.lock($1)";
const CONFIRM_BEGIN: &str =
    "SELECT wait, password_hash, totp_secret, totp_last_step FROM act.confirm_begin($1, $2, $3, $4)";
const CONFIRM_DONE: &str = "SELECT act.confirm_done($1, $2, $3, $4, $5)";
const UNLOCK_WAYS: &str = "SELECT password, passkey FROM act.unlock_ways($1, $2)";
const UNLOCK_DONE: &str = "SELECT act.unlock_done($1, $2, $3, $4, $5)";
const SECOND_STEP_WAYS: &str = "SELECT totp, passkey FROM act.second_step_ways($1)";
const SIGN_OUT: &str = "SELECT act.sign_out($1)";

#[derive(Debug)]
pub struct Begun {
    pub wait: i32,
    pub account_id: Option<Uuid>,
    pub password_hash: Option<String>,
    pub totp_secret: Option<Vec<u8>>,
    pub totp_last_step: i64,
    pub remembered: bool,
    pub passkeys: bool,
}

impl Begun {
    pub fn has_second_factor(&self) -> bool {
        self.totp_secret.is_some() || self.passkeys
    }
}

pub async fn begin(
    app: &App,
    attempt: Uuid,
    login: &str,
    login_hash: &[u8; 32],
    device: Option<&[u8; 32]>,
    block: &str,
) -> Result<Begun> {
    let device = device.map(<[u8; 32]>::as_slice);
    let rows = app.db.signing_in(BEGIN, &[&attempt, &login, &login_hash.as_slice(), &device, &block]).await?;
    let r = rows.first().ok_or_else(|| Error::internal("sign_in_begin gives one row"))?;
    Ok(Begun {
        wait: r.get(0),
        account_id: r.get(1),
        password_hash: r.get(2),
        totp_secret: r.get(3),
        totp_last_step: r.get::<_, Option<i64>>(4).unwrap_or_default(),
        remembered: r.get(5),
        passkeys: r.get(6),
    })
}

pub async fn half(
    app: &App,
    pre: &[u8; 32],
    account: Uuid,
    attempt: Uuid,
    device: Option<&[u8; 32]>,
) -> Result<()> {
    let device = device.map(<[u8; 32]>::as_slice);
    app.db.signing_in(HALF, &[&pre.as_slice(), &account, &attempt, &device]).await.map(drop)
}

pub async fn halved(app: &App, pre: &[u8; 32]) -> Result<Option<String>> {
    Ok(app.db.signing_in(HALVED, &[&pre.as_slice()]).await?.first().map(|r| r.get(0)))
}

#[derive(Debug)]
pub struct Done {
    pub attempt: Uuid,
    pub login_hash: [u8; 32],
    pub account: Uuid,
    pub pre: Option<[u8; 32]>,
    pub session: Uuid,
    pub token_hash: [u8; 32],
    /// Of the same session with the new device's token, where that is the one that comes to be used.
    pub new_token_hash: Option<[u8; 32]>,
    pub kind: &'static str,
    pub device_hash: Option<[u8; 32]>,
    pub new_device: Uuid,
    pub new_device_hash: [u8; 32],
    pub device_name: String,
    pub device_kind: &'static str,
    /// The SHA-256 of the client certificate's DER.
    pub certificate: Option<Vec<u8>>,
    pub remember: bool,
    pub factors: Vec<&'static str>,
    pub totp_step: Option<i64>,
    pub recovery: Option<[u8; 32]>,
    /// `None`: does not lock by itself.
    pub idle: Option<SignedDuration>,
    pub ttl: SignedDuration,
}

#[derive(Debug)]
pub struct Session {
    pub expires_at: jiff::Timestamp,
    pub enrolling: bool,
    /// The browser's device token is new.
    pub new_device: bool,
    pub pending: bool,
}

pub async fn done(app: &App, d: &Done) -> Result<Session> {
    let (pre, device, recovery) = (
        d.pre.as_ref().map(<[u8; 32]>::as_slice),
        d.device_hash.as_ref().map(<[u8; 32]>::as_slice),
        d.recovery.as_ref().map(<[u8; 32]>::as_slice),
    );
    let new_token_hash = d.new_token_hash.as_ref().map(<[u8; 32]>::as_slice);
    let rows = app
        .db
        .signing_in(
            DONE,
            &[
                &d.attempt,
                &d.login_hash.as_slice(),
                &d.account,
                &pre,
                &d.session,
                &d.token_hash.as_slice(),
                &d.kind,
                &device,
                &d.new_device,
                &d.new_device_hash.as_slice(),
                &d.device_name,
                &d.remember,
                &d.factors,
                &d.totp_step,
                &recovery,
                &d.idle.map(|i| i.as_secs_f64()),
                &d.ttl.as_secs_f64(),
                &new_token_hash,
                &d.device_kind,
                &d.certificate,
            ],
        )
        .await?;
    let r = rows.first().ok_or_else(|| Error::internal("sign_in_done gives one row"))?;
    Ok(Session { expires_at: r.get(1), enrolling: r.get(2), new_device: r.get(3), pending: r.get(4) })
}

pub async fn refused(app: &App, account: Option<Uuid>) -> Result<()> {
    app.db.signing_in(REFUSED, &[&account]).await.map(drop)
}

/// The try was no guess.
pub async fn forget(app: &App, attempt: Uuid) -> Result<()> {
    app.db.signing_in(FORGET, &[&attempt]).await.map(drop)
}

pub async fn recovery_codes(app: &App, account: Uuid) -> Result<Vec<Vec<u8>>> {
    Ok(app.db.signing_in(RECOVERY, &[&account]).await?.iter().map(|r| r.get(0)).collect())
}

#[derive(Debug)]
pub struct State {
    pub state: String,
    pub account_id: Uuid,
    pub login_id: String,
    pub name: String,
    pub profession: String,
    pub facility: String,
}

pub async fn session_state(app: &App, token_hash: &[u8; 32]) -> Result<Option<State>> {
    let rows = app.db.signing_in(STATE, &[&token_hash.as_slice()]).await?;
    Ok(rows
        .first()
        .map(|r| State {
            state: r.get(0),
            account_id: r.get(1),
            login_id: r.get(2),
            name: r.get(3),
            profession: r.get(4),
            facility: r.get(5),
        })
        .filter(|s| s.state != "ended"))
}

pub async fn enrol_offer(app: &App, token_hash: &[u8; 32], sealed: &[u8]) -> Result<(String, Vec<u8>)> {
    let rows = app.db.signing_in(ENROL_OFFER, &[&token_hash.as_slice(), &sealed]).await?;
    let r = rows.first().ok_or(Error::NotSignedIn)?;
    Ok((r.get(0), r.get(1)))
}

/// Whether it is the account's first second factor, and whether the session now has the new token.
pub async fn enrol_confirm(
    app: &App,
    token_hash: &[u8; 32],
    step: i64,
    codes: &[Vec<u8>],
    renewed: &[u8; 32],
) -> Result<(bool, bool)> {
    let params: Params<'_> = &[&token_hash.as_slice(), &step, &codes, &renewed.as_slice()];
    let rows = app.db.signing_in(ENROL_CONFIRM, params).await?;
    let r = rows.first().ok_or(Error::NotSignedIn)?;
    Ok((r.get(0), r.get(1)))
}

pub async fn lock(app: &App, token_hash: &[u8; 32]) -> Result<()> {
    app.db.signing_in(LOCK, &[&token_hash.as_slice()]).await.map(drop)
}

/// What checks a session's own account again. Everything is `None` while the person has to wait.
#[derive(Debug)]
pub struct Confirming {
    pub wait: i32,
    pub password_hash: Option<String>,
    pub totp_secret: Option<Vec<u8>>,
    pub totp_last_step: i64,
}

pub async fn confirm_begin(
    app: &App,
    token_hash: &[u8; 32],
    attempt: Uuid,
    login_hash: &[u8; 32],
    block: &str,
) -> Result<Confirming> {
    let rows = app
        .db
        .signing_in(CONFIRM_BEGIN, &[&token_hash.as_slice(), &attempt, &login_hash.as_slice(), &block])
        .await?;
    let r = rows.first().ok_or(Error::NotSignedIn)?;
    Ok(Confirming {
        wait: r.get(0),
        password_hash: r.get(1),
        totp_secret: r.get(2),
        totp_last_step: r.get(3),
    })
}

/// Whether the session now has the new token.
pub async fn confirm_done(
    app: &App,
    token_hash: &[u8; 32],
    attempt: Uuid,
    method: &str,
    totp_step: Option<i64>,
    renewed: Option<&[u8; 32]>,
) -> Result<bool> {
    let renewed = renewed.map(<[u8; 32]>::as_slice);
    let params: Params<'_> = &[&token_hash.as_slice(), &attempt, &method, &totp_step, &renewed];
    let rows = app.db.signing_in(CONFIRM_DONE, params).await?;
    Ok(rows.first().ok_or(Error::NotSignedIn)?.get(0))
}

pub async fn unlock_ways(app: &App, token_hash: &[u8; 32], device: Option<&[u8; 32]>) -> Result<Ways> {
    let device = device.map(<[u8; 32]>::as_slice);
    let rows = app.db.signing_in(UNLOCK_WAYS, &[&token_hash.as_slice(), &device]).await?;
    let r = rows.first().ok_or(Error::NotSignedIn)?;
    Ok(Ways { password: r.get(0), code: false, passkey: r.get(1) })
}

/// Whether the session now has the new token.
pub async fn unlock_done(
    app: &App,
    token_hash: &[u8; 32],
    attempt: Uuid,
    method: &str,
    device: Option<&[u8; 32]>,
    renewed: &[u8; 32],
) -> Result<bool> {
    let device = device.map(<[u8; 32]>::as_slice);
    let params: Params<'_> = &[&token_hash.as_slice(), &attempt, &method, &device, &renewed.as_slice()];
    let rows = app.db.signing_in(UNLOCK_DONE, params).await?;
    Ok(rows.first().ok_or(Error::NotSignedIn)?.get(0))
}

/// By what a sign-in whose password was right may go on; `None` where there is none.
pub async fn second_step_ways(app: &App, pre: &[u8; 32]) -> Result<Option<Ways>> {
    let rows = app.db.signing_in(SECOND_STEP_WAYS, &[&pre.as_slice()]).await?;
    Ok(rows.first().map(|r| Ways { password: false, code: r.get(0), passkey: r.get(1) }))
}

pub async fn sign_out(app: &App, token_hash: &[u8; 32]) -> Result<()> {
    app.db.signing_in(SIGN_OUT, &[&token_hash.as_slice()]).await.map(drop)
}
