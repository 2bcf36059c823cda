//! The database's own record hash, on a real PostgreSQL, agrees with this crate: every kind, random values, odd session settings.
//! Starts a private cluster on a unix socket, from the newest installed binaries.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use jiff::Timestamp;
use record::{Digest, Format, Header, Kind, StreamKind, stream_root};
use uuid::Uuid;

const MIGRATION: &str = include_str!("../../../app/migrations/V3__record_hash.sql");

/// The migration without its changes of role, which this test's cluster does not have.
fn functions() -> String {
    MIGRATION.lines().filter(|line| !line.starts_with("SET LOCAL ROLE")).collect::<Vec<_>>().join("\n")
}

/// A throw-away cluster; it goes when this is dropped.
struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
}

impl Cluster {
    fn start() -> Self {
        let made = as_database_user("mktemp").args(["-d", "/tmp/record-sql.XXXXXX"]).output().unwrap();
        let folder = PathBuf::from(succeeded(made).trim());
        let cluster = Self { programs: newest_programs(), folder };
        let data = cluster.folder.join("data");
        let mut initdb = as_database_user(cluster.programs.join("initdb"));
        initdb.args(["--no-sync", "-A", "trust", "-U", "test", "-E", "UTF8", "--locale=C", "-D"]).arg(&data);
        succeeded(initdb.output().unwrap());
        let options = format!("-k {} -c listen_addresses='' -c fsync=off", cluster.folder.display());
        let mut start = cluster.pg_ctl();
        // The server keeps whatever it inherits open: a pipe would never end.
        start.args(["-w", "start", "-o", &options, "-l"]).arg(cluster.folder.join("log"));
        assert!(start.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
        cluster
    }

    fn pg_ctl(&self) -> Command {
        let mut command = as_database_user(self.programs.join("pg_ctl"));
        command.arg("-D").arg(self.folder.join("data"));
        command
    }

    /// Runs the statements in one session and returns one line per row.
    fn lines(&self, sql: &str) -> Vec<String> {
        let script = Path::new(env!("CARGO_TARGET_TMPDIR")).join("record-hash.sql");
        std::fs::write(&script, sql).unwrap();
        let mut psql = Command::new(self.programs.join("psql"));
        psql.arg("-h")
            .arg(&self.folder)
            .args(["-U", "test", "-XqAt", "-v", "ON_ERROR_STOP=1", "-f"])
            .arg(script);
        succeeded(psql.arg("postgres").output().unwrap()).lines().map(str::to_owned).collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.pg_ctl().args(["-m", "immediate", "stop"]).output();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// PostgreSQL refuses to run as root: then it runs as the user of its package.
fn as_database_user(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let me = Command::new("id").arg("-u").output().unwrap();
    if me.stdout != b"0\n" {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
    command
}

fn newest_programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL 15 or later is installed");
    let newest = versions
        .map(|entry| entry.unwrap().path())
        .max_by_key(|path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    newest.expect("PostgreSQL 15 or later is installed").join("bin")
}

fn succeeded(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Random digests and so on from a counter, the same on every run.
fn digest(n: u64) -> Digest {
    Digest::of(&[b"random", &n.to_be_bytes()])
}

fn random_header(n: u64) -> Header {
    let uuid = |part: u64| Uuid::from_slice(&digest(n * 100 + part).as_bytes()[..16]).unwrap();
    let number = |part: u64| u64::from_be_bytes(digest(n * 100 + part).as_bytes()[..8].try_into().unwrap());
    // 1 January of the years 1 and 9000: wider than any clock.
    let micros = -62_135_596_800_000_000 + (number(10) % 284_000_000_000_000_000) as i64;
    let micros = if n.is_multiple_of(7) { micros - micros % 1_000_000 } else { micros };
    Header {
        format: Format::V1,
        deployment: uuid(1),
        stream: uuid(2),
        seq: number(3) >> 11 >> (n % 53),
        kind: Kind::ALL[n as usize % Kind::ALL.len()],
        author: uuid(4),
        entered_by: uuid(5),
        facility: uuid(6),
        at: Timestamp::from_microsecond(micros).unwrap(),
        client_id: uuid(7),
        files: (0..n % 5).map(|file| digest(n * 100 + 20 + file)).collect(),
        prev: digest(n * 100 + 30),
        commitment: digest(n * 100 + 31),
    }
}

fn call(header: &Header) -> String {
    let Header {
        deployment,
        stream,
        seq,
        kind,
        author,
        entered_by,
        facility,
        at,
        client_id,
        prev,
        commitment,
        ..
    } = header;
    let files: Vec<String> = header.files.iter().map(|file| format!(r"'\x{file}'")).collect();
    let files = match (files.is_empty(), seq % 2) {
        (true, 0) => "NULL".to_owned(),
        _ => format!("ARRAY[{}]::bytea[]", files.join(",")),
    };
    format!(
        "SELECT encode(sec.record_hash('{deployment}', '{stream}', {seq}, '{kind}', '{author}', '{entered_by}', \
         '{facility}', '{at:.6}', '{client_id}', {files}, '\\x{prev}', '\\x{commitment}'), 'hex');\n"
    )
}

#[test]
fn postgresql_computes_the_same_hashes() {
    let cluster = Cluster::start();
    cluster.lines(&format!("CREATE SCHEMA sec;\n{}", functions()));
    the_records_agree(&cluster);
    the_roots_agree(&cluster);
    missing_values_give_no_hash(&cluster);
}

fn the_records_agree(cluster: &Cluster) {
    let headers: Vec<Header> = (0..500).map(random_header).collect();
    let calls: String = headers.iter().map(call).collect();
    let hashes: Vec<String> = headers.iter().map(|header| header.hash().to_string()).collect();
    // Settings that change how times, byte strings and names are usually written or found.
    let odd = "SET timezone = 'Asia/Tokyo'; SET datestyle = 'German, DMY'; SET bytea_output = 'escape';
        SET extra_float_digits = 0; SET search_path = '';\n";
    for settings in ["", odd] {
        assert!(cluster.lines(&format!("{settings}{calls}")) == hashes);
    }
}

fn the_roots_agree(cluster: &Cluster) {
    let Header { deployment, stream, .. } = random_header(0);
    for kind in StreamKind::ALL {
        let sql = format!("SELECT encode(sec.stream_root('{deployment}', '{stream}', '{kind}'), 'hex');");
        assert_eq!(cluster.lines(&sql), [stream_root(deployment, stream, kind).to_string()]);
    }
}

/// A NULL ends in the table's NOT NULL; a hash over a hole would end in a record that no verifier accepts.
fn missing_values_give_no_hash(cluster: &Cluster) {
    let whole = call(&Header { kind: Kind::Post, ..random_header(3) });
    assert_eq!(cluster.lines(&whole)[0].len(), 64);
    let files = whole.split_once("ARRAY[").unwrap().1.split_once(']').unwrap().0;
    let holes = [
        whole.replace("'post'", "NULL"),
        whole.replace("'post'", "'post\",\"x\":\"'"),
        whole.replace("'post'", "''"),
        whole.replace(files, &format!("{files}, NULL")),
    ];
    for hole in holes {
        assert_ne!(hole, whole);
        assert_eq!(cluster.lines(&hole), [""], "{hole}");
    }
}
