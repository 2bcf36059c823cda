//! Starting, taking over, restarting and stopping.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};

use crate::Options;
use crate::binaries::Binaries;
use crate::error::Error;
use crate::files::{make_folder, read_if_there};
use crate::folders::{Folders, Lock};
use crate::initdb::make_cluster;
use crate::os_user::OsUser;
use crate::postmaster::{Process, launch, socket_in_use};
use crate::settings::ConfigFiles;
use crate::socket::Socket;

/// Recovery after a crash replays at most about `max_wal_size`; this is far beyond that.
const LONGEST_START: Duration = Duration::from_secs(300);
/// Between two attempts to connect to a server that is starting.
const PAUSE: Duration = Duration::from_millis(5);

/// A running cluster that this program manages. Dropping it leaves the server running for the next
/// start; [`Cluster::stop`] ends it.
#[derive(Debug)]
pub struct Cluster {
    site: Site,
    postmaster: Process,
    reused: bool,
    _lock: Lock,
}

/// What stays the same while servers come and go.
#[derive(Debug)]
struct Site {
    folders: Folders,
    binaries: Binaries,
    server: OsUser,
    socket: Socket,
    patience: Duration,
}

impl Cluster {
    /// Starts the cluster, making it first where there is none, and returns when the server answers.
    /// A live server with the same settings is taken over; with other settings it is restarted.
    ///
    /// # Errors
    /// Every variant of [`Error`] says what to do next.
    pub async fn start(options: Options) -> Result<Self, Error> {
        Self::start_within(options, LONGEST_START).await
    }

    /// As [`Cluster::start`], for a server that has much to replay first: a restored one.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub async fn start_within(options: Options, patience: Duration) -> Result<Self, Error> {
        let program = OsUser::current()?;
        let folders = Folders::make(&options.data, &program)?;
        let lock = Lock::take(&folders.data)?;
        let site = Site::prepare(folders, &options, &program, patience).await?;
        site.configure(&options, &program).await?;
        if let Some(postmaster) = Process::postmaster(&site.folders)?
            && site.answers(&postmaster).await?
        {
            return Ok(Self { site, postmaster, reused: true, _lock: lock });
        }
        let postmaster = site.launch().await?;
        Ok(Self { site, postmaster, reused: false, _lock: lock })
    }

    /// The folder that holds the server's socket.
    pub fn socket_dir(&self) -> &Path {
        &self.site.socket.folder
    }

    /// How to connect as a database role; one of [`Options::roles`] or `postgres`.
    pub fn config(&self, user: &str, database: &str) -> Config {
        self.site.socket.config(user, database)
    }

    /// The process id of the server's first process.
    pub fn postmaster_pid(&self) -> u32 {
        self.postmaster.pid
    }

    /// Whether the server was already running when this program started.
    pub fn reused(&self) -> bool {
        self.reused
    }

    /// The OS user that the server runs as and that owns its files; backup tools run as this user too.
    pub fn server_user(&self) -> &OsUser {
        &self.site.server
    }

    /// The folder of the server's binaries (`pg_dump`, `psql` …).
    pub fn bin_dir(&self) -> &Path {
        &self.site.binaries.folder
    }

    /// Waits until the server has ended, for whatever reason. A program that serves through it then
    /// calls [`Cluster::restart`].
    ///
    /// # Errors
    /// [`Error::Io`] if the process cannot be watched.
    pub async fn ended(&self) -> Result<(), Error> {
        self.postmaster.ended().await
    }

    /// Brings an ended server up again, on the same socket; does nothing while it is alive.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub async fn restart(&mut self) -> Result<(), Error> {
        if self.site.answers(&self.postmaster).await? {
            return Ok(());
        }
        self.postmaster = self.site.launch().await?;
        self.reused = false;
        Ok(())
    }

    /// Disconnects everyone, writes everything out and returns when the server has ended.
    ///
    /// # Errors
    /// [`Error::Stuck`] if it does not end.
    pub async fn stop(self) -> Result<(), Error> {
        // A restart that was given up halfway may have left another server than the one we know.
        let running = Process::postmaster(&self.site.folders)?;
        running.unwrap_or(self.postmaster).shut_down(self.site.folders.log()).await?;
        self.site.folders.remove_short_socket_folder()
    }
}

/// The socket of the server that runs on this data folder, whoever manages it; `None` if none runs.
///
/// # Errors
/// [`Error::Io`] if the folder cannot be read.
pub fn running(data: &Path) -> Result<Option<Socket>, Error> {
    if !data.exists() {
        return Ok(None);
    }
    let folders = Folders::at(data)?;
    match Process::postmaster(&folders)? {
        Some(_) => socket_in_use(&folders),
        None => Ok(None),
    }
}

