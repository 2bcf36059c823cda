//! Copies of the newest signed checkpoint that leave this machine once a day where something new was signed: by mail, into a write-once folder, into a bucket
//! with Object Lock; and a time stamp over it (RFC 3161). Whoever rewrites the record, and all that this machine holds, still meets them.
//!
//! Nodes with a place in `[log.copies]` or a `[log.timestamp]` take turns (an office of its own). A place that fails is tried again by itself, without the others being
//! sent anything twice; after an hour it is an alarm (`checkpoint_not_copied`).

mod keep;
mod letter;
mod read;
mod rules;
mod stamp;
mod store;

use std::{sync::atomic::AtomicBool, time::Duration};

use jiff::{Timestamp, civil::Date};
use tlog::note::Note;
use tokio_postgres::Config as PgConfig;
use uuid::Uuid;

use crate::{
    Error, Result,
    app::Shared,
    config, japan,
    jobs::{self, Outcome, Schedule, When},
    mail,
};

pub use read::{Copied, kept};
pub use stamp::{authorities, check as check_stamp};

/// The key of the advisory lock of those who copy.
const LOCK: i64 = 7_236_478;
/// How often it is looked what is due.
const EVERY: Duration = Duration::from_secs(60);

/// Where a copy goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Mail,
    Folder,
    Bucket,
    /// Not a copy, but somebody else's word on when it was there.
    Stamp,
}

impl Place {
    pub const ALL: [Self; 4] = [Self::Stamp, Self::Folder, Self::Bucket, Self::Mail];

    pub fn code(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Folder => "folder",
            Self::Bucket => "bucket",
            Self::Stamp => "stamp",
        }
    }

    fn is_set(self, settings: &config::Log) -> bool {
        let copies = &settings.copies;
        match self {
            Self::Mail => !copies.mail_to.trim().is_empty(),
            Self::Folder => !copies.folder.as_os_str().is_empty(),
            Self::Bucket => copies.s3.is_some(),
            Self::Stamp => settings.timestamp.is_on(),
        }
    }

    /// Those of the settings.
    fn wanted(settings: &config::Log) -> Vec<Self> {
        Self::ALL.into_iter().filter(|place| place.is_set(settings)).collect()
    }
}

/// A checkpoint on its way out.
#[derive(Debug, Clone)]
pub struct Copy {
    pub deployment: Uuid,
    pub epoch: i32,
    pub size: i64,
    pub signed_at: Timestamp,
    /// With the witnesses' lines that are there.
    pub note: Note,
    /// A time stamp over the note's bytes.
    pub token: Option<Vec<u8>>,
    /// In Japan.
    pub day: Date,
}

/// Copies what is due until the process ends. A place that is in no settings any more is told of, and watched no longer.
pub async fn run(app: Shared, job: PgConfig) {
    if Place::wanted(&app.config.log).is_empty() {
        if app.config.log.is_on()
            && let Err(error) = store::note_places(&app, &[]).await
        {
            tracing::warn!(%error, "it was not noted that checkpoints are copied nowhere");
        }
        return;
    }
    let schedule = Schedule {
        name: "checkpoint_copies",
        when: When::Every(EVERY),
        run: |app: Shared| Box::pin(async move { round(&app, Timestamp::now()).await }),
    };
    let office = jobs::Office { lock: LOCK, job, tls: app.db.tls() };
    jobs::hold(&office, &app, &[schedule], &AtomicBool::default()).await;
}

/// One look: does what is due. What fails is noted, and is no error.
///
/// # Errors
/// The database.
pub async fn round(app: &Shared, now: Timestamp) -> Result<Outcome> {
    let settings = &app.config.log;
    let wanted = Place::wanted(settings);
    let codes: Vec<&str> = wanted.iter().map(|place| place.code()).collect();
    store::note_places(app, &codes).await?;
    let day = now.to_zoned(japan::zone()).date();
    let Some(mut copy) = store::newest(app, day).await? else { return Ok(Outcome::well("nothing_yet")) };
    let since = jobs::latest(settings.copies.time()?, now).ok_or_else(|| Error::internal("no such time"))?;
    let known = store::places(app).await?;
    let is_due = |place: Place| {
        let known = known.iter().find(|(code, _)| code == place.code()).map(|(_, known)| *known);
        rules::is_due(known.unwrap_or_default(), (copy.epoch, copy.size), since, now)
    };
    let due: Vec<Place> = wanted.iter().copied().filter(|place| is_due(*place)).collect();
    if due.is_empty() {
        return Ok(Outcome::well("nothing_yet"));
    }
    let (mut failed, mut stamped) = (false, false);
    if due.contains(&Place::Stamp) {
        match stamp::fetch(app, &copy).await {
            Ok(stamp) => {
                store::note_stamp(app, &copy, &stamp).await?;
                stamped = true;
            }
            Err(code) => {
                failed = true;
                note_failure(app, Place::Stamp, &copy, code).await?;
            }
        }
    }
    // What was stamped is what is kept: the stamp is over these very bytes.
    if let Some((note, token)) = store::stamp_of(app, &copy).await? {
        (copy.note, copy.token) = (note, Some(token));
    }
    for place in wanted.into_iter().filter(|place| *place != Place::Stamp) {
        // A stamp that came late follows the copy of its day to where files are kept.
        if due.contains(&place) || (stamped && place != Place::Mail) {
            match one(app, place, &copy).await {
                Ok(()) => {}
                Err(Not::Kept(code)) => {
                    failed = true;
                    note_failure(app, place, &copy, code).await?;
                }
                Err(Not::Noted(error)) => return Err(error),
            }
        }
    }
    Ok(Outcome::well(if failed { "failed" } else { "done" }))
}

async fn note_failure(app: &Shared, place: Place, copy: &Copy, code: &'static str) -> Result<()> {
    tracing::warn!(place = place.code(), code, "a checkpoint was not copied");
    store::note(app, place, copy, ("failed", code)).await
}

/// Why a copy is not there, or not known to be.
#[derive(Debug)]
enum Not {
    Kept(&'static str),
    Noted(Error),
}

impl From<Error> for Not {
    fn from(error: Error) -> Self {
        Self::Noted(error)
    }
}

async fn one(app: &Shared, place: Place, copy: &Copy) -> Result<(), Not> {
    let settings = &app.config.log.copies;
    let lacks = match place {
        Place::Mail => return Ok(post(app, copy).await?),
        Place::Folder => keep::in_folder(&settings.folder, copy).await.map_err(Not::Kept)?,
        Place::Bucket => {
            let s3 = settings.s3.as_ref().ok_or(Not::Kept("not_set"))?;
            keep::in_bucket(s3, copy).await.map_err(Not::Kept)?
        }
        Place::Stamp => return Ok(()),
    };
    Ok(store::note(app, place, copy, ("copied", lacks)).await?)
}

/// Queued with the note that it was: never twice.
async fn post(app: &Shared, copy: &Copy) -> Result<()> {
    let letter = letter::letter(copy);
    let mut letters = Vec::new();
    for to in app.config.log.copies.receivers()? {
        letters.push(mail::payload(app, &to, &letter).await?);
    }
    store::mail(app, copy, &letters).await?;
    app.jobs.ring();
    Ok(())
}
