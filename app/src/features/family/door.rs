//! Signing in by the family's door. As at the others: every try is counted before it is checked, and an unknown ID looks and
//! takes the same as a wrong password.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::features::sign_in::language;
use crate::words::Language;
use crate::{
    Error, Result,
    app::App,
    auth::{Relative, password, token, totp},
    db::Params,
    features::sign_in::acts::{Origin, fold_login, open_secret, seal_secret},
};

/// A phone stays signed in for a month, or until it lay unused for fourteen days: what stands behind this door is one's own
/// family's timeline, and whoever is asked for a code every day writes the password on the fridge.
pub const SESSION: SignedDuration = SignedDuration::from_hours(30 * 24);

const IS_RELATIVE: &str = "SELECT act.is_relative($1)";
const BEGIN: &str = "SELECT wait, account_id, password_hash, totp_secret, totp_last_step FROM act.relative_sign_in_begin($1, $2, $3, $4)";
const DONE: &str =
    "SELECT act.relative_sign_in_done($1, $2, $3, $4, $5, pg_catalog.make_interval(secs => $6))";
const REFUSED: &str = "SELECT act.relative_sign_in_refused($1)";
const SIGN_OUT: &str = "SELECT act.relative_sign_out($1)";
const OFFER: &str = "SELECT account_id, login_id, secret FROM fam.enrol_offer($1, $2)";
const ENROLLING: &str = "SELECT fam.enrol_account($1)";
const CONFIRM: &str = "SELECT fam.enrol_confirm($1, $2, $3)";

/// A session that was just opened.
#[derive(Debug)]
pub struct Opened {
    pub token: String,
    pub expires_at: Timestamp,
    /// App authentication is not set up: the session can do that alone.
    pub enrolling: bool,
    /// What the account has chosen, for this browser.
    pub language: Option<Language>,
}

/// No door shares its count of tries with another.
fn login_hash(login: &str) -> [u8; 32] {
    token::sha256(format!("renkei/family-login/v1|{login}").as_bytes())
}

/// Whether an ID comes in here. For the JSON API, which has one way in for everybody.
pub async fn is_mine(app: &App, login: &str) -> Result<bool> {
    let rows = app.db.signing_in(IS_RELATIVE, &[&fold_login(login)]).await?;
    Ok(rows.first().is_some_and(|r| r.get(0)))
}

/// ID, password and the code of the app, all at once; without a code only somebody comes in who has no app yet.
pub async fn sign_in(
    app: &App,
    login: &str,
    typed: String,
    code: Option<&str>,
    origin: &Origin,
) -> Result<Opened> {
    let (login, attempt) = (fold_login(login), Uuid::now_v7());
    let hash = login_hash(&login);
    let rows = app.db.signing_in(BEGIN, &[&attempt, &login, &hash.as_slice(), &origin.block]).await?;
    let r = rows.first().ok_or_else(|| Error::internal("relative_sign_in_begin gives one row"))?;
    let wait: i32 = r.get(0);
    if wait > 0 {
        return Err(Error::TooMany { retry_after: u32::try_from(wait).unwrap_or(60) });
    }
    let known: Option<Uuid> = r.get(1);
    let right = password::verify(typed, r.get(2)).await?;
    let Some(account) = known.filter(|_| right) else { return refuse(app, known).await };
    let step = match r.get::<_, Option<Vec<u8>>>(3) {
        None => None,
        Some(sealed) => {
            let Some(code) = code.map(str::trim).filter(|c| !c.is_empty()) else {
                return Err(Error::SecondFactorRequired);
            };
            let secret = open_secret(app, account, &sealed).await?;
            let last: i64 = r.get::<_, Option<i64>>(4).unwrap_or_default();
            let step = totp::check(&secret, code, app.unix_seconds())?.filter(|step| *step > last);
            if step.is_none() {
                return refuse(app, known).await;
            }
            step
        }
    };
    open(app, attempt, account, step).await
}

async fn open(app: &App, attempt: Uuid, account: Uuid, step: Option<i64>) -> Result<Opened> {
    let session = Relative::fresh_token();
    let session_hash = token::hash(&session);
    let params: Params<'_> =
        &[&attempt, &account, &Uuid::now_v7(), &session_hash.as_slice(), &step, &SESSION.as_secs_f64()];
    let rows = app.db.signing_in(DONE, params).await.map_err(|e| match e {
        Error::NotSignedIn => Error::WrongCredentials,
        other => other,
    })?;
    let expires_at = rows.first().map(|r| r.get(0)).ok_or_else(|| Error::internal("a time"))?;
    Ok(Opened {
        token: session,
        expires_at,
        enrolling: step.is_none(),
        language: language::chosen(app, account).await?,
    })
}

async fn refuse<T>(app: &App, account: Option<Uuid>) -> Result<T> {
    app.db.signing_in(REFUSED, &[&account]).await?;
    app.watch.metrics.sign_in_failures.inc();
    Err(Error::WrongCredentials)
}

pub async fn sign_out(app: &App, who: &Relative) -> Result<()> {
    app.db.signing_in(SIGN_OUT, &[&who.token_hash()]).await?;
    app.hub.wake();
    Ok(())
}

/// What the authenticator is shown. A reload shows the same.
pub async fn offer(app: &App, who: &Relative) -> Result<(totp::Enrolment, String)> {
    let rows = app.db.family(ENROLLING, &[&who.token_hash()]).await?;
    let account: Uuid = rows.first().ok_or(Error::NotSignedIn)?.get(0);
    let fresh = seal_secret(app, account, &totp::fresh_secret()).await?;
    let rows = app.db.family(OFFER, &[&who.token_hash(), &Some(fresh)]).await?;
    let r = rows.first().ok_or(Error::NotSignedIn)?;
    let login: String = r.get(1);
    let secret = open_secret(app, account, r.get(2)).await?;
    Ok((totp::enrolment(&secret, &login)?, login))
}

/// The first code proves that the app is set up. Gives the session's new token.
pub async fn confirm(app: &App, who: &Relative, code: &str) -> Result<String> {
    let rows = app.db.family(OFFER, &[&who.token_hash(), &None::<Vec<u8>>]).await?;
    let r = rows.first().ok_or(Error::NotSignedIn)?;
    let sealed: Vec<u8> = r.get::<_, Option<_>>(2).ok_or(Error::WrongCredentials)?;
    let secret = open_secret(app, r.get(0), &sealed).await?;
    let step = totp::check(&secret, code, app.unix_seconds())?.ok_or(Error::WrongCredentials)?;
    let renewed = Relative::fresh_token();
    app.db.family(CONFIRM, &[&who.token_hash(), &step, &token::hash(&renewed).as_slice()]).await?;
    Ok(renewed)
}

/// A session that nobody signed in to, for a demo and for tests. Nothing that `serve` answers leads here.
pub async fn trusted_session(app: &App, account: Uuid) -> Result<String> {
    open(app, Uuid::now_v7(), account, Some(0)).await.map(|o| o.token)
}