/// An empty `cluster/` in a data folder, for a tool that fills it (a restore), and the OS user to run the tool as.
///
/// # Errors
/// [`Error::NotACluster`] if something is there already; otherwise as [`Cluster::start`].
pub fn make_room(data: &Path) -> Result<(PathBuf, OsUser), Error> {
    let folders = Folders::make(data, &OsUser::current()?)?;
    if folders.cluster.exists() {
        return Err(Error::NotACluster(folders.cluster));
    }
    let server = folders.server_user(&OsUser::current()?, false)?;
    folders.check_way(&server)?;
    make_folder(&folders.cluster, 0o700, &server)?;
    Ok((folders.cluster, server))
}

impl Site {
    /// Everything up to a complete cluster on disk.
    async fn prepare(
        folders: Folders,
        options: &Options,
        program: &OsUser,
        patience: Duration,
    ) -> Result<Self, Error> {
        let version = folders.version()?;
        let binaries = Binaries::find(&folders.cluster, version)?;
        let server = folders.server_user(program, version.is_some())?;
        folders.check_way(&server)?;
        folders.make_run(&server)?;
        if version.is_none() {
            make_cluster(&folders, &binaries, &server).await?;
        }
        let socket = folders.socket(options.port, &server)?;
        Ok(Self { folders, binaries, server, socket, patience })
    }

    /// Brings the configuration up to date. A live server that runs with another one is ended.
    async fn configure(&self, options: &Options, program: &OsUser) -> Result<(), Error> {
        let name = self.folders.cluster_name()?;
        let os_users = [&self.server, program];
        let files = ConfigFiles::new(&options.settings, &self.socket, &name, &os_users, &options.roles)?;
        if !files.differ(&self.folders.cluster)? {
            return Ok(());
        }
        if let Some(postmaster) = Process::postmaster(&self.folders)? {
            postmaster.shut_down(self.folders.log()).await?;
        }
        files.write(&self.folders.cluster, &self.server)
    }

    async fn launch(&self) -> Result<Process, Error> {
        let postmaster = launch(&self.folders, &self.binaries, &self.server).await?;
        if self.answers(&postmaster).await? {
            return Ok(postmaster);
        }
        Err(Error::did_not_start(self.folders.log()))
    }

    /// Waits until the server answers (`true`) or has ended (`false`).
    async fn answers(&self, postmaster: &Process) -> Result<bool, Error> {
        let stuck = || Error::Stuck { pid: postmaster.pid, what: "answer", log: self.folders.log() };
        tokio::select! {
            biased;
            ended = postmaster.ended() => ended.map(|()| false),
            answer = tokio::time::timeout(self.patience, self.connect()) => {
                answer.map_err(|_| stuck())?.map(|()| true)
            }
        }
    }

    /// Asks, as soon as the server lets us in, which cluster it serves.
    async fn connect(&self) -> Result<(), Error> {
        let actual = loop {
            match self.ask_folder().await {
                Ok(folder) => break folder,
                Err(error) if comes_later(&error) => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(Error::Refused(error)),
            }
        };
        let expected = self.folders.cluster.clone();
        if Path::new(&actual) == expected { Ok(()) } else { Err(Error::Stranger { expected, actual }) }
    }

    async fn ask_folder(&self) -> Result<String, tokio_postgres::Error> {
        let (client, connection) = self.socket.config("postgres", "postgres").connect(NoTls).await?;
        let connection = tokio::spawn(connection);
        let row = client.query_one("SHOW data_directory", &[]).await;
        connection.abort();
        row?.try_get(0)
    }
}

/// Not listening yet, starting, recovering, stopping, or full for the moment.
fn comes_later(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        None => true,
        Some(code) => {
            [SqlState::CANNOT_CONNECT_NOW, SqlState::TOO_MANY_CONNECTIONS, SqlState::ADMIN_SHUTDOWN]
                .contains(code)
        }
    }
}

impl Error {
    /// A failed start, told with the end of the log.
    pub(crate) fn did_not_start(log: PathBuf) -> Self {
        let text = read_if_there(&log).ok().flatten().unwrap_or_default();
        let lines: Vec<_> = text.lines().rev().take(6).collect();
        let tail = lines.into_iter().rev().collect::<Vec<_>>().join("\n");
        Self::DidNotStart { log, tail }
    }
}
