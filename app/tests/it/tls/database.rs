//! A PostgreSQL that answers by TLS alone: with the right authority it is reached, with any other it is not.

use std::{
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use private_postgres::{Cluster, Options};
use renkei::{
    Result,
    config::Database,
    db::{self, Tls},
};

use super::authority::{Authority, ecdsa, put};
use crate::world::connect;

/// A server on a port of the loopback. The private clusters of this product have no port, so one is started by hand on
/// the files of one.
struct Server {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
    authority: Authority,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ROLES: &str = "CREATE ROLE worded LOGIN PASSWORD 'kagami-nazo-8-fune'; CREATE ROLE certified LOGIN;";
const WAYS_IN: &str =
    "hostssl all worded 127.0.0.1/32 scram-sha-256\nhostssl all certified 127.0.0.1/32 cert\n";

impl Server {
    async fn start() -> Self {
        let folder = tempfile::Builder::new().permissions(world_readable()).tempdir().expect("a folder");
        let data = folder.path().join("d");
        let cluster =
            Cluster::start(Options { data: data.clone(), ..Options::default() }).await.expect("a cluster");
        let (binary, user) = (cluster.bin_dir().join("postgres"), cluster.server_user().clone());
        connect(&cluster.config("postgres", "postgres")).await.batch_execute(ROLES).await.expect("roles");
        cluster.stop().await.expect("it ends");
        let (authority, key) = (Authority::new(), ecdsa());
        let certificate = authority.certificate("localhost", &key, |_| {});
        for (name, text) in [
            ("server.pem", certificate.as_str()),
            ("server.key", &key.serialize_pem()),
            ("root.pem", &authority.pem),
            ("hba.conf", WAYS_IN),
        ] {
            let file = folder.path().join(name);
            put(&file, text, 0o600);
            chown(&file, Some(user.uid), Some(user.gid)).expect("the server's own file");
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .expect("a port")
            .local_addr()
            .expect("its number")
            .port();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let mut command = Command::new(binary);
        command
            .arg("-D")
            .arg(data.join("cluster"))
            .current_dir("/")
            .stderr(Stdio::null())
            .stdout(Stdio::null());
        for (name, value) in [
            ("listen_addresses", "127.0.0.1".to_owned()),
            ("port", port.to_string()),
            ("unix_socket_directories", String::new()),
            ("ssl", "on".to_owned()),
            ("ssl_cert_file", at("server.pem")),
            ("ssl_key_file", at("server.key")),
            ("ssl_ca_file", at("root.pem")),
            ("hba_file", at("hba.conf")),
        ] {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        if rustix::process::geteuid().is_root() {
            command.uid(user.uid).gid(user.gid);
        }
        let child = command.spawn().expect("postgres runs");
        let server = Self { child, port, folder, authority };
        server.until_it_answers().await;
        server
    }

    async fn until_it_answers(&self) {
        for _ in 0..1200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("postgres does not answer");
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        put(&file, text, 0o600);
        file
    }

    /// Connects as `user` and says whether the connection is encrypted and how.
    async fn reach(&self, host: &str, user: &str, database: &Database, more: &str) -> Result<String> {
        let url = format!(
            "host={host} port={} user={user} password=kagami-nazo-8-fune dbname=postgres sslmode=verify-full {more}",
            self.port
        );
        const HOW: &str = "SELECT version || ' ' || cipher FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid() AND ssl";
        // The server may still be starting up: that is an answer of its own, not a refusal.
        for _ in 0..600 {
            let client = Tls::of(database)?.connect(&db::address(&url)?).await;
            match client {
                Ok(client) => return Ok(client.query_one(HOW, &[]).await?.get(0)),
                Err(error) if format!("{error:?} {error}").contains("starting up") => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => return Err(error),
            }
        }
        panic!("postgres does not come up");
    }
}

fn world_readable() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o755)
}

fn with_root(file: &Path) -> Database {
    Database { root_certificate: file.into(), ..Database::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_is_recognised_by_its_authority_and_name() {
    let server = Server::start().await;
    let right = with_root(&server.put("right.pem", &server.authority.pem));
    let how = server
        .reach("localhost", "worded", &right, "channel_binding=require")
        .await
        .expect("the right authority");
    assert_eq!(how, "TLSv1.3 TLS_AES_256_GCM_SHA384");

    let wrong = with_root(&server.put("wrong.pem", &Authority::new().pem));
    server.reach("localhost", "worded", &wrong, "").await.expect_err("another authority");
    server
        .reach("localhost", "worded", &with_root(Path::new("")), "")
        .await
        .expect_err("the system's authorities");
    server.reach("127.0.0.1", "worded", &right, "").await.expect_err("another name");

    // A role that is known by a certificate.
    let key = ecdsa();
    let certified = Database {
        certificate: server.put("client.pem", &server.authority.certificate("certified", &key, |_| {})),
        key: server.put("client.key", &key.serialize_pem()),
        ..right.clone()
    };
    server.reach("localhost", "certified", &certified, "").await.expect("its certificate");
    server.reach("localhost", "certified", &right, "").await.expect_err("no certificate");
}
