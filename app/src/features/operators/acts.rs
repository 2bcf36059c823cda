//! Signing in to the console, and making operators from the command line.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    Error, Result,
    app::App,
    auth::{Operator, password, token, totp},
    db::{Params, Tx},
    features::sign_in::acts::{Origin, device_hash, fold_login, open_secret, seal_secret},
    web::console::Secretariat,
};

/// After this long an operator signs in again; fifteen quiet minutes end the session sooner.
pub const SESSION: SignedDuration = SignedDuration::from_hours(8);

const BEGIN: &str = "SELECT wait, operator_id, password_hash, totp_secret, totp_last_step FROM act.operator_sign_in_begin($1, $2, $3, $4, $5)";
const DONE: &str = "SELECT act.operator_sign_in_done($1, $2, $3, $4, $5, pg_catalog.make_interval(secs => $6), $7, $8, $9, $10)";
const REFUSED: &str = "SELECT act.operator_sign_in_refused($1)";
const SIGN_OUT: &str = "SELECT act.operator_sign_out($1)";
const ADD: &str = "SELECT act.add_operator($1, $2, $3, $4, $5)";
const SUSPEND: &str = "SELECT act.suspend_operator($1)";
const ME: &str = "SELECT name FROM op.me()";
const DESK: &str = "SELECT name, region_id, region, id FROM op.desk()";
const ADD_SECRETARIAT: &str = "SELECT act.add_secretariat($1, $2, $3, $4, $5, $6)";
const EVENTS: &str = "SELECT at, name, act, detail FROM op.events($1, $2)";

/// The two kinds of account share no count of tries, even under the same ID.
fn login_hash(login: &str) -> [u8; 32] {
    token::sha256(format!("renkei/operator-login/v1|{login}").as_bytes())
}

/// A session that was just opened.
#[derive(Debug)]
pub struct Opened {
    pub token: String,
    /// Set when the device was new: keep it in the device cookie.
    pub new_device: Option<String>,
}

/// ID, password and code, all at once. Unknown IDs take as long as known ones; tries are counted as staff's are, a known
/// device's apart from strangers'.
pub async fn sign_in(app: &App, login: &str, typed: String, code: &str, origin: &Origin) -> Result<Opened> {
    let (login, attempt) = (fold_login(login), Uuid::now_v7());
    let hash = login_hash(&login);
    let known = device_hash(origin);
    let params: Params<'_> =
        &[&attempt, &login, &hash.as_slice(), &known.as_ref().map(<[u8; 32]>::as_slice), &origin.block];
    let rows = app.db.signing_in(BEGIN, params).await?;
    let r = rows.first().ok_or_else(|| Error::internal("operator_sign_in_begin gives one row"))?;
    let wait: i32 = r.get(0);
    if wait > 0 {
        return Err(Error::TooMany { retry_after: u32::try_from(wait).unwrap_or(60) });
    }
    let operator: Option<Uuid> = r.get(1);
    let right = password::verify(typed, r.get(2)).await?;
    let (Some(id), Some(sealed), true) = (operator, r.get::<_, Option<Vec<u8>>>(3), right) else {
        return refuse(app, operator).await;
    };
    let secret = open_secret(app, id, &sealed).await?;
    let last: i64 = r.get(4);
    let Some(step) = totp::check(&secret, code, app.unix_seconds())?.filter(|step| *step > last) else {
        return refuse(app, operator).await;
    };
    open(app, attempt, id, step, origin).await
}

async fn open(app: &App, attempt: Uuid, operator: Uuid, step: i64, origin: &Origin) -> Result<Opened> {
    let (session, device) = (token::fresh(), token::fresh());
    let (session_hash, device_hash, known) =
        (token::hash(&session), token::hash(&device), device_hash(origin));
    let params: Params<'_> = &[
        &attempt,
        &operator,
        &Uuid::now_v7(),
        &session_hash.as_slice(),
        &step,
        &SESSION.as_secs_f64(),
        &known.as_ref().map(<[u8; 32]>::as_slice),
        &Uuid::now_v7(),
        &device_hash.as_slice(),
        &origin.device_name,
    ];
    let rows = app.db.signing_in(DONE, params).await.map_err(|e| match e {
        Error::NotSignedIn => Error::WrongCredentials,
        other => other,
    })?;
    let new = rows.first().is_some_and(|r| r.get(0));
    Ok(Opened { token: session, new_device: new.then_some(device) })
}

