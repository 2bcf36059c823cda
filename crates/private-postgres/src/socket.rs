//! The one way to the server.

use std::path::PathBuf;

use tokio_postgres::{Config, config::SslMode};

/// A server's Unix socket: a folder and the number at the end of the file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// The folder that holds `.s.PGSQL.PORT`.
    pub folder: PathBuf,
    /// Not a TCP port.
    pub port: u16,
}

impl Socket {
    /// How to connect as a database role. Only OS users of the ident map get in, as the roles given there.
    pub fn config(&self, user: &str, database: &str) -> Config {
        let mut config = Config::new();
        config.host_path(&self.folder).port(self.port).user(user).dbname(database);
        // A socket in a folder that nobody else may enter: there is nothing to encrypt, whatever the server offers.
        config.ssl_mode(SslMode::Disable);
        config
    }
}
