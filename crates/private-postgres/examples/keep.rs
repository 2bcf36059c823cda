//! Starts a cluster in a folder, prints its socket folder and the server's process id, and stops it on
//! Ctrl-C: `cargo run -p private-postgres --example keep -- FOLDER`.

use std::io::Write;

use private_postgres::{Cluster, Options};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::args_os().nth(1).ok_or("usage: keep FOLDER")?.into();
    let cluster = Cluster::start(Options { data, ..Options::default() }).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{} {}", cluster.socket_dir().display(), cluster.postmaster_pid())?;
    out.flush()?;
    tokio::signal::ctrl_c().await?;
    Ok(cluster.stop().await?)
}
