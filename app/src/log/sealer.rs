//! The sealer: numbers leaves, writes tiles, reads them back, signs.
//!
//! The order of a round is what makes a crash harmless. Leaves get their numbers in the database (for good), their tiles are written and
//! read back, the signed note is kept in the database, and last it becomes the log's checkpoint. Whatever is cut off there is done
//! again from the same numbers. So the published checkpoint is never ahead of the database, unless the database went back.

use std::time::{Duration, Instant};

use tlog::{
    Frontier,
    checkpoint::Checkpoint,
    note::{Signer, VerifyKey},
    tiles::Folder,
};
use tokio_postgres::{Client, Config as PgConfig};

use super::{
    files::{self, Stop, on_disk, open_folder, publish_key},
    key,
    patrol::Patrol,
    place::{grow, lines, look, number_of_note, origin, take_up},
    store,
    witnesses::Witnesses,
};
use crate::{Error, Result, config, db::Tls, jobs::KEEPALIVE};

/// One sealer at a time, whichever node it is.
const LOCK: i64 = 7_236_476;
const TRY: &str = "SELECT pg_catalog.pg_try_advisory_lock($1)";
/// A round of a large backlog takes its time.
const LONG: &str = "SET statement_timeout = '60s'";
/// How long after a fault it is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// How much is done at a time.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Leaves of one round; more wait for the next, which comes at once.
    pub leaves: i32,
    /// Rows from before the log that are queued in one round.
    pub earlier: i32,
    /// Leaves, and rows, that are looked at in one step of the patrol.
    pub step: u32,
    /// How long the patrol goes on in a round.
    pub patrol: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { leaves: 65_536, earlier: 20_000, step: 2_000, patrol: Duration::from_secs(1) }
    }
}

/// What a round has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// A checkpoint of so many leaves was signed.
    Signed(u64),
    /// So many are signed, and more wait.
    Growing(u64),
    /// Nothing is new.
    Quiet,
    /// Another node seals.
    Elsewhere,
}

#[derive(Debug)]
struct Open {
    db: Client,
    folder: Folder,
    signer: Signer,
    /// The tree as it was signed last.
    tree: Frontier,
    /// Leaves that have a number; more than the tree's where a round was cut off.
    entries: u64,
    epoch: i32,
    lines: Vec<String>,
    /// Whether rows from before the log may still wait to be queued.
    earlier: bool,
    witnesses: Witnesses,
}

/// See the module.
#[derive(Debug)]
pub struct Sealer {
    settings: config::Log,
    database: PgConfig,
    tls: Tls,
    pace: Pace,
    open: Option<Open>,
    /// The tree up to which the database and the disk were held against each other since this process began.
    signed: Frontier,
    patrol: Patrol,
    patrolled: Option<Instant>,
    /// Of which log, in which life of the database, these two are.
    of: (i32, i64),
}

/// Seals until the process ends.
pub async fn run(settings: config::Log, database: PgConfig, tls: Tls) {
    Sealer::new(settings, database, tls).run().await;
}

/// A connection whose lock does not outlive it by much.
pub async fn connect(database: &PgConfig, tls: &Tls) -> Result<Client> {
    let mut database = database.clone();
    database
        .connect_timeout(AGAIN)
        .tcp_user_timeout(AGAIN)
        .keepalives_idle(Duration::from_secs(3))
        .keepalives_interval(Duration::from_secs(1))
        .keepalives_retries(3);
    let db = tls.connect(&database).await?;
    db.batch_execute(&format!("{KEEPALIVE}; {LONG}")).await?;
    Ok(db)
}

/// The same, as the one sealer there is; `None` while another is at work.
pub async fn hold(database: &PgConfig, tls: &Tls) -> Result<Option<Client>> {
    let db = connect(database, tls).await?;
    let held: bool = db.query_one(TRY, &[&LOCK]).await?.get(0);
    Ok(held.then_some(db))
}

impl Sealer {
    pub fn new(settings: config::Log, database: PgConfig, tls: Tls) -> Self {
        Self {
            settings,
            database,
            tls,
            pace: Pace::default(),
            open: None,
            signed: Frontier::new(),
            patrol: Patrol::default(),
            patrolled: None,
            of: (0, 0),
        }
    }

