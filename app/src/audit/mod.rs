//! Views in the access log. One row when a page is opened, in the reader's own transaction; while the page stays open
//! later fetches write nothing, and a job adds "still open" rows in batches. After a restart the next fetch counts as
//! an opening again: one row too many rather than one too few.

mod shown;
mod spool;

pub use shown::{View, shown, shows};
pub use spool::{Spool, bring_in};

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use uuid::Uuid;

use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    db::{Params, Tx},
};

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
    /// Its row in the log; none where another door has written it.
    view: Option<View>,
    session: Uuid,
    group: Uuid,
    at: Instant,
    last: Instant,
    reported: Instant,
}

const VIEWED: &str = "SELECT id, at FROM act.view($1, $2, $3, $4)";
const REFUSED: &str = "SELECT act.refused($1, $2, $3, $4)";
const CONTINUED: &str = "SELECT act.openings_continued($1, $2, $3, $4)";
const SESSION: &str = "SELECT (sec.ctx()).session_id";

/// Writes that the caller sees `what`. If it cannot be written, the read fails.
pub async fn viewed(
    tx: &mut Tx,
    what: &str,
    group: Option<Uuid>,
    patient: Option<Uuid>,
    reference: Option<Uuid>,
) -> Result<()> {
    written(tx, what, group, patient, reference).await.map(drop)
}

async fn written(
    tx: &mut Tx,
    what: &str,
    group: Option<Uuid>,
    patient: Option<Uuid>,
    reference: Option<Uuid>,
) -> Result<View> {
    let view = match tx.spool() {
        Some(spool) => spool.note(tx, what, "done", [group, patient, reference]).await?,
        None => {
            let row = tx.one(VIEWED, &[&what, &group, &patient, &reference]).await?;
            View { id: row.get(0), at: row.get(1) }
        }
    };
    if let Some(whose) = group.or(patient) {
        shown::note(view, whose);
    }
    Ok(view)
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
        Some(spool) => spool.note(&mut tx, what, "refused", [group, patient, reference]).await.map(drop),
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

/// Pages that stayed open, as the database takes them.
#[derive(Debug, Default)]
struct Continued {
    openings: Vec<Option<Uuid>>,
    sessions: Vec<Uuid>,
    groups: Vec<Uuid>,
    seconds: Vec<i32>,
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
                if let Some(view) = opening.view {
                    shown::note(view, opening.group);
                }
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
        let view = written(tx, kind, Some(group), None, (kind == FILE).then_some(page)).await?;
        let session: Uuid = tx.one(SESSION, &[]).await?.get(0);
        self.remember((who.key(), page, kind), Some(view), session, group);
        Ok(())
    }

    /// A file, or a timeline with what is small of its files, that was opened at another door, whose own function has written the view. How
    /// long it stays open is nobody's to report.
    pub fn opened_elsewhere(&self, key: [u8; 32], group: Uuid, what: Uuid) {
        self.remember((key, what, FILE), None, Uuid::nil(), group);
    }

    fn remember(&self, page: Page, view: Option<View>, session: Uuid, group: Uuid) {
        let now = Instant::now();
        self.open.lock().insert(page, Opening { view, session, group, at: now, last: now, reported: now });
    }

    /// Pages that were fetched from since the last report, with the seconds since their opening; forgets closed ones.
    fn continued(&self) -> Continued {
        let now = Instant::now();
        let mut open = self.open.lock();
        open.retain(|_, opening| now - opening.last < CLOSED_AFTER);
        let mut lists = Continued::default();
        let pages = open.iter_mut().filter(|((_, _, kind), _)| *kind != FILE).map(|(_, opening)| opening);
        for opening in pages.filter(|opening| opening.last > opening.reported) {
            lists.openings.push(opening.view.map(|view| view.id));
            lists.sessions.push(opening.session);
            lists.groups.push(opening.group);
            lists.seconds.push(i32::try_from((opening.last - opening.at).as_secs()).unwrap_or(i32::MAX));
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
        let open = app.openings.continued();
        if open.sessions.is_empty() {
            continue;
        }
        let params: Params<'_> = &[&open.openings, &open.sessions, &open.groups, &open.seconds];
        if let Err(error) = app.db.job(CONTINUED, params).await {
            tracing::warn!(%error, "open pages could not be noted");
        }
    }
}
