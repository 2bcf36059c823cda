//! Statements on passkeys and their ceremonies.

use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{For, Passkey, Purpose};
use crate::{
    Error, Result,
    app::App,
    db::{Params, Tx},
};

const BEGIN_CEREMONY: &str =
    "SELECT account_id, login_id, name, passkeys FROM act.begin_ceremony($1, $2, $3)";
const BEGIN_ADDING: &str = "SELECT account_id, login_id, name, passkeys FROM act.begin_adding($1)";
const BEGIN: &str =
    "SELECT wait, account_id, passkey, public_key FROM act.passkey_begin($1, $2, $3, $4, $5, $6, $7, $8)";
const USED: &str = "SELECT act.passkey_used($1, $2, $3)";
const ENROL: &str = "SELECT act.enrol_passkey($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
pub const ADD: &str = "SELECT act.add_passkey($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const MINE: &str = "SELECT id, name, made_at, last_used_at, backed_up FROM act.my_passkeys()";
pub const RENAME: &str = "SELECT act.rename_passkey($1, $2)";
pub const REMOVE: &str = "SELECT act.remove_passkey($1)";
pub const REMOVE_TOTP: &str = "SELECT act.remove_totp()";

fn ceremony_of(r: &Row) -> For {
    let text = |n| r.get::<_, Option<String>>(n).unwrap_or_default();
    For { account: r.get(0), login_id: text(1), name: text(2), passkeys: r.get(3) }
}

pub async fn begin_ceremony(
    app: &App,
    challenge: &[u8; 32],
    purpose: Purpose,
    token_hash: &[u8; 32],
) -> Result<For> {
    let params: Params<'_> = &[&challenge.as_slice(), &purpose.code(), &token_hash.as_slice()];
    let rows = app.db.signing_in(BEGIN_CEREMONY, params).await?;
    rows.first().map(ceremony_of).ok_or(Error::NotSignedIn)
}

pub async fn begin_adding(tx: Tx, challenge: &[u8; 32]) -> Result<For> {
    let rows = tx.query_and_commit(BEGIN_ADDING, &[&challenge.as_slice()]).await?;
    rows.first().map(ceremony_of).ok_or(Error::NotSignedIn)
}

/// One try with a passkey, before it is checked.
#[derive(Debug)]
pub struct Trying<'a> {
    pub attempt: Uuid,
    pub challenge: [u8; 32],
    pub purpose: Purpose,
    pub token_hash: [u8; 32],
    pub credential: &'a [u8],
    /// Under what it is counted.
    pub counted: [u8; 32],
    pub device: Option<[u8; 32]>,
    pub block: &'a str,
}

/// What checks it. `passkey` and `public_key` are `None` where there is nothing that could be right.
#[derive(Debug)]
pub struct Begun {
    pub wait: i32,
    pub account: Option<Uuid>,
    pub passkey: Option<Uuid>,
    pub public_key: Option<Vec<u8>>,
}

pub async fn begin(app: &App, t: &Trying<'_>) -> Result<Begun> {
    let device = t.device.as_ref().map(<[u8; 32]>::as_slice);
    let params: Params<'_> = &[
        &t.attempt,
        &t.challenge.as_slice(),
        &t.purpose.code(),
        &t.token_hash.as_slice(),
        &t.credential,
        &t.counted.as_slice(),
        &device,
        &t.block,
    ];
    let rows = app.db.signing_in(BEGIN, params).await?;
    let r = rows.first().ok_or_else(|| Error::internal("passkey_begin gives one row"))?;
    Ok(Begun { wait: r.get(0), account: r.get(1), passkey: r.get(2), public_key: r.get(3) })
}

pub async fn used(app: &App, passkey: Uuid, done: webauthn::Asserted) -> Result<()> {
    let params: Params<'_> = &[&passkey, &i64::from(done.counter), &done.flags.backed_up];
    app.db.signing_in(USED, params).await.map(drop)
}

/// A passkey on its way into the list.
#[derive(Debug)]
pub struct New {
    pub challenge: [u8; 32],
    pub id: Uuid,
    pub name: String,
    pub transports: Vec<String>,
    pub made: webauthn::Registered,
}

/// Whether the session now has the new token.
pub async fn enrol(
    app: &App,
    token_hash: &[u8; 32],
    new: &New,
    codes: &[Vec<u8>],
    renewed: &[u8; 32],
) -> Result<bool> {
    let (made, flags) = (&new.made, new.made.flags);
    let params: Params<'_> = &[
        &token_hash.as_slice(),
        &new.challenge.as_slice(),
        &new.id,
        &made.credential_id,
        &made.public_key,
        &new.name,
        &Uuid::from_bytes(made.aaguid),
        &new.transports,
        &i64::from(made.counter),
        &flags.backup_eligible,
        &flags.backed_up,
        &codes,
        &renewed.as_slice(),
    ];
    Ok(app.db.signing_in(ENROL, params).await?.first().ok_or(Error::NotSignedIn)?.get(0))
}

/// Whether it is new; it was there before where the same id is sent again.
pub async fn add(tx: Tx, new: &New) -> Result<bool> {
    let (made, flags) = (&new.made, new.made.flags);
    let params: Params<'_> = &[
        &new.challenge.as_slice(),
        &new.id,
        &made.credential_id,
        &made.public_key,
        &new.name,
        &Uuid::from_bytes(made.aaguid),
        &new.transports,
        &i64::from(made.counter),
        &flags.backup_eligible,
        &flags.backed_up,
    ];
    Ok(tx.query_and_commit(ADD, params).await?.first().ok_or(Error::NotSignedIn)?.get(0))
}

pub async fn mine(tx: &mut Tx) -> Result<Vec<Passkey>> {
    let rows = tx.query(MINE, &[]).await?;
    let passkey = |r: &Row| Passkey {
        id: r.get(0),
        name: r.get(1),
        made_at: r.get(2),
        last_used_at: r.get(3),
        backed_up: r.get(4),
    };
    Ok(rows.iter().map(passkey).collect())
}
