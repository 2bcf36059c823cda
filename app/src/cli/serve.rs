//! `renkei serve`, and the start that `demo`, tests and benches share.

use std::{
    net::SocketAddr,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use envelope::{LocalKeyFile, MasterKey};
use jiff::civil::Time;
use private_postgres::Cluster;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{deployment, supervised, which::Which};

use crate::{
    Error, Result,
    app::{App, Shared},
    audit::{self, Openings},
    config::{Config, Reading},
    db::{Access, Db, Elsewhere},
    features::{
        access_reviews, alarms, applications, asks, backups, devices, disclosure, documents, family, files,
        notifications, recovery, reviews,
        search::{self, Searches},
        sign_in_notices, single_sign_on, status,
        stream::{self, Hub},
        webhooks, work_orders,
    },
    jobs::{self, Outcome, Schedule, When},
    log, mail, outbound,
    people::People,
    router::router,
    seal::Keys,
    watch,
    web::{admission::Admission, listen},
};

/// A server that answers, and the tasks beside it.
#[derive(Debug)]
pub struct Running {
    pub app: Shared,
    pub address: SocketAddr,
    stop: tokio::sync::watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Waits until the server has ended.
    pub async fn ended(&mut self) -> Result<()> {
        (&mut self.server).await.map_err(Error::internal)?.map_err(Error::internal)
    }

    /// Serves until somebody asks to stop, and keeps the database up that we manage.
    pub async fn until_asked(&mut self, cluster: Option<&mut Cluster>) -> Result<()> {
        tokio::select! {
            ended = self.ended() => ended,
            () = asked_to_stop() => Ok(()),
            () = deployment::keep_up(cluster) => Ok(()),
        }
    }

    /// Ends: no new requests, the running ones within a few seconds, live streams at once.
    pub async fn stop(mut self) -> Result<()> {
        self.app.watch.stop();
        if let Err(error) = status::last_words(&self.app).await {
            tracing::warn!(%error, "what the synthetic user met was not told");
        }
        if let Err(error) = watch::forget(&self.app).await {
            tracing::warn!(%error, "the other nodes will miss this one");
        }
        let _ = self.stop.send(true);
        for task in &self.tasks {
            task.abort();
        }
        self.app.hub.close_all();
        match tokio::time::timeout(Duration::from_secs(10), self.ended()).await {
            Ok(ended) => ended,
            Err(_) => Ok(()),
        }
    }
}

pub async fn serve(which: Which) -> Result<()> {
    let began = Instant::now();
    let config = which.load()?;
    let mut cluster = deployment::bring_up(&config).await?;
    let served = until_stopped(config, &mut cluster, began).await;
    if let Some(cluster) = cluster {
        cluster.stop().await.map_err(Error::internal)?;
    }
    served
}

async fn until_stopped(config: Config, cluster: &mut Option<Cluster>, began: Instant) -> Result<()> {
    let access = match cluster {
        Some(cluster) => deployment::access(cluster, config.database.connections),
        None => Access::of(&config.database)?,
    };
    let mut running = start(config, access).await?;
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(address = %running.address, milliseconds, "ready");
    let alive = supervised::ready();
    running.until_asked(cluster.as_mut()).await?;
    supervised::stopping();
    let stopped = running.stop().await;
    if let Some(alive) = alive {
        alive.abort();
    }
    stopped
}

/// SIGTERM or Ctrl-C.
pub async fn asked_to_stop() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(_) => return std::future::pending().await,
    };
    tokio::select! { _ = terminate.recv() => {}, _ = tokio::signal::ctrl_c() => {} }
}

/// Every kind of job there is.
pub fn job_kinds() -> Vec<jobs::Kind> {
    vec![
        mail::KIND,
        outbound::KIND,
        sign_in_notices::KIND,
        recovery::LETTER,
        notifications::KIND,
        family::ring::KIND,
    ]
}

/// Everything that happens on a schedule, on one node at a time.
pub fn schedules() -> Vec<Schedule> {
    [of_the_deployment(), of_people()].into_iter().flatten().collect()
}

