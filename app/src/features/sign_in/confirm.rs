//! Proving again who one is, on a session that is open or locked. Every try is counted like one of signing in.

use uuid::Uuid;

use super::{
    acts::{Origin, device_hash, login_hash, open_secret, refuse},
    store,
};
use crate::{
    Error, Result,
    app::App,
    auth::{Actor, password, totp},
    db::Tx,
};

/// What somebody shows.
pub enum Shown {
    Password(String),
    /// The authenticator app's present code, which is burnt.
    Code(String),
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown(…)")
    }
}

/// A token that takes the place of the session's: it belongs into the cookie. `None`: the session keeps the one it has.
pub type Renewed = Option<String>;

/// What there is to prove with.
#[derive(Debug, Clone, Copy)]
pub struct Ways {
    pub password: bool,
    pub code: bool,
    pub passkey: bool,
}

const FACTORS: &str = "SELECT totp, passkeys, remembered FROM act.my_factors()";

/// By what the caller may step up. Not by the password alone where the session rests on a remembered device.
pub async fn ways(tx: &mut Tx) -> Result<Ways> {
    let r = tx.one(FACTORS, &[]).await?;
    Ok(Ways { password: !r.get::<_, bool>(2), code: r.get(0), passkey: r.get::<_, i64>(1) > 0 })
}

/// Checks what is shown. For five minutes the session may then do what reaches far (`sec.must_be_fresh`).
pub async fn step_up(app: &App, who: &Actor, shown: Shown, origin: &Origin) -> Result<Renewed> {
    let (fresh, hash) = origin.renewed();
    let renewed = confirm(app, who, shown, origin, Some(&hash)).await?;
    Ok(renewed.then_some(fresh))
}

/// The password again, beside an act whose own form asks for it. The session keeps its token.
pub async fn confirm_password(app: &App, who: &Actor, password: String, origin: &Origin) -> Result<()> {
    confirm(app, who, Shown::Password(password), origin, None).await.map(drop)
}

async fn confirm(
    app: &App,
    who: &Actor,
    shown: Shown,
    origin: &Origin,
    renewed: Option<&[u8; 32]>,
) -> Result<bool> {
    let Trying { account, attempt, known } = begin(app, &who.key(), origin).await?;
    let (method, step) = match shown {
        Shown::Password(password) => {
            if !password::verify(password, known.password_hash).await? {
                return refuse(app, Some(account)).await;
            }
            ("password", None)
        }
        Shown::Code(code) => match step_of(app, account, &known, &code).await? {
            Some(step) => ("code", Some(step)),
            None => return refuse(app, Some(account)).await,
        },
    };
    // Somebody else's request was quicker with the same code.
    let done = store::confirm_done(app, &who.key(), attempt, method, step, renewed).await;
    done.map_err(|e| if matches!(e, Error::NotSignedIn) { Error::WrongCredentials } else { e })
}

async fn step_of(app: &App, account: Uuid, known: &store::Confirming, code: &str) -> Result<Option<i64>> {
    let Some(sealed) = known.totp_secret.as_deref() else { return Ok(None) };
    let secret = open_secret(app, account, sealed).await?;
    let step = totp::check(&secret, code, app.unix_seconds())?;
    Ok(step.filter(|step| *step > known.totp_last_step))
}

/// Unlocks a session with its own account's password, on its own device. The second factor was shown when it began.
/// `Forbidden("unknown_device")` anywhere else, before any password is looked at.
pub async fn unlock(app: &App, who: &Actor, password: String, origin: &Origin) -> Result<Renewed> {
    let hash = who.key();
    let device = device_hash(origin);
    if !store::unlock_ways(app, &hash, device.as_ref()).await?.password {
        return Err(Error::Forbidden("unknown_device".into()));
    }
    let Trying { account, attempt, known } = begin(app, &hash, origin).await?;
    if !password::verify(password, known.password_hash).await? {
        return refuse(app, Some(account)).await;
    }
    let (fresh, new_hash) = origin.renewed();
    let renewed = store::unlock_done(app, &hash, attempt, "password", device.as_ref(), &new_hash).await?;
    Ok(renewed.then_some(fresh))
}

/// By what a locked session may be opened in this browser.
pub async fn unlock_ways(app: &App, who: &Actor, origin: &Origin) -> Result<Ways> {
    store::unlock_ways(app, &who.key(), device_hash(origin).as_ref()).await
}

/// The end of a step-up by a passkey that was checked as `attempt`.
pub async fn stepped_up_by_passkey(
    app: &App,
    who: &Actor,
    attempt: Uuid,
    origin: &Origin,
) -> Result<Renewed> {
    let (fresh, hash) = origin.renewed();
    let renewed = store::confirm_done(app, &who.key(), attempt, "passkey", None, Some(&hash)).await?;
    Ok(renewed.then_some(fresh))
}

/// The end of an unlocking by a passkey that was checked as `attempt`, on whatever device.
pub async fn unlocked_by_passkey(app: &App, who: &Actor, attempt: Uuid, origin: &Origin) -> Result<Renewed> {
    let (fresh, hash) = origin.renewed();
    let renewed = store::unlock_done(app, &who.key(), attempt, "passkey", None, &hash).await?;
    Ok(renewed.then_some(fresh))
}

/// One counted try on a session's own account.
struct Trying {
    account: Uuid,
    attempt: Uuid,
    known: store::Confirming,
}

async fn begin(app: &App, token_hash: &[u8; 32], origin: &Origin) -> Result<Trying> {
    let state = store::session_state(app, token_hash).await?.ok_or(Error::NotSignedIn)?;
    let attempt = Uuid::now_v7();
    let login = login_hash(&state.login_id);
    let known = store::confirm_begin(app, token_hash, attempt, &login, &origin.block).await?;
    if known.wait > 0 {
        return Err(Error::TooMany { retry_after: u32::try_from(known.wait).unwrap_or(60) });
    }
    Ok(Trying { account: state.account_id, attempt, known })
}
