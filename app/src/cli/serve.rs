//! `renkei serve`, and the start that `demo`, tests and benches share.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::serve::ListenerExt;
use envelope::LocalKeyFile;
use tokio::{net::TcpListener, task::JoinHandle};
use uuid::Uuid;

use crate::{
    Error, Result,
    app::{App, Shared},
    audit::{self, Openings},
    config::Config,
    db::{Access, Db},
    features::{
        documents, files,
        stream::{self, Hub},
    },
    people::People,
    router::router,
    seal::Keys,
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

    /// Ends: no new requests, the running ones within a few seconds, live streams at once.
    pub async fn stop(mut self) -> Result<()> {
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

pub async fn serve(file: &Path) -> Result<()> {
    let config = Config::load(file)?;
    let access = Access::of(&config.database)?;
    let mut running = start(config, access).await?;
    tracing::info!(address = %running.address, "ready");
    tokio::select! {
        ended = running.ended() => return ended,
        () = asked_to_stop() => {}
    }
    running.stop().await
}

/// SIGTERM or Ctrl-C.
pub async fn asked_to_stop() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(_) => return std::future::pending().await,
    };
    tokio::select! { _ = terminate.recv() => {}, _ = tokio::signal::ctrl_c() => {} }
}

/// Opens everything and begins to answer.
pub async fn start(config: Config, access: Access) -> Result<Running> {
    let app = Arc::new(open(config, &access).await?);
    let listener = TcpListener::bind(app.config.listen).await.map_err(Error::internal)?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let node = Uuid::new_v4();
    let tasks = vec![
        tokio::spawn(stream::run(app.clone())),
        tokio::spawn(stream::nudge_others(app.clone(), node)),
        tokio::spawn(stream::listen(app.clone(), access.job.clone(), node)),
        tokio::spawn(audit::report_open_pages(app.clone())),
        tokio::spawn(files::scan::run(app.clone())),
    ];
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    // Small answers and live events leave at once instead of waiting for the other side's acknowledgement.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = stopped.wait_for(|s| *s).await;
    });
    Ok(Running { app, address, stop, tasks, server: tokio::spawn(server.into_future()) })
}

/// The parts without the port, for the command line too.
pub async fn open(config: Config, access: &Access) -> Result<App> {
    if let Some(folder) = config.master_key_file.parent() {
        std::fs::create_dir_all(folder).map_err(Error::internal)?;
    }
    let master = LocalKeyFile::open_or_create(&config.master_key_file).map_err(Error::internal)?;
    let blobs = intake::blob::Store::open(&config.blobs).map_err(Error::internal)?;
    let scanner = scanner(&config.clamd)?;
    let sandbox = intake::Sandbox::detect(&working_folder()).await;
    let intake = intake::Intake::new(sandbox, config.limits.file_bytes, intake::picture::Limits::default());
    Ok(App {
        db: Db::new(access)?,
        keys: Keys::new(Arc::new(master)),
        people: People::default(),
        hub: Hub::default(),
        blobs,
        intake,
        scanner,
        scan_wanted: tokio::sync::Notify::new(),
        upload_memory: tokio::sync::Semaphore::new(UPLOAD_MEMORY),
        openings: Openings::default(),
        terms: documents::Gate::default(),
        config,
    })
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
