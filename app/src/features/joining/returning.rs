//! Coming in with an account that there is already: of another facility, or of somebody who had left everywhere and so cannot sign in.

use uuid::Uuid;

use super::{
    join::{look, proved},
    letters,
    rules::is_invited,
};
use crate::{
    Error, Result,
    app::App,
    auth::{password, token, totp},
    features::sign_in::acts::{
        Kind, Opened, Origin, Proof, device_hash, fold_login, login_hash, open_secret, refuse, sign_in,
    },
};

const BEGIN: &str = "SELECT wait, account_id, password_hash, totp_secret, totp_last_step, name, kana FROM act.rejoin_begin($1, $2, $3, $4, $5, $6)";
const REJOIN: &str = "SELECT act.rejoin($1, $2, $3, $4, $5)";

/// What somebody with an account typed.
#[derive(Default)]
pub struct Returner {
    pub login_id: String,
    pub password: String,
    /// Six digits of the authenticator.
    pub totp: String,
    /// The code of a letter, where one was asked for.
    pub code: String,
}

crate::opaque_debug!(Returner);

/// Comes back, and signs in in this browser.
pub async fn rejoin(app: &App, link: &str, given: Returner, origin: &Origin) -> Result<Opened> {
    let proof = tie(app, link, given, origin).await?;
    sign_in(app, proof, origin, Kind::Browser, false).await
}

/// Checks who it is, as one counted try, and ties the account. The caller signs in with the same password and code at once, whose step
/// is burnt there.
pub async fn tie(app: &App, link: &str, given: Returner, origin: &Origin) -> Result<Proof> {
    let found = look(app, link).await?;
    let (login, attempt, hash) = (fold_login(&given.login_id), Uuid::now_v7(), token::hash(link));
    let login_hash = login_hash(&login);
    let device = device_hash(origin);
    let device = device.as_ref().map(<[u8; 32]>::as_slice);
    let rows = app
        .db
        .anybody(BEGIN, &[&hash.as_slice(), &attempt, &login, &login_hash.as_slice(), &device, &origin.block])
        .await?;
    let r = rows.first().ok_or_else(|| Error::internal("rejoin_begin gives one row"))?;
    let wait: i32 = r.get(0);
    if wait > 0 {
        return Err(Error::TooMany { retry_after: u32::try_from(wait).unwrap_or(60) });
    }
    let right = password::verify(given.password.clone(), r.get(2)).await?;
    let known = r.get::<_, Option<Uuid>>(1);
    let Some(account) = known.filter(|_| right) else { return refuse(app, known).await };
    if let Some(sealed) = r.get::<_, Option<Vec<u8>>>(3) {
        let secret = open_secret(app, account, &sealed).await?;
        let step = totp::check(&secret, &given.totp, app.unix_seconds())?;
        if step.is_none_or(|step| step <= r.get::<_, i64>(4)) {
            return refuse(app, known).await;
        }
    }
    if !is_invited((&found.name, &found.kana), (r.get(5), r.get(6))) {
        return Err(Error::Conflict("somebody_else".into()));
    }
    let code = proved(app, link, &found, &given.code).await?;
    let code = code.as_ref().map(<[u8; 32]>::as_slice);
    app.db.anybody(REJOIN, &[&hash.as_slice(), &code, &account, &attempt, &letters::joined(app)]).await?;
    app.jobs.ring();
    Ok(Proof {
        login_id: login,
        password: given.password,
        code: Some(given.totp).filter(|code| !code.trim().is_empty()),
    })
}
