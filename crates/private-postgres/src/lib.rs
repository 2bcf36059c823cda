//! A private PostgreSQL cluster that a program manages itself from the installed binaries.
//!
//! [`Cluster::start`] makes the cluster on first use (data checksums, UTF-8, `C.UTF-8`), starts the
//! server in a session of its own and waits until it answers. Nobody else can reach it: there is no TCP
//! port and no password, only a Unix socket in a 0700 folder, peer authentication and an ident map.
//!
//! * **The server outlives the program.** After `kill -9` of the program, or a dropped [`Cluster`], the
//!   next start takes the live server over. Only [`Cluster::stop`] ends it.
//! * **One program at a time** manages a data folder ([`Error::Locked`]); another one may still find the
//!   running server with [`running`] and connect.
//! * **Root is left at the door.** PostgreSQL refuses to run as root, so a root program runs it as the OS
//!   user `postgres`, or `nobody` where that is missing.
//! * **Logs carry no rows.** Statements, parameters and the details of errors stay out of the server's
//!   log (see `settings.rs` for which setting closes which way).
//!
//! ```text
//! data/                  the caller's folder; the server's OS user must be able to pass through it
//!   cluster.lock         held while a program manages the cluster; contains its process id
//!   cluster/             the PostgreSQL data directory, 0700
//!     private.conf       every setting of ours, rewritten on each start
//!   run/                 0700: the socket, postgresql.log, and socket-folder where the path is too long
//! ```

mod binaries;
mod cluster;
mod error;
pub mod files;
mod folders;
mod initdb;
mod os_user;
mod postmaster;
mod settings;
mod socket;

use std::path::PathBuf;

pub use cluster::{Cluster, make_room, running};
pub use error::Error;
pub use folders::Lock;
pub use os_user::OsUser;
pub use socket::Socket;

/// What a program decides about its cluster. Everything else has a default that suits a durable,
/// private server.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that holds `cluster/` and `run/`; made when it is missing.
    pub data: PathBuf,
    /// Extra `postgresql.conf` settings as (name, value), unquoted. They win over this crate's defaults,
    /// but cannot open a way in: names such as `listen_addresses` are refused.
    pub settings: Vec<(String, String)>,
    /// Only the number at the end of the socket's file name; no TCP port is opened.
    pub port: u16,
    /// Database roles that the server's and the program's OS users may log in as; the superuser
    /// `postgres` is always among them. The roles themselves are the caller's to create.
    pub roles: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { data: PathBuf::from("data"), settings: Vec::new(), port: 5432, roles: Vec::new() }
    }
}
