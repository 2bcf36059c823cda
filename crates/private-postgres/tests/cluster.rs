//! A real cluster in a temporary folder, through its whole life.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use private_postgres::{Cluster, Error, Options, Socket, running};
use tempfile::TempDir;
use tokio_postgres::{Client, Config, NoTls};

/// A folder that the server's OS user can pass through, whatever the umask is.
fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
    folder
}

fn options(folder: &TempDir) -> Options {
    // Small, so that many fit beside each other; the durable defaults stay.
    let settings = vec![("shared_buffers".to_owned(), "16MB".to_owned())];
    Options { data: folder.path().join("data"), settings, ..Options::default() }
}

async fn connect(config: Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn ask(config: Config, sql: &str) -> String {
    connect(config).await.query_one(sql, &[]).await.unwrap().get(0)
}

async fn note(cluster: &Cluster, text: &str) {
    let client = connect(cluster.config("postgres", "postgres")).await;
    client.batch_execute("CREATE TABLE IF NOT EXISTS notes (text text)").await.unwrap();
    client.execute("INSERT INTO notes VALUES ($1)", &[&text]).await.unwrap();
}

async fn notes(cluster: &Cluster) -> String {
    ask(cluster.config("postgres", "postgres"), "SELECT string_agg(text, ',') FROM notes").await
}

fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

/// The example program: another process that manages a cluster.
struct Program {
    child: Child,
    postmaster: u32,
}

impl Program {
    fn start(data: &Path) -> Self {
        let tests = std::env::current_exe().unwrap();
        let keep = tests.parent().unwrap().parent().unwrap().join("examples/keep");
        let mut child = Command::new(keep).arg(data).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let postmaster = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
        Self { child, postmaster }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
async fn a_cluster_is_made_stopped_and_keeps_its_data() {
    let folder = open_folder();
    let begun = Instant::now();
    let cluster = Cluster::start(options(&folder)).await.unwrap();
    let first = begun.elapsed();
    assert!(!cluster.reused());
    note(&cluster, "kept").await;
    cluster.stop().await.unwrap();
    assert_eq!(running(&options(&folder).data).unwrap(), None);

    let begun = Instant::now();
    let cluster = Cluster::start(options(&folder)).await.unwrap();
    let later = begun.elapsed();
    writeln!(std::io::stderr(), "first start {first:?}, later start {later:?}").unwrap();
    assert!(!cluster.reused());
    assert_eq!(notes(&cluster).await, "kept");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn the_cluster_is_private_and_durable() {
    let folder = open_folder();
    let cluster = Cluster::start(options(&folder)).await.unwrap();
    let config = || cluster.config("postgres", "postgres");
    for (setting, value) in [
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("unix_socket_permissions", "0700"),
        ("server_encoding", "UTF8"),
        ("lc_collate", "C.UTF-8"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("shared_buffers", "16MB"),
    ] {
        assert_eq!(ask(config(), &format!("SHOW {setting}")).await, value, "{setting}");
    }
    let data = options(&folder).data;
    let server = cluster.server_user().uid;
    for private in ["cluster", "run"] {
        let path = data.join(private);
        assert_eq!((mode(&path), fs::metadata(&path).unwrap().uid()), (0o700, server), "{private}");
    }
    assert_eq!(mode(&data.join("cluster/private.conf")), 0o600);
    assert_eq!(mode(&data.join("run/postgresql.log")), 0o600);
    assert_eq!(fs::metadata(format!("/proc/{}", cluster.postmaster_pid())).unwrap().uid(), server);
    assert_ne!(server, 0, "the server must not run as root");

    let sockets = sockets_of(&cluster).await;
    assert!(sockets.iter().any(|inode| table("unix").contains(inode)), "it listens on a Unix socket");
    for protocol in ["tcp", "tcp6"] {
        assert!(!sockets.iter().any(|inode| table(protocol).contains(inode)), "{protocol}");
    }
    cluster.stop().await.unwrap();
}

/// The inodes of the server's sockets. It looks itself, because in a container not even root may read
/// the descriptors of another user's process.
async fn sockets_of(cluster: &Cluster) -> Vec<String> {
    let client = connect(cluster.config("postgres", "postgres")).await;
    let list = format!("COPY links FROM PROGRAM 'ls -l /proc/{}/fd'", cluster.postmaster_pid());
    client.batch_execute(&format!("CREATE TEMP TABLE links (line text); {list}")).await.unwrap();
    let find = "SELECT substring(line FROM 'socket:\\[([0-9]+)\\]') FROM links WHERE line LIKE '%socket:%'";
    client.query(find, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

fn table(protocol: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/net/{protocol}")).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

#[tokio::test]
async fn only_mapped_roles_get_in() {
    let folder = open_folder();
    let cluster = Cluster::start(Options { roles: vec!["app".into()], ..options(&folder) }).await.unwrap();
    let superuser = connect(cluster.config("postgres", "postgres")).await;
    superuser.batch_execute("CREATE ROLE app LOGIN; CREATE ROLE other LOGIN").await.unwrap();
    assert_eq!(ask(cluster.config("app", "postgres"), "SELECT current_user::text").await, "app");
    let refused = cluster.config("other", "postgres").connect(NoTls).await.err().unwrap();
    assert_eq!(refused.code().unwrap().code(), "28000");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn values_never_reach_the_log() {
    let folder = open_folder();
    let cluster = Cluster::start(options(&folder)).await.unwrap();
    let client = connect(cluster.config("postgres", "postgres")).await;
    client.batch_execute("CREATE TABLE t (name text PRIMARY KEY CHECK (name <> 'planted-c'))").await.unwrap();
    let insert = "INSERT INTO t VALUES ($1)";
    client.execute(insert, &[&"planted-a"]).await.unwrap();
    client.execute(insert, &[&"planted-a"]).await.unwrap_err();
    client.execute(insert, &[&"planted-c"]).await.unwrap_err();
    client.query("SELECT $1::text::date", &[&"planted-d"]).await.unwrap_err();
    client.batch_execute("SELECT 'planted-e'::uuid").await.unwrap_err();
    client.batch_execute("DO $$ BEGIN RAISE WARNING 'planted-f'; END $$").await.unwrap();
    // A backend that dies makes the server report what it was running.
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let busy = client.query("SELECT pg_sleep(60), 'planted-g'", &[]);
    let kill = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        signal(pid.cast_unsigned(), rustix::process::Signal::KILL);
    };
    let (result, ()) = tokio::join!(busy, kill);
    result.unwrap_err();
    cluster.stop().await.unwrap();

    let log = fs::read_to_string(options(&folder).data.join("run/postgresql.log")).unwrap();
    assert!(log.contains("was terminated by signal 9"), "{log}");
    assert!(!log.contains("planted"), "{log}");
}

#[tokio::test]
async fn a_killed_program_leaves_a_server_that_the_next_one_takes_over() {
    let folder = open_folder();
    let options = Options { settings: Vec::new(), ..options(&folder) };
    let program = Program::start(&options.data);
    let postmaster = program.postmaster;
    program.kill();

    let cluster = Cluster::start(options.clone()).await.unwrap();
    assert!(cluster.reused());
    assert_eq!(cluster.postmaster_pid(), postmaster);
    note(&cluster, "first").await;

    // Dropped without stop: still alive. With other settings it is restarted instead of taken over.
    drop(cluster);
    let settings = vec![("work_mem".to_owned(), "8MB".to_owned())];
    let cluster = Cluster::start(Options { settings, ..options }).await.unwrap();
    assert!(!cluster.reused());
    assert_eq!(ask(cluster.config("postgres", "postgres"), "SHOW work_mem").await, "8MB");
    assert_eq!(notes(&cluster).await, "first");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_program_is_refused_but_finds_the_server() {
    let folder = open_folder();
    let data = options(&folder).data;
    let program = Program::start(&data);
    let refused = Cluster::start(options(&folder)).await.unwrap_err();
    assert!(matches!(refused, Error::Locked { holder: Some(pid), .. } if pid == program.child.id()));
    assert!(refused.to_string().contains("another program"), "{refused}");

    let socket = running(&data).unwrap().expect("the first program's server runs");
    assert_eq!(socket, Socket { folder: data.join("run"), port: 5432 });
    assert_eq!(ask(socket.config("postgres", "postgres"), "SELECT 'here'").await, "here");
    program.kill();
    Cluster::start(options(&folder)).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_server_is_recovered_even_beside_a_busy_backend() {
    let folder = open_folder();
    let mut cluster = Cluster::start(options(&folder)).await.unwrap();
    note(&cluster, "committed").await;
    let client = connect(cluster.config("postgres", "postgres")).await;
    let busy = tokio::spawn(async move { client.batch_execute("DO $$ BEGIN LOOP END LOOP; END $$").await });
    tokio::time::sleep(Duration::from_millis(200)).await;

    signal(cluster.postmaster_pid(), rustix::process::Signal::KILL);
    cluster.ended().await.unwrap();
    cluster.restart().await.unwrap();
    assert_eq!(notes(&cluster).await, "committed");
    busy.await.unwrap().unwrap_err();

    // The same without anyone watching: the next start finds a stale postmaster.pid.
    let pid = cluster.postmaster_pid();
    drop(cluster);
    signal(pid, rustix::process::Signal::KILL);
    let cluster = Cluster::start(options(&folder)).await.unwrap();
    assert!(!cluster.reused());
    assert_eq!(notes(&cluster).await, "committed");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_stale_file_that_names_an_unrelated_process_does_not_block_the_start() {
    let folder = open_folder();
    let cluster = Cluster::start(options(&folder)).await.unwrap();
    let file = options(&folder).data.join("cluster/postmaster.pid");
    let text = fs::read_to_string(&file).unwrap();
    let (pid, rest) = text.split_once('\n').unwrap();
    let stale = format!("{}\n{rest}", std::process::id());
    assert_eq!(pid, cluster.postmaster_pid().to_string());
    cluster.stop().await.unwrap();
    fs::write(&file, stale).unwrap();
    assert_eq!(running(&options(&folder).data).unwrap(), None);
    Cluster::start(options(&folder)).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn foreign_data_is_refused_with_a_hint() {
    let folder = open_folder();
    let cluster = options(&folder).data.join("cluster");
    fs::create_dir_all(&cluster).unwrap();
    fs::write(cluster.join("PG_VERSION"), "9\n").unwrap();
    let refused = Cluster::start(options(&folder)).await.unwrap_err();
    assert!(matches!(refused, Error::ForeignVersion { found: 9, .. }), "{refused}");
    assert!(refused.to_string().contains("pg_upgrade"), "{refused}");

    fs::rename(cluster.join("PG_VERSION"), cluster.join("letter.txt")).unwrap();
    let refused = Cluster::start(options(&folder)).await.unwrap_err();
    assert!(matches!(refused, Error::NotACluster(_)), "{refused}");
    assert!(cluster.join("letter.txt").exists(), "nothing of it was touched");
}

#[tokio::test]
async fn a_long_path_gets_its_socket_elsewhere() {
    let folder = open_folder();
    let data = folder.path().join("long".repeat(30));
    let options = Options { data: data.clone(), ..options(&folder) };
    let cluster = Cluster::start(options.clone()).await.unwrap();
    let elsewhere = cluster.socket_dir().to_owned();
    assert!(elsewhere.starts_with("/tmp/"), "{}", elsewhere.display());
    assert_eq!(mode(&elsewhere), 0o700);
    assert_eq!(ask(cluster.config("postgres", "postgres"), "SELECT 'here'").await, "here");

    drop(cluster);
    let cluster = Cluster::start(options).await.unwrap();
    assert!(cluster.reused());
    assert_eq!(cluster.socket_dir(), elsewhere);
    assert_eq!(running(&data).unwrap().map(|socket| socket.folder), Some(elsewhere.clone()));
    cluster.stop().await.unwrap();
    assert!(!elsewhere.exists(), "the folder goes with the server");
}

#[tokio::test]
async fn a_folder_that_the_server_cannot_reach_is_named() {
    if !rustix::process::geteuid().is_root() {
        // Anyone else runs the server as themselves, and reaches what they made.
        return;
    }
    let folder = open_folder();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    let refused = Cluster::start(options(&folder)).await.unwrap_err();
    let expected = fs::canonicalize(folder.path()).unwrap();
    assert!(matches!(&refused, Error::NotTraversable { folder, .. } if *folder == expected), "{refused}");
}

#[tokio::test]
async fn an_interrupted_first_start_leaves_nothing_in_the_way() {
    let folder = open_folder();
    let data = options(&folder).data;
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, Permissions::from_mode(0o711)).unwrap();
    let half = data.join("cluster.0123456789abcdef.new");
    fs::create_dir_all(half.join("base")).unwrap();
    let cluster = Cluster::start(options(&folder)).await.unwrap();
    assert!(!half.exists());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let folder = open_folder();
    let settings = vec![("shared_buffers".to_owned(), "much".to_owned())];
    let refused = Cluster::start(Options { settings, ..options(&folder) }).await.unwrap_err();
    assert!(
        matches!(&refused, Error::DidNotStart { tail, .. } if tail.contains("shared_buffers")),
        "{refused}"
    );
    Cluster::start(options(&folder)).await.unwrap().stop().await.unwrap();
}
