//! What is done with a passkey.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    ceremony::{self, Answer, Right},
    model::{self, Assertion, Attestation, Passkey, Purpose},
    store,
};
use crate::{
    Error, Result,
    app::App,
    auth::{Actor, factors::Method, token},
    features::sign_in::{
        acts::{self as sign_in, Kind, Opened, Origin, Passed, login_hash},
        confirm::{self, Renewed},
    },
};

/// Something to answer, for `navigator.credentials.get` or, at the enrolment, `create`: `{"publicKey": …}`. `asker` is the hashed
/// token of the session, of the half sign-in, or one that only this browser has.
pub async fn challenge(app: &App, purpose: Purpose, asker: [u8; 32]) -> Result<Value> {
    let party = ceremony::party(&app.config)?;
    let (challenge, hash) = ceremony::challenge();
    let of = store::begin_ceremony(app, &hash, purpose, &asker).await?;
    let options = match purpose {
        Purpose::Enrol => model::creation(&party, &challenge, &of),
        _ => model::request(&party, &challenge, &of),
    };
    Ok(json!({ "publicKey": options }))
}

/// The same for one more passkey of the caller's.
pub async fn challenge_to_add(app: &App, who: &Actor) -> Result<Value> {
    let party = ceremony::party(&app.config)?;
    let (challenge, hash) = ceremony::challenge();
    let of = store::begin_adding(app.db.acting(who).await?, &hash).await?;
    Ok(json!({ "publicKey": model::creation(&party, &challenge, &of) }))
}

/// Without ID and password: the passkey says who it is.
pub async fn sign_in(app: &App, asker: &str, assertion: &Assertion, origin: &Origin) -> Result<Opened> {
    let token_hash = token::hash(asker);
    let answer = Answer { purpose: Purpose::SignIn, token_hash, counted: None, assertion, origin };
    let Right { account, attempt, counted } = ceremony::check(app, &answer).await?;
    let passed = Passed::by(vec![Method::Passkey], account, attempt);
    sign_in::open(app, counted, passed, origin, Kind::Browser, false).await
}

/// After the password. `NotSignedIn` when its five minutes are over.
pub async fn second_step(
    app: &App,
    pre_token: &str,
    assertion: &Assertion,
    origin: &Origin,
) -> Result<Opened> {
    let login = sign_in::halved(app, pre_token).await?.ok_or(Error::NotSignedIn)?;
    let (pre, counted) = (token::hash(pre_token), Some(login_hash(&login)));
    let answer = Answer { purpose: Purpose::SecondStep, token_hash: pre, counted, assertion, origin };
    let Right { account, attempt, counted } = ceremony::check(app, &answer).await?;
    let passed = Passed::by(vec![Method::Password, Method::Passkey], account, attempt).after(pre);
    sign_in::open(app, counted, passed, origin, Kind::Browser, false).await
}

/// Before something that reaches far.
pub async fn step_up(app: &App, who: &Actor, assertion: &Assertion, origin: &Origin) -> Result<Renewed> {
    let right = of_session(app, Purpose::Confirm, who, assertion, origin).await?;
    confirm::stepped_up_by_passkey(app, who, right.attempt, origin).await
}

/// Opens a locked session, on whatever device.
pub async fn unlock(app: &App, who: &Actor, assertion: &Assertion, origin: &Origin) -> Result<Renewed> {
    let right = of_session(app, Purpose::Unlock, who, assertion, origin).await?;
    confirm::unlocked_by_passkey(app, who, right.attempt, origin).await
}

async fn of_session(
    app: &App,
    purpose: Purpose,
    who: &Actor,
    assertion: &Assertion,
    origin: &Origin,
) -> Result<Right> {
    let state = sign_in::state(app, who).await?.ok_or(Error::NotSignedIn)?;
    let counted = Some(login_hash(&state.login_id));
    ceremony::check(app, &Answer { purpose, token_hash: who.key(), counted, assertion, origin }).await
}

/// The first second factor of an account: the session is open from here on, under a new token.
pub async fn enrol(
    app: &App,
    session_token: &str,
    name: &str,
    attestation: &Attestation,
    origin: &Origin,
) -> Result<sign_in::Enrolled> {
    let who = Actor::from_token(session_token);
    let account = sign_in::state(app, &who).await?.ok_or(Error::NotSignedIn)?.account_id;
    let name = model::name(name).map_err(|e| Error::Invalid(vec![e]))?;
    let new = ceremony::made(app, Uuid::now_v7(), name, attestation)?;
    let (codes, hashes) = sign_in::recovery_codes(account);
    let (fresh, hash) = origin.renewed();
    let renewed = store::enrol(app, &who.key(), &new, &hashes, &hash).await?;
    Ok(sign_in::Enrolled { codes: Some(codes), token: renewed.then_some(fresh) })
}

/// One more. The same id again adds nothing; false then.
pub async fn add(app: &App, who: &Actor, id: Uuid, name: &str, attestation: &Attestation) -> Result<bool> {
    let mut tx = app.db.acting(who).await?;
    // Asked before what was sent is looked at: whoever is nobody learns nothing.
    if store::mine(&mut tx).await?.iter().any(|k| k.id == id) {
        return Ok(false);
    }
    let name = model::name(name).map_err(|e| Error::Invalid(vec![e]))?;
    store::add(tx, &ceremony::made(app, id, name, attestation)?).await
}

/// The caller's passkeys, the oldest first.
pub async fn mine(app: &App, who: &Actor) -> Result<Vec<Passkey>> {
    let mut tx = app.db.acting(who).await?;
    let mine = store::mine(&mut tx).await?;
    tx.commit().await?;
    Ok(mine)
}

pub async fn rename(app: &App, who: &Actor, id: Uuid, name: &str) -> Result<()> {
    let name = model::name(name).map_err(|e| Error::Invalid(vec![e]))?;
    app.db.acting(who).await?.query_and_commit(store::RENAME, &[&id, &name]).await.map(drop)
}

/// `Conflict("last_second_factor")` for the last one.
pub async fn remove(app: &App, who: &Actor, id: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(store::REMOVE, &[&id]).await.map(drop)
}

/// App authentication goes, where a passkey stays.
pub async fn remove_totp(app: &App, who: &Actor) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(store::REMOVE_TOTP, &[]).await.map(drop)
}
