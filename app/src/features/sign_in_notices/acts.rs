//! Telling of failures, and shutting an account that somebody else is in.

use uuid::Uuid;

use super::store;
use crate::{
    Result,
    app::App,
    auth::{Actor, password, token},
    db::Tx,
};

/// So many refused tries within an hour are told: from the fifth on, an account has to wait (`sec.sign_in_wait`).
const FAILURES: i32 = 5;

/// Looks at the last hour; each account is told once an hour at most. How many were told now.
pub async fn tell_of_failures(app: &App) -> Result<i64> {
    let told = store::tell_of_failures(app, FAILURES).await?;
    if told > 0 {
        app.hub.wake();
        app.jobs.ring();
    }
    Ok(told)
}

/// Notices older than 400 days, and what is left of old resets.
pub async fn forget_old(app: &App) -> Result<()> {
    store::forget(app).await
}

/// How many the viewer has not seen.
pub async fn unseen(tx: &mut Tx) -> Result<usize> {
    Ok(store::mine(tx).await?.iter().filter(|n| n.new).count())
}

/// "That was not me": every session ends, no device is known, and the password opens nothing any more until a new one is made.
/// `NotFound` for a notice to somebody else.
pub async fn not_me(app: &App, who: &Actor, notice: Uuid) -> Result<()> {
    // Of a password that nobody knows.
    let hash = password::hash(token::fresh()).await?;
    store::not_me(app.db.acting(who).await?, notice, &hash).await?;
    app.hub.wake();
    app.jobs.ring();
    Ok(())
}