async fn refuse<T>(app: &App, operator: Option<Uuid>) -> Result<T> {
    app.db.signing_in(REFUSED, &[&operator]).await?;
    app.watch.metrics.sign_in_failures.inc();
    Err(Error::WrongCredentials)
}

pub async fn sign_out(app: &App, who: &Operator) -> Result<()> {
    app.db.signing_in(SIGN_OUT, &[&who.token_hash()]).await.map(drop)
}

/// Makes an operator; the app authentication's secret is shown once, by the caller.
pub async fn add(
    app: &App,
    login: &str,
    name: &str,
    password_hash: &str,
    secret: &[u8; totp::SECRET_BYTES],
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let sealed = seal_secret(app, id, secret).await?;
    app.db.job(ADD, &[&id, &fold_login(login), &name, &password_hash, &sealed]).await?;
    Ok(id)
}

/// Makes a secretariat's account: the same door, and behind it only what is of its region (its id or its name).
/// `NotFound` where there is no such region.
pub async fn add_secretariat(
    app: &App,
    region: &str,
    login: &str,
    name: &str,
    password_hash: &str,
    secret: &[u8; totp::SECRET_BYTES],
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let sealed = seal_secret(app, id, secret).await?;
    app.db.job(ADD_SECRETARIAT, &[&id, &region, &fold_login(login), &name, &password_hash, &sealed]).await?;
    Ok(id)
}

/// A session without the door, for planting a sample. No route and no command leads here.
pub async fn trusted_session(app: &App, operator: Uuid) -> Result<Operator> {
    let session = token::fresh();
    let (attempt, id, hash) = (Uuid::now_v7(), Uuid::now_v7(), token::hash(&session));
    let (ttl, nothing, nobody) = (SESSION.as_secs_f64(), None::<&[u8]>, None::<Uuid>);
    let params: Params<'_> =
        &[&attempt, &operator, &id, &hash.as_slice(), &1i64, &ttl, &nothing, &nobody, &nothing, &""];
    app.db.signing_in(DONE, params).await?;
    Ok(Operator::from_token(&session))
}

/// Ends an operator's access at once. False where there is no such operator.
pub async fn suspend(app: &App, login: &str) -> Result<bool> {
    let rows = app.db.job(SUSPEND, &[&fold_login(login)]).await?;
    Ok(rows.first().is_some_and(|r| r.get(0)))
}

/// Who sits at the console, for the frame of the pages that secretariats have too.
#[derive(Debug, Clone)]
pub struct Desk {
    pub id: Uuid,
    pub name: String,
    /// Id and name of a secretariat's region; `None`: an operator of the whole deployment.
    pub region: Option<(Uuid, String)>,
}

impl Desk {
    pub fn frame(&self) -> Option<Secretariat<'_>> {
        self.region.as_ref().map(|(id, name)| Secretariat { id: *id, region: name })
    }
}

/// An operator or a secretariat.
pub async fn desk(tx: &mut Tx) -> Result<Desk> {
    let r = tx.one(DESK, &[]).await?;
    let region = r.get::<_, Option<Uuid>>(1).map(|id| (id, r.get(2)));
    Ok(Desk { id: r.get(3), name: r.get(0), region })
}

/// The operator's name, for the frame of every page that operators alone have; `NotFound` for a secretariat.
pub async fn name(tx: &mut Tx) -> Result<String> {
    tx.one(ME, &[]).await.map(|r| r.get(0))
}

/// The same, where the page reads nothing else as an operator. Also proves the session.
pub async fn name_of(app: &App, who: &Operator) -> Result<String> {
    let mut tx = app.db.operating(who).await?;
    let name = name(&mut tx).await?;
    tx.commit().await?;
    Ok(name)
}

/// One line of the operators' log.
#[derive(Debug, Clone)]
pub struct Event {
    pub at: Timestamp,
    /// `None`: the command line, or nobody who is known.
    pub name: Option<String>,
    pub act: String,
    pub detail: String,
}

/// Newest first, older than `before`.
pub async fn events(tx: &mut Tx, before: Option<Timestamp>, limit: i32) -> Result<Vec<Event>> {
    let rows = tx.query(EVENTS, &[&before, &limit]).await?;
    Ok(rows.iter().map(|r| Event { at: r.get(0), name: r.get(1), act: r.get(2), detail: r.get(3) }).collect())
}