    #[must_use]
    pub fn at(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Goes on until it is dropped.
    pub async fn run(mut self) {
        let pause = Duration::from_secs(self.settings.seconds);
        loop {
            let wait = match self.round().await {
                Ok(Round::Growing(_)) => Duration::ZERO,
                Ok(Round::Signed(_) | Round::Quiet) => pause,
                Ok(Round::Elsewhere) => AGAIN,
                Err(error) => {
                    tracing::warn!(%error, "the log was not sealed");
                    AGAIN
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// The key to check its checkpoints with, once it has begun.
    pub fn verify_key(&self) -> Option<&VerifyKey> {
        self.open.as_ref().map(|open| open.signer.verify_key())
    }

    /// One round: signs what is new, has the witnesses asked, and looks at a part of what was sealed before.
    ///
    /// # Errors
    /// The database or the disk; tiles or a database that do not agree with what was signed: then nothing is, and that is noted.
    pub async fn round(&mut self) -> Result<Round> {
        if self.open.as_ref().is_none_or(|open| open.db.is_closed()) {
            self.open = None;
            match self.begin().await? {
                Some(open) => self.open = Some(open),
                None => return Ok(Round::Elsewhere),
            }
        }
        let Some(open) = &mut self.open else { return Ok(Round::Elsewhere) };
        let done = match open.seal(self.pace).await {
            Ok(done) => done,
            Err(stop) => {
                // What went wrong may stand in memory too: the next round begins from what is on the disk.
                self.open = None;
                return Err(stop.into());
            }
        };
        // Beside the sealing: what fails here is tried again, and takes nothing with it.
        if let Err(error) = open.witnesses.look(&open.db, &open.folder, &open.signer, open.tree.size()).await
        {
            tracing::warn!(%error, "the answers of witnesses were not noted");
        }
        self.signed = open.tree.clone();
        let due = self.patrolled.is_none_or(|at| at.elapsed().as_secs() >= self.settings.patrol_seconds);
        if due && !matches!(done, Round::Growing(_)) {
            self.patrolled = Some(Instant::now());
            let agrees = self.patrol.walk(&open.db, &open.tree, self.pace, !open.earlier).await;
            if !agrees.unwrap_or_else(|error| {
                tracing::warn!(%error, "what was sealed was not looked at");
                true
            }) {
                // The leaves do not make up what was signed: all is held against the disk, and refused there.
                (self.open, self.signed) = (None, Frontier::new());
            }
        }
        Ok(done)
    }

    /// Connects and finds its place.
    async fn begin(&mut self) -> Result<Option<Open>> {
        let Some(db) = hold(&self.database, &self.tls).await? else { return Ok(None) };
        let state = store::state(&db).await?;
        if self.of != (state.epoch, state.timeline) {
            (self.signed, self.patrol) = (Frontier::new(), Patrol::default());
            self.of = (state.epoch, state.timeline);
        }
        let seed = key::open_or_create(&self.settings.key_file, state.note.is_none())?;
        let signer =
            Signer::from_seed(&origin(state.deployment, state.epoch), &seed).map_err(Error::internal)?;
        let folder = open_folder(self.settings.folder.clone()).await?;
        leave_the_log_before(&folder, &state).await?;
        let begun = async {
            let found = look(&db, &folder, signer.verify_key(), &state, &self.signed).await?;
            take_up(&db, &folder, &state, found).await
        };
        let tree = match begun.await {
            Ok(tree) => tree,
            Err(stop) => {
                if let Stop::Altered(finding) = &stop {
                    store::note_finding(&db, finding).await?;
                }
                return Err(stop.into());
            }
        };
        publish_key(&self.settings.folder, signer.verify_key()).await?;
        let witnesses = Witnesses::new(&self.settings.witnesses)?;
        store::note_witnesses(&db, &witnesses.names()).await?;
        Ok(Some(Open {
            db,
            folder,
            signer,
            tree,
            entries: state.entries,
            epoch: state.epoch,
            lines: lines(&state),
            earlier: true,
            witnesses,
        }))
    }
}

/// What is published in the folder may still be of a log before this one: it began anew, here or on another node.
async fn leave_the_log_before(folder: &Folder, state: &store::State) -> Result<()> {
    let published = files::published(folder).await.map_err(Error::from)?;
    let number = published.and_then(|note| number_of_note(state.deployment, &note));
    if number.is_some_and(|number| number < state.epoch) {
        files::set_aside(folder.path(), state.epoch).await?;
    }
    Ok(())
}

impl Open {
    async fn seal(&mut self, pace: Pace) -> Result<Round, Stop> {
        if self.earlier {
            self.earlier = store::queue_earlier(&self.db, pace.earlier).await?;
        }
        let known = self.entries;
        self.entries = store::take(&self.db, known, pace.leaves).await?;
        if self.entries == self.tree.size() {
            return Ok(Round::Quiet);
        }
        let old = self.tree.clone();
        let new = grow(&self.db, &self.folder, &old, self.entries).await?;
        let name = self.signer.verify_key().name();
        let checkpoint = Checkpoint::with_extensions(name, new.size(), new.root(), self.lines.clone());
        let note = checkpoint.map_err(Error::internal)?.sign(&self.signer);
        store::note_checkpoint(&self.db, self.epoch, new.size(), &new.root(), &note.to_string()).await?;
        let folder = self.folder.clone();
        let (before, after) = (old.size(), new.size());
        on_disk(move || {
            folder.publish(&note)?;
            folder.tidy(before, after)
        })
        .await?;
        self.tree = new;
        let more = self.earlier || after - known >= pace.leaves.unsigned_abs().into();
        Ok(if more { Round::Growing(after) } else { Round::Signed(after) })
    }
}
