//! Views in the access log. One row when a page is opened, in the reader's own transaction; while the page stays open
//! later fetches write nothing, and a job adds "still open" rows in batches. After a restart the next fetch counts as
//! an opening again: one row too many rather than one too few.

mod spool;

pub use spool::{Spool, bring_in};

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use uuid::Uuid;

use crate::{Error, Result, app::Shared, auth::Actor, db::Tx};

/// A page not fetched from for this long is closed; the next fetch opens it anew.
const CLOSED_AFTER: Duration = Duration::from_secs(10 * 60);

/// A file that is played, part by part. How long is not counted: the page around it is.
pub const FILE: &str = "viewed_file";

/// A session's token hash, what is looked at, and how.
type Page = ([u8; 32], Uuid, &'static str);

#[derive(Debug, Default)]
pub struct Openings {
    open: Mutex<HashMap<Page, Opening>>,
}

#[derive(Debug, Clone, Copy)]
struct Opening {
    session: Uuid,
    group: Uuid,
    at: Instant,
    last: Instant,
    reported: Instant,
}

const VIEWED: &str = "SELECT act.viewed($1, $2, $3, $4)";
const REFUSED: &str = "SELECT act.refused($1, $2, $3, $4)";
const CONTINUED: &str = "SELECT act.views_continued($1, $2, $3)";
const SESSION: &str = "SELECT (sec.ctx()).session_id";

/// Writes that the caller sees `what`. If it cannot be written, the read fails.
pub async fn viewed(
    tx: &mut Tx,
    what: &str,
    group: Option<Uuid>,
    patient: Option<Uuid>,
    reference: Option<Uuid>,
) -> Result<()> {
    match tx.spool() {
        Some(spool) => spool.note(tx, what, "done", [group, patient, reference]).await,
        None => tx.query(VIEWED, &[&what, &group, &patient, &reference]).await.map(drop),
    }
}

/// Writes a refusal, as the last thing of its transaction.
async fn refuse(
    mut tx: Tx,
    what: &str,
    group: Option<Uuid>,
    patient: Option<Uuid>,
    reference: Option<Uuid>,
) -> Result<()> {
    match tx.spool() {
        Some(spool) => spool.note(&mut tx, what, "refused", [group, patient, reference]).await,
        None => tx.query_and_commit(REFUSED, &[&what, &group, &patient, &reference]).await.map(drop),
    }
}

/// Writes a refusal in a transaction of its own. A caller without a session has no identity to write under.
pub async fn refused(app: &Shared, who: &Actor, what: &str, group: Option<Uuid>, reference: Option<Uuid>) {
    let written = async {
        let tx = app.db.acting(who).await?;
        refuse(tx, what, group, None, reference).await
    };
    if let Err(error) = written.await {
        tracing::debug!(%error, "a refusal without an identity was not written");
    }
}

/// A refusal about a patient's sheet.
pub async fn refused_patient(app: &Shared, who: &Actor, what: &str, patient: Uuid) {
    let written = async {
        let tx = app.db.acting(who).await?;
        refuse(tx, what, None, Some(patient), None).await
    };
    if let Err(error) = written.await {
        tracing::debug!(%error, "a refusal without an identity was not written");
    }
}

/// Passes a result on. A refusal in it is written first; its transaction must be over by then.
pub async fn noting_refusal<T>(
    app: &Shared,
    who: &Actor,
    what: &str,
    patient: Uuid,
    result: Result<T>,
) -> Result<T> {
    if let Err(Error::NotFound | Error::Forbidden(_)) = &result {
        refused_patient(app, who, what, patient).await;
    }
    result
}

impl Openings {
    /// Whether this fetch opens the page (then the caller writes a view), or only goes on with it.
    pub fn is_open(&self, who: &Actor, page: Uuid, kind: &'static str) -> bool {
        self.goes_on(who.key(), page, kind)
    }

    /// The same for whoever comes in by another door. `key`: the hash of the session's token.
    pub fn goes_on(&self, key: [u8; 32], page: Uuid, kind: &'static str) -> bool {
        let now = Instant::now();
        match self.open.lock().get_mut(&(key, page, kind)) {
            Some(opening) if now - opening.last < CLOSED_AFTER => {
                opening.last = now;
                true
            }
            _ => false,
        }
    }

    /// Writes the view and remembers the opening, once the transaction that shows the page holds it.
    pub async fn opened(
        &self,
        tx: &mut Tx,
        who: &Actor,
        group: Uuid,
        page: Uuid,
        kind: &'static str,
    ) -> Result<()> {
        viewed(tx, kind, Some(group), None, (kind == FILE).then_some(page)).await?;
        let session: Uuid = tx.one(SESSION, &[]).await?.get(0);
        self.remember((who.key(), page, kind), session, group);
        Ok(())
    }

    /// A file, or a timeline with what is small of its files, that was opened at another door, whose own function has written the view. How
    /// long it stays open is nobody's to report.
    pub fn opened_elsewhere(&self, key: [u8; 32], group: Uuid, what: Uuid) {
        self.remember((key, what, FILE), Uuid::nil(), group);
    }

    fn remember(&self, page: Page, session: Uuid, group: Uuid) {
        let now = Instant::now();
        self.open.lock().insert(page, Opening { session, group, at: now, last: now, reported: now });
    }

    /// Pages that were fetched from since the last report, with the seconds since their opening; forgets closed ones.
    fn continued(&self) -> (Vec<Uuid>, Vec<Uuid>, Vec<i32>) {
        let now = Instant::now();
        let mut open = self.open.lock();
        open.retain(|_, opening| now - opening.last < CLOSED_AFTER);
        let mut lists = (Vec::new(), Vec::new(), Vec::new());
        let pages = open.iter_mut().filter(|((_, _, kind), _)| *kind != FILE).map(|(_, opening)| opening);
        for opening in pages.filter(|opening| opening.last > opening.reported) {
            lists.0.push(opening.session);
            lists.1.push(opening.group);
            lists.2.push(i32::try_from((opening.last - opening.at).as_secs()).unwrap_or(i32::MAX));
            opening.reported = now;
        }
        lists
    }
}

/// Every minute, one statement for all pages that stayed open.
pub async fn report_open_pages(app: Shared) {
    let mut tick = tokio::time::interval(Duration::from_secs(60));
    loop {
        tick.tick().await;
        let (sessions, groups, seconds) = app.openings.continued();
        if sessions.is_empty() {
            continue;
        }
        if let Err(error) = app.db.job(CONTINUED, &[&sessions, &groups, &seconds]).await {
            tracing::warn!(%error, "open pages could not be noted");
        }
    }
}
