//! Whether the primary works, and the way to a standby while it does not.
//!
//! One task looks at the primary twice a second on a connection of its own. A look that fails or takes longer than a
//! second means: away. Every second the time is written into the database (the pulse), durably like any record; a primary
//! that does not acknowledge it within a second (it is cut from its standbys, say) is away as well: no view is noted there.
//! While the primary is away reading goes to a standby, for a minute at most, and only where the standby is at most ten
//! seconds behind the last pulse that was answered.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use deadpool_postgres::{Object, Pool};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio_postgres::{Config, Row};

use crate::{Error, Result, audit::Spool};

/// Between two looks at the primary.
const INTERVAL: Duration = Duration::from_millis(500);
/// A primary that does not answer for this long is away.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two pulses.
const BEAT: Duration = Duration::from_secs(1);
/// A pulse that is not answered for this long is given up, and the next one is sent.
const SILENCE: Duration = Duration::from_secs(10);
const LOOK: &str = "SELECT NOT pg_catalog.pg_is_in_recovery()";
const PULSE: &str = "SELECT act.pulse()";

/// Where to read from while the primary is away, and within which limits.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    /// The service's role on a standby.
    pub url: Config,
    /// How far behind the last answered pulse the standby may be.
    pub most_behind: SignedDuration,
    /// How long reading may go on without a primary.
    pub longest: SignedDuration,
    /// Where views are noted meanwhile.
    pub spool: Arc<Spool>,
}

/// What is known of the primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Primary {
    Here,
    /// Last seen then.
    Away(Timestamp),
}

#[derive(Debug)]
pub(super) struct Standby {
    standby: Pool,
    primary: Pool,
    limits: Elsewhere,
    known: watch::Sender<Primary>,
    seen: Mutex<Timestamp>,
    /// When the last answered pulse was sent.
    pulsed: Mutex<Timestamp>,
    /// Since when a pulse waits for its answer.
    waiting: Mutex<Option<Instant>>,
    look_now: Notify,
}

impl Standby {
    /// `access`: how the primary is looked at, and by which TLS both.
    pub(super) fn new(elsewhere: Elsewhere, access: &super::Access) -> Result<Self> {
        Ok(Self {
            standby: super::pool(&elsewhere.url, &access.tls, access.connections)?,
            primary: super::pool(&access.job, &access.tls, 2)?,
            limits: elsewhere,
            known: watch::Sender::new(Primary::Here),
            seen: Mutex::new(Timestamp::now()),
            pulsed: Mutex::new(Timestamp::now()),
            waiting: Mutex::default(),
            look_now: Notify::new(),
        })
    }

    /// Looks at the primary and writes the pulse until the process ends.
    pub(super) async fn watch(&self) {
        let looking = async {
            loop {
                self.look().await;
                tokio::select! { () = tokio::time::sleep(INTERVAL) => {}, () = self.look_now.notified() => {} }
            }
        };
        let beating = async {
            loop {
                if !self.is_away() {
                    self.beat().await;
                }
                tokio::time::sleep(BEAT).await;
            }
        };
        tokio::join!(looking, beating);
    }

    /// One pulse. One that waits for a standby is waited for: it says nothing until it is answered.
    async fn beat(&self) {
        let sent = Timestamp::now();
        *self.waiting.lock() = Some(Instant::now());
        match tokio::time::timeout(SILENCE, ask(&self.primary, PULSE)).await {
            Ok(Ok(_)) => *self.pulsed.lock() = sent,
            Ok(Err(error)) => tracing::debug!(%error, "no pulse"),
            Err(_) => tracing::debug!("the pulse is not answered"),
        }
        *self.waiting.lock() = None;
    }

    /// Whether records, too, are acknowledged: a pulse that has been sent is answered, or was sent just now.
    fn acknowledges(&self) -> bool {
        self.waiting.lock().is_none_or(|since| since.elapsed() < PATIENCE)
    }

    /// One look. What was found is known to everybody who waits for it.
    async fn look(&self) {
        let mut here = self.within_patience(LOOK).await.is_some_and(|row| row.get(0));
        if here && self.is_away() {
            // A new primary answers before it can acknowledge: it is back when it has, and pages are read elsewhere until then.
            let sent = Timestamp::now();
            here = self.within_patience(PULSE).await.is_some();
            if here {
                *self.pulsed.lock() = sent;
                *self.waiting.lock() = None;
            }
        } else {
            here = here && self.acknowledges();
        }
        if here {
            *self.seen.lock() = Timestamp::now();
        }
        let found = if here { Primary::Here } else { Primary::Away(*self.seen.lock()) };
        let before = self.known.send_replace(found);
        match (before, found) {
            (Primary::Here, Primary::Away(since)) => tracing::warn!(%since, "the primary is away"),
            (Primary::Away(since), Primary::Here) => tracing::info!(%since, "the primary is back"),
            _ => {}
        }
    }

    async fn within_patience(&self, statement: &str) -> Option<Row> {
        match tokio::time::timeout(PATIENCE, ask(&self.primary, statement)).await {
            Ok(Ok(row)) => Some(row),
            Ok(Err(error)) => {
                tracing::debug!(%error, "the primary did not answer");
                None
            }
            Err(_) => None,
        }
    }

    pub(super) fn spool(&self) -> Arc<Spool> {
        self.limits.spool.clone()
    }

    pub(super) fn is_away(&self) -> bool {
        *self.known.borrow() != Primary::Here
    }

    /// Returns when the primary is away.
    pub(super) async fn away(&self) {
        let _ = self.known.subscribe().wait_for(|known| *known != Primary::Here).await;
    }

    /// Asks for a look now, and says what it found.
    pub(super) async fn confirm_away(&self) -> bool {
        let mut known = self.known.subscribe();
        known.mark_unchanged();
        self.look_now.notify_one();
        // The look that is under way may have begun before: the one after it decides.
        let _ = tokio::time::timeout(2 * PATIENCE, known.changed()).await;
        self.is_away()
    }

    /// A connection to a standby, and what the standby must know at least. `Unavailable` where reading has gone on for
    /// long enough.
    pub(super) async fn reading(&self) -> Result<(Object, Timestamp)> {
        let since = match *self.known.borrow() {
            Primary::Here => *self.seen.lock(),
            Primary::Away(since) => since,
        };
        if Timestamp::now().duration_since(since) > self.limits.longest {
            return Err(Error::Unavailable("the primary has been away for too long to read on".into()));
        }
        let not_before = *self.pulsed.lock() - self.limits.most_behind;
        Ok((self.standby.get().await?, not_before))
    }

    /// Whether a standby answers at once.
    pub(super) async fn answers(&self) -> Result<()> {
        let (client, _) = self.reading().await?;
        Ok(client.batch_execute("").await?)
    }
}

/// One row. A connection that does not answer in time is thrown away.
async fn ask(pool: &Pool, statement: &str) -> Result<Row> {
    let mut held = Held(Some(pool.get().await?));
    let client = held.0.as_ref().expect("held until the end");
    let prepared = client.prepare_cached(statement).await?;
    let row = client.query_one(&prepared, &[]).await?;
    drop(held.0.take());
    Ok(row)
}

/// Dropped on the way, the connection does not go back into its pool.
struct Held(Option<Object>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}