fn of_the_deployment() -> Vec<Schedule> {
    vec![
        Schedule {
            name: "forget_old_jobs",
            when: When::Daily(Time::constant(4, 10, 0, 0)),
            run: |app| Box::pin(async move { jobs::forget_old(&app).await.map(|_| Outcome::DONE) }),
        },
        Schedule {
            name: "forget_unconfirmed_applications",
            when: When::Every(Duration::from_secs(3600)),
            run: |app| {
                Box::pin(
                    async move { applications::acts::forget_unconfirmed(&app).await.map(|_| Outcome::DONE) },
                )
            },
        },
        Schedule {
            name: "forget_old_samples",
            when: When::Daily(Time::constant(4, 15, 0, 0)),
            run: |app| Box::pin(async move { watch::forget_old(&app).await.map(|()| Outcome::DONE) }),
        },
        Schedule {
            name: "watch_alarms",
            when: When::Every(Duration::from_secs(15)),
            run: |app| Box::pin(async move { alarms::watch(&app).await.map(|_| Outcome::DONE) }),
        },
        Schedule {
            name: "tell_of_failures",
            when: When::Every(Duration::from_secs(30)),
            run: |app| {
                Box::pin(async move { sign_in_notices::tell_of_failures(&app).await.map(|_| Outcome::DONE) })
            },
        },
        Schedule {
            name: "forget_old_sign_in_notices",
            when: When::Daily(Time::constant(4, 25, 0, 0)),
            run: |app| {
                Box::pin(async move { sign_in_notices::forget_old(&app).await.map(|()| Outcome::DONE) })
            },
        },
        Schedule {
            name: "end_after_hours",
            when: When::Every(Duration::from_secs(20)),
            run: |app| {
                Box::pin(async move {
                    devices::acts::end_after_hours(&app, jiff::Timestamp::now()).await.map(|_| Outcome::DONE)
                })
            },
        },
        Schedule {
            name: "watch_fingerprint",
            when: When::Every(Duration::from_secs(3600)),
            run: |app| {
                Box::pin(async move { alarms::fingerprint::compare(&app).await.map(|_| Outcome::DONE) })
            },
        },
        Schedule {
            name: "try_front",
            when: When::Every(Duration::from_secs(24 * 3600)),
            run: |app| Box::pin(async move { status::try_front(&app).await.map(|()| Outcome::DONE) }),
        },
        Schedule {
            name: "close_days",
            when: When::Every(Duration::from_secs(600)),
            run: |app| {
                Box::pin(async move {
                    status::close_days(&app, jiff::Timestamp::now()).await.map(|_| Outcome::DONE)
                })
            },
        },
    ]
}

/// What asks, reminds and tells people, and ends what has run out.
fn of_people() -> Vec<Schedule> {
    vec![
        Schedule {
            name: "reviews",
            when: When::Every(Duration::from_secs(600)),
            run: |app| {
                Box::pin(async move {
                    reviews::schedule::run(&app, jiff::Timestamp::now()).await.map(|_| Outcome::DONE)
                })
            },
        },
        Schedule {
            name: "access_reviews",
            when: When::Every(Duration::from_secs(600)),
            run: |app| {
                Box::pin(async move {
                    access_reviews::schedule::run(&app, jiff::Timestamp::now()).await.map(|_| Outcome::DONE)
                })
            },
        },
        Schedule {
            name: "report_work_orders",
            when: When::Every(Duration::from_secs(60)),
            run: |app| {
                Box::pin(async move { work_orders::acts::report_all(&app).await.map(|_| Outcome::DONE) })
            },
        },
        Schedule {
            name: "end_guests",
            when: When::Every(Duration::from_secs(60)),
            run: |app| Box::pin(async move { reviews::expiry::run(&app).await.map(|_| Outcome::DONE) }),
        },
        Schedule {
            name: "remind_asked",
            when: When::Every(Duration::from_secs(60)),
            run: |app| Box::pin(async move { asks::acts::remind(&app, None).await.map(|_| Outcome::DONE) }),
        },
        Schedule {
            name: "forget_old_events",
            when: When::Daily(Time::constant(4, 20, 0, 0)),
            run: |app| Box::pin(async move { stream::forget_old_events(&app).await.map(|()| Outcome::DONE) }),
        },
        Schedule {
            name: "notification_digests",
            when: When::Every(Duration::from_secs(60)),
            run: |app| {
                Box::pin(async move {
                    notifications::digests(&app, jiff::Timestamp::now()).await.map(|_| Outcome::DONE)
                })
            },
        },
        Schedule {
            name: "forget_webhook_calls",
            when: When::Daily(Time::constant(4, 40, 0, 0)),
            run: |app| {
                Box::pin(async move {
                    webhooks::send::forget(&app, jiff::Timestamp::now()).await.map(|()| Outcome::DONE)
                })
            },
        },
        Schedule {
            name: "forget_notifications",
            when: When::Daily(Time::constant(4, 35, 0, 0)),
            run: |app| {
                Box::pin(async move {
                    let now = jiff::Timestamp::now();
                    notifications::forget(&app, now).await?;
                    family::ring::forget(&app, now).await.map(|()| Outcome::DONE)
                })
            },
        },
    ]
}

