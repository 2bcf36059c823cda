//! Views while the primary is away: noted on this node's disk, sealed and chained, before anything is shown; brought into
//! the access log when the primary is back. What cannot be noted is not shown.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use envelope::{DataKey, MasterKey, Secret};
use jiff::{Timestamp, Unit};
use serde_json::{Value, json};
use spool::{EXTENSION, Ending, Writer, head};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::View;
use crate::{
    Error, Result,
    app::Shared,
    db::{Db, Tx},
};

/// Where the master key's wrapping belongs: a spool's key opens nothing else.
const CONTEXT: &[u8] = b"renkei/spool/v1";
const TO_NOTE: &str = "SELECT account_id, account, session_id, device_id, facility_id, owner_facility_id, patient_id FROM act.view_to_note($1, $2)";
const INGEST: &str = "SELECT act.ingest_views($1)";

/// One node's notes.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    master: Arc<dyn MasterKey>,
    open: Arc<Mutex<Option<Writer>>>,
}

impl Spool {
    /// Notes go to files in `folder`, which is made (0700) if it is not there.
    pub fn new(folder: &Path, master: Arc<dyn MasterKey>) -> Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(Error::internal)?;
        Ok(Self { folder: folder.to_owned(), master, open: Arc::default() })
    }

    /// Notes what the caller of this transaction is about to see, or was refused. On the disk when this returns; where
    /// it cannot be, the caller gets `Unavailable` and sees nothing.
    pub(super) async fn note(
        &self,
        tx: &mut Tx,
        act: &str,
        outcome: &str,
        [group, patient, reference]: [Option<Uuid>; 3],
    ) -> Result<View> {
        let view = View { id: Uuid::new_v4(), at: now()? };
        let r = tx.one(TO_NOTE, &[&group, &patient]).await?;
        let id = |column| r.get::<_, Option<Uuid>>(column);
        let note = json!({
            "id": view.id, "at": view.at.to_string(), "act": act, "outcome": outcome,
            "account_id": id("account_id"), "account": id("account"), "session_id": id("session_id"), "device_id": id("device_id"),
            "facility_id": id("facility_id"), "owner_facility_id": id("owner_facility_id"), "group_id": group,
            "patient_id": id("patient_id"), "ref": reference,
        });
        self.append(note.to_string())
            .await
            .map_err(|error| Error::Unavailable(format!("no note, no reading: {error}")))?;
        Ok(view)
    }

    async fn append(&self, note: String) -> Result<()> {
        let mut open = self.open.clone().lock_owned().await;
        if open.is_none() {
            *open = Some(self.begin().await?);
        }
        let written = tokio::task::spawn_blocking(move || {
            let written = open.as_mut().map_or(Err(spool::Error::Closed), |writer| writer.append(&note));
            // Nobody knows how much of it is on the disk: the next note begins a new file.
            if written.is_err() {
                *open = None;
            }
            written
        });
        written.await.map_err(Error::internal)?.map_err(Error::internal)
    }

    async fn begin(&self) -> Result<Writer> {
        let secret = Secret::random();
        let wrapped = self.master.wrap(&secret, CONTEXT).await.map_err(Error::internal)?;
        Writer::create(&self.folder, Uuid::now_v7(), DataKey::from(secret), &wrapped).map_err(Error::internal)
    }

    fn files(&self) -> Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(&self.folder).map_err(Error::internal)?;
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|e| e == EXTENSION))
            .collect();
        files.sort_unstable();
        Ok(files)
    }

    /// What is to be brought in. The next note begins a file of its own: none of these is still written to.
    async fn closed(&self) -> Result<Vec<PathBuf>> {
        let mut open = self.open.lock().await;
        open.take();
        self.files()
    }

    /// Writes everything noted so far into the access log, and forgets it. How many notes were taken. A file that cannot
    /// be brought in holds up no other; the first reason is the answer.
    pub async fn bring_in(&self, db: &Db) -> Result<i32> {
        let mut all = Ok(0);
        for file in self.closed().await? {
            match self.bring_in_file(db, &file).await {
                Ok(taken) => all = all.map(|n| n + taken),
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => {
                    tracing::error!(file = %file.display(), %error, "a spool of views waits");
                    all = all.and(Err(error));
                }
            }
        }
        all
    }

    async fn bring_in_file(&self, db: &Db, file: &Path) -> Result<i32> {
        let head = match head(file) {
            Ok(head) => head,
            // The machine stopped before the head was on the disk, so nobody was answered; or somebody changed it.
            Err(spool::Error::NotASpool) => {
                tracing::error!(file = %file.display(), "a spool of views has no readable head; it is kept as .broken");
                set_aside(file, "broken")?;
                return Ok(0);
            }
            Err(error) => return Err(Error::internal(error)),
        };
        let secret = self.master.unwrap(&head.wrapped, CONTEXT).await.map_err(Error::internal)?;
        let spool = head.open(&DataKey::from(secret));
        let notes: Result<Vec<Value>, _> = spool.notes.iter().map(|n| serde_json::from_str(n)).collect();
        let notes = Value::Array(notes.map_err(Error::internal)?);
        let taken = db.job(INGEST, &[&notes]).await?.first().map_or(0, |row| row.get::<_, i32>(0));
        let all = usize::try_from(taken).is_ok_and(|taken| taken == spool.notes.len());
        match spool.ending {
            Ending::Broken(note) => {
                tracing::error!(file = %file.display(), note, "a spool of views was changed from outside; it is kept as .broken");
                set_aside(file, "broken")?;
            }
            Ending::Whole | Ending::Torn if all => std::fs::remove_file(file).map_err(Error::internal)?,
            Ending::Whole | Ending::Torn => {
                let notes = spool.notes.len();
                tracing::error!(file = %file.display(), notes, taken, "the access log did not take every note of a spool; it is kept as .untaken");
                set_aside(file, "untaken")?;
            }
        }
        Ok(taken)
    }
}

fn set_aside(file: &Path, extension: &str) -> Result<()> {
    std::fs::rename(file, file.with_extension(extension)).map_err(Error::internal)
}

/// In the log's precision.
fn now() -> Result<Timestamp> {
    Timestamp::now().round(Unit::Microsecond).map_err(Error::internal)
}

/// Brings noted views in, as soon as there is a primary: at the start, and after every time without one.
pub async fn bring_in(app: Shared) {
    let Some(spool) = app.db.spool() else { return };
    let mut tick = tokio::time::interval(Duration::from_secs(2));
    loop {
        tick.tick().await;
        if app.db.is_away() || spool.files().is_ok_and(|files| files.is_empty()) {
            continue;
        }
        match spool.bring_in(&app.db).await {
            Ok(views) => {
                tracing::info!(views, "views noted while the primary was away are in the access log")
            }
            Err(error) => tracing::warn!(%error, "noted views wait"),
        }
    }
}
