//! A recovery from its start to the new factor.

use uuid::Uuid;

use super::{
    code,
    model::{AtConsole, Lost, Mine, NewRecovery, Recovery},
    store::{self, Asking},
};
use crate::{
    Error, Result,
    app::App,
    auth::{Actor, Operator, password, token},
    db::Tx,
    features::sign_in::acts::{self as sign_in, Opened, Origin, Proof, device_hash, fold_login, login_hash},
};

/// Starts one for a person of the caller's facility. `NotFound` for anybody else, `Conflict("recovery_open_already")` while one is
/// open. The same client id again changes nothing. Which one it is, and whether this call began it.
pub async fn start(app: &App, who: &Actor, account: Uuid, new: &NewRecovery) -> Result<(Uuid, bool)> {
    let id = Uuid::now_v7();
    let stands = store::start(app.db.acting(who).await?, id, account, new).await?;
    app.jobs.ring();
    Ok((stands, stands == id))
}

/// The second admin's yes. `Forbidden` for whoever started it and for the person concerned; `Conflict("recovery_not_waiting")` for
/// whoever comes second, or after a day. Whose account it is about.
pub async fn confirm(app: &App, who: &Actor, recovery: Uuid) -> Result<Uuid> {
    let account = store::confirm(app.db.acting(who).await?, recovery).await?;
    app.jobs.ring();
    Ok(account)
}

/// An operator's yes, who has called the facility back.
pub async fn confirm_at_console(app: &App, who: &Operator, recovery: Uuid) -> Result<()> {
    store::operator_confirms(app.db.operating(who).await?, recovery).await?;
    app.jobs.ring();
    Ok(())
}

/// By an admin of the facility, or by the person concerned. Whose account it was about.
pub async fn cancel(app: &App, who: &Actor, recovery: Uuid) -> Result<Uuid> {
    let account = store::cancel(app.db.acting(who).await?, recovery).await?;
    app.hub.wake();
    app.jobs.ring();
    Ok(account)
}

/// A code in the clear, for this once; what it stands for. An earlier one is worthless from here on.
pub async fn make_code(app: &App, who: &Actor, recovery: Uuid) -> Result<(String, Lost)> {
    let code = code::fresh();
    let lost = store::make_code(app.db.acting(who).await?, recovery, &token::hash(&code)).await?;
    Ok((code, lost))
}

/// Of the caller's facility, newest first; of one person, or of all.
pub async fn of_facility(tx: &mut Tx, account: Option<Uuid>) -> Result<Vec<Recovery>> {
    store::all(tx, account).await
}

/// The one that is open for the caller's own account.
pub async fn mine(tx: &mut Tx) -> Result<Option<Mine>> {
    store::mine(tx).await
}

pub async fn at_console(tx: &mut Tx) -> Result<Vec<AtConsole>> {
    store::at_console(tx).await
}

/// What a code stands for, while it is good.
pub async fn code_for(app: &App, code: &str) -> Result<Option<Lost>> {
    store::code_for(app, &token::hash(code)).await
}

/// ID, password and code open the session that sets up a new factor; everything from before is void. One answer, `WrongCredentials`,
/// whichever of the three does not fit; each try counts like a sign-in.
pub async fn redeem(app: &App, code: &str, proof: Proof, origin: &Origin) -> Result<Opened> {
    let (login, code) = (fold_login(&proof.login_id), token::hash(code));
    let asking = Asking { attempt: Uuid::now_v7(), device: device_hash(origin), block: &origin.block };
    let begun = store::recover_begin(app, &asking, &login, &login_hash(&login), &code).await?;
    if begun.wait > 0 {
        return Err(Error::TooMany { retry_after: u32::try_from(begun.wait).unwrap_or(60) });
    }
    let right = password::verify(proof.password, begun.password_hash).await?;
    let Some(account) = begun.account.filter(|_| right) else {
        return sign_in::refuse(app, begun.account).await;
    };
    let session = Uuid::now_v7();
    let done = store::recover_done(app, asking.attempt, account, &code, session).await;
    done.map_err(|e| if matches!(e, Error::NotSignedIn) { Error::WrongCredentials } else { e })?;
    app.hub.wake();
    app.jobs.ring();
    sign_in::recovered(app, account, session, origin).await
}