/// Opens everything and begins to answer.
pub async fn start(config: Config, access: Access) -> Result<Running> {
    let app = Arc::new(open(config, &access).await?);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let doors = listen::open_for_devices(&app, &router(app.clone()), &stopped).await?;
    let port = listen::open(&app, router(app.clone()), stopped).await?;
    let node = Uuid::new_v4();
    let mut tasks = vec![
        tokio::spawn(stream::run(app.clone())),
        tokio::spawn(stream::nudge_others(app.clone(), node)),
        tokio::spawn(stream::listen(app.clone(), access.job.clone(), node)),
        tokio::spawn(app.db.clone().watch_primary()),
        tokio::spawn(audit::report_open_pages(app.clone())),
        tokio::spawn(audit::bring_in(app.clone())),
        tokio::spawn(files::scan::run(app.clone())),
        tokio::spawn(search::forget_unused(app.clone())),
        tokio::spawn(devices::certificates::keep_watch(app.clone())),
        tokio::spawn(watch::run(app.clone())),
        tokio::spawn(status::set_out(app.clone())),
        tokio::spawn(status::keep_board(app.clone())),
        tokio::spawn(watch::mark::keep(app.clone(), access.job.clone())),
        tokio::spawn(notifications::run(app.clone())),
        tokio::spawn(family::ring::run(app.clone())),
        tokio::spawn(jobs::work(app.clone(), job_kinds())),
        tokio::spawn(jobs::lead(app.clone(), access.job.clone(), schedules())),
    ];
    if app.config.webhooks.is_on() {
        tasks.push(tokio::spawn(webhooks::run(app.clone())));
    }
    if app.config.backup.is_on() {
        tasks.push(tokio::spawn(backups::schedules::run(app.config.clone(), access.job.clone())));
    }
    if let Some(sealer) = access.sealer.clone().filter(|_| app.config.log.is_on()) {
        tasks.push(tokio::spawn(log::run(app.config.log.clone(), sealer, access.tls.clone())));
    }
    tasks.push(tokio::spawn(log::copies::run(app.clone(), access.job.clone())));
    let metrics = watch::serve(&app).await?;
    if let Some((address, task)) = metrics {
        tracing::info!(%address, "metrics");
        tasks.push(task);
    }
    hold_ballast(&app);
    tasks.extend(port.tasks);
    tasks.extend(doors.tasks);
    Ok(Running { app, address: port.address, stop, tasks, server: port.server })
}

/// Makes the ballast where one is wanted and there is room; without one the product works all the same.
fn hold_ballast(app: &App) {
    let settings = &app.config.watch;
    if settings.ballast.as_os_str().is_empty() {
        return;
    }
    if let Err(error) = watch::make_ballast(&settings.ballast, settings.ballast_mebibytes) {
        tracing::warn!(%error, "there is no ballast");
    }
}

