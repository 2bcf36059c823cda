//! What happens by itself: looking at what is new, deciding, the digests, forgetting. Everything takes the time from outside.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{letters, store};
use crate::{
    Result,
    app::{App, Shared},
};

/// How long after a post it is looked at, at most. Ordinary posts wait longer anyway, so that whoever sees it is not rung.
const LOOK: Duration = Duration::from_secs(2);

/// Looks again and again, on every node; the database lets one at a time. Where nothing happens, nothing is written.
pub async fn run(app: Shared) {
    loop {
        if let Err(error) = look(&app, Timestamp::now()).await {
            tracing::warn!(%error, "nobody could be told of what is new");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// One look. How many (post, person) were told of.
pub async fn look(app: &App, now: Timestamp) -> Result<i32> {
    let letter = letters::ring(app);
    store::note(app, now, letter.is_some()).await?;
    let told = store::tell(app, now, &letter).await?;
    if told > 0 {
        app.jobs.ring();
    }
    Ok(told)
}

/// Sends the digests whose time has come. How many letters.
pub async fn digests(app: &App, now: Timestamp) -> Result<i32> {
    if !app.config.mail.is_configured() {
        return Ok(0);
    }
    let due = store::due_digests(app, now).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let accounts: Vec<Uuid> = due.iter().map(|d| d.0).collect();
    let letters: Vec<Option<Value>> = due.iter().map(|d| letters::digest(app, d.1, d.2)).collect();
    let sent = store::send_digests(app, now, &accounts, &letters).await?;
    if sent > 0 {
        app.jobs.ring();
    }
    Ok(sent)
}

pub async fn forget(app: &App, now: Timestamp) -> Result<()> {
    store::forget(app, now).await
}
