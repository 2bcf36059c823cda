//! What happens all the time, each on a schedule of its own, so that a long backup or drill holds up none of the others:
//! new files every few seconds, a heartbeat twice a minute, the heads every few minutes, a backup every day, a drill every
//! night. Only who can work as the owner of the database's files takes part; one of these at a time holds the office.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use futures_util::future::BoxFuture;
use generations::Mirror;
use tokio::sync::Mutex;
use tokio_postgres::Config as PgConfig;

use super::{Place, Trouble, drill, kept, make, vault};
use crate::{
    Result,
    config::{Backup, Config},
    db::Tls,
    jobs::{self, Outcome, Schedule, When},
};

/// The key of the advisory lock of those who can keep backups: seldom every node that serves.
const LOCK: i64 = 7_236_474;
/// New files are in the repository after at most about this long: well before the log that names them.
const FILES: Duration = Duration::from_secs(5);
const HEARTBEAT: Duration = Duration::from_secs(30);
const HEADS: Duration = Duration::from_secs(600);
/// Looking at every generation lists the whole repository.
const GENERATIONS: Duration = Duration::from_secs(3600);
/// The vault's state is a file; a bucket is asked over the network.
const VAULT: Duration = Duration::from_secs(30);
const BUCKET: Duration = Duration::from_secs(600);

/// What the runs share.
#[derive(Debug)]
pub struct Keeper {
    place: Place,
    /// Knows which files the repository has; opened anew after trouble.
    mirror: Mutex<Option<Mirror>>,
    /// Held while a generation is made.
    making: Mutex<()>,
}

type Shared = Arc<Keeper>;

/// Runs until it is aborted. Trouble is logged and tried again; nothing here ends the service.
pub async fn run(config: Config, job: PgConfig) {
    let keeper = loop {
        match Keeper::open(&config, &job) {
            Ok(keeper) => break Arc::new(keeper),
            Err(Trouble::Off) => return,
            Err(trouble @ (Trouble::Refused(_) | Trouble::Engine(pgbackrest::Error::NotInstalled))) => {
                tracing::warn!(%trouble, "backups are not kept by this process");
                return;
            }
            Err(trouble) => tracing::error!(code = trouble.code(), %trouble, "backups"),
        }
        tokio::time::sleep(HEARTBEAT).await;
    };
    let schedules = match all(&config.backup) {
        Ok(schedules) => schedules,
        Err(error) => return tracing::error!(%error, "backups are not kept by this process"),
    };
    // At the start, whoever holds the office: whether anybody could delete the backups.
    match vault::note(&keeper.place).await {
        Ok(None) => {}
        Ok(Some(code)) => {
            tracing::error!(code, "the copies that nobody can change are not as they should be")
        }
        Err(trouble) => tracing::error!(code = trouble.code(), %trouble, "the vault could not be looked at"),
    }
    let office = jobs::Office { lock: LOCK, job, tls: Tls::default() };
    jobs::hold(&office, &keeper, &schedules, &AtomicBool::default()).await;
}

/// One line for each. Names stand in the database and on the operator's page.
fn all(section: &Backup) -> Result<Vec<Schedule<Shared>>> {
    let mut all = vec![
        schedule("backup_files", When::Every(FILES), |k| Box::pin(async move { k.files().await })),
        schedule("backup_heartbeat", When::Every(HEARTBEAT), |k| {
            Box::pin(async move { said("heartbeat", make::heartbeat(&k.place).await) })
        }),
        schedule("backup_heads", When::Every(HEADS), |k| Box::pin(async move { k.heads().await })),
        schedule("backup_generations", When::Every(GENERATIONS), |k| {
            Box::pin(async move { said("generations", kept::note(&k.place).await) })
        }),
        schedule("backup", When::UntilWell { at: section.backup_time()?, first_at_once: true }, |k| {
            Box::pin(async move { k.back_up().await })
        }),
        schedule("backup_drill", When::UntilWell { at: section.drill_time()?, first_at_once: false }, |k| {
            Box::pin(async move { k.drill().await })
        }),
    ];
    if section.s3.is_some() || !section.vault.as_os_str().is_empty() {
        let every = if section.s3.is_some() { BUCKET } else { VAULT };
        all.push(schedule("backup_vault", When::Every(every), |k| {
            Box::pin(async move { said("vault", vault::note(&k.place).await.map(drop)) })
        }));
    }
    Ok(all)
}

fn schedule(
    name: &'static str,
    when: When,
    run: fn(Shared) -> BoxFuture<'static, Result<Outcome>>,
) -> Schedule<Shared> {
    Schedule { name, when, run }
}

/// Trouble is kept by its word.
fn said(what: &'static str, done: Result<(), Trouble>) -> Result<Outcome> {
    Ok(match done {
        Ok(()) => Outcome::DONE,
        Err(trouble) => {
            tracing::error!(what, code = trouble.code(), %trouble, "backups");
            Outcome::badly(trouble.code())
        }
    })
}

impl Keeper {
    fn open(config: &Config, job: &PgConfig) -> Result<Self, Trouble> {
        Ok(Self { place: Place::open(config, job)?, mirror: Mutex::default(), making: Mutex::default() })
    }

    async fn files(&self) -> Result<Outcome> {
        let mut mirror = self.mirror.lock().await;
        let shipped = match mirror.take() {
            Some(known) => Ok(known),
            None => Mirror::open(&self.place.config.blobs, &self.place.store).await,
        };
        let shipped = match shipped {
            Ok(mut open) => open.ship().await.map(|_| *mirror = Some(open)),
            Err(error) => Err(error),
        };
        said("files", shipped.map_err(Trouble::from))
    }

    /// Where there is no generation yet, there is nothing that a restored one could be held against.
    async fn heads(&self) -> Result<Outcome> {
        let published = async {
            if self.place.engine.info().await?.generations.is_empty() {
                return Ok(false);
            }
            make::publish(&self.place).await.map(|_| true)
        };
        match published.await {
            Ok(false) => Ok(Outcome::well("nothing_yet")),
            other => said("heads", other.map(|_| ())),
        }
    }

    async fn back_up(&self) -> Result<Outcome> {
        let _making = self.making.lock().await;
        said("backup", make::now(&self.place, &mut |_| {}).await.map(|_| ()))
    }

    /// What is being made now is what has to be proved: its end is waited for.
    async fn drill(&self) -> Result<Outcome> {
        drop(self.making.lock().await);
        let outcome = match drill::run(&self.place, false, &mut |_| {}).await {
            Ok(outcome) => outcome,
            Err(trouble) => return said("drill", Err(trouble)),
        };
        for finding in &outcome.bad {
            tracing::error!(code = finding.code, finding = finding.text, "the drill found something");
        }
        Ok(outcome.bad.first().map_or(Outcome::DONE, |finding| Outcome::badly(finding.code)))
    }
}