/// The parts without the port, for the command line too.
pub async fn open(config: Config, access: &Access) -> Result<App> {
    let master: Arc<dyn MasterKey> = Arc::new(master_key(&config.master_key_file, access).await?);
    let blobs = intake::blob::Store::open(&config.blobs).map_err(Error::internal)?;
    let scanner = scanner(&config.clamd)?;
    let sandbox = intake::Sandbox::detect(&working_folder()).await;
    let intake = intake::Intake::new(sandbox, config.limits.file_bytes, intake::picture::Limits::default());
    Ok(App {
        db: Db::new(access, elsewhere(&config.reading, &master)?)?,
        keys: Keys::new(master),
        people: People::default(),
        hub: Hub::default(),
        blobs,
        intake,
        scanner,
        scan_wanted: tokio::sync::Notify::new(),
        upload_memory: tokio::sync::Semaphore::new(UPLOAD_MEMORY),
        port: listen::Port::default(),
        devices: devices::certificates::Gate::new(&config),
        openings: Openings::default(),
        vitals: crate::features::vitals::Streams::default(),
        terms: documents::Gate::default(),
        single_sign_on: single_sign_on::Providers::new(&config)?,
        board: disclosure::Board::default(),
        status: status::Status::new(&config),
        jobs: jobs::Bell::default(),
        push_key: notifications::Key::default(),
        watch: watch::Watch::new(&config),
        leader: std::sync::atomic::AtomicBool::default(),
        admission: Admission::new(&config)?,
        search: Searches::new(&config.search),
        config,
    })
}

/// Where pages are read from while the primary is away, with the folder that notes who saw what.
fn elsewhere(reading: &Reading, master: &Arc<dyn MasterKey>) -> Result<Option<Elsewhere>> {
    if reading.standby.is_empty() {
        return Ok(None);
    }
    Ok(Some(Elsewhere {
        url: crate::db::address(&reading.standby)?,
        most_behind: reading.most_behind(),
        longest: reading.longest(),
        spool: Arc::new(audit::Spool::new(&reading.spool, master.clone())?),
    }))
}

/// The relation has pages as soon as anything was ever written to it; its size may be asked by every role.
const HAS_KEYS: &str =
    "SELECT coalesce(pg_catalog.pg_relation_size(pg_catalog.to_regclass('care.facility_key')), 0) > 0";

/// A key is made for a new deployment alone. Where the database holds wrapped keys, a missing file is a loss, and a
/// fresh key would only hide it until somebody reads.
async fn master_key(file: &Path, access: &Access) -> Result<LocalKeyFile> {
    if !file.exists() {
        let used: bool = access.tls.connect(&access.job).await?.query_one(HAS_KEYS, &[]).await?.get(0);
        if used {
            return Err(Error::Internal(format!(
                "the key file {} is missing, but the database holds records that only it opens. Put the kept copy back \
                 (docs/operations/lost-key.md); no new key is made",
                file.display()
            )));
        }
        if let Some(folder) = file.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(Error::internal)?;
        }
    }
    LocalKeyFile::open_or_create(file).map_err(Error::internal)
}

/// Mebibytes of uploads that may be on their way in at the same time.
const UPLOAD_MEMORY: usize = 512;

/// Where decoders work on what people uploaded: in memory, never on the disk if it can be avoided.
fn working_folder() -> PathBuf {
    let given = std::env::var_os("RUNTIME_DIRECTORY").map(PathBuf::from);
    let memory = PathBuf::from("/dev/shm");
    given.unwrap_or_else(|| if memory.is_dir() { memory } else { std::env::temp_dir() })
}

fn scanner(setting: &str) -> Result<intake::scan::Scanner> {
    use intake::scan::{Address, Scanner};
    Ok(match setting.strip_prefix("unix:") {
        Some(path) => Scanner::Clamd(Address::Unix(path.into())),
        None if setting.is_empty() => Scanner::None,
        None => Scanner::Clamd(Address::Tcp(setting.to_owned())),
    })
}
