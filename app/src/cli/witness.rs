//! `renkei witness`: remembers how far other deployments' logs have grown, and cosigns only what follows from that (C2SP tlog-witness).
//! Runs on a machine of somebody else's than who runs the deployment: a facility, an association, an auditor. It sees hashes alone.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::SystemTime};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use clap::{Args, Subcommand};
use tlog::{
    checkpoint::Cosigner,
    note::VerifyKey,
    witness::{FileMemory, Log, MAX_BODY, add_checkpoint},
};

use super::serve::asked_to_stop;
use crate::{Error, Result, log};

#[derive(Debug, Args)]
pub struct Witness {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Makes a key and an empty memory in a new folder, and prints the public key for the deployment's configuration.
    New {
        folder: PathBuf,
        /// The name in its signatures, e.g. witness.example.jp.
        #[arg(long)]
        name: String,
    },
    /// Answers `POST /add-checkpoint`. TLS is a front's business.
    Serve {
        folder: PathBuf,
        #[arg(long)]
        name: String,
        #[arg(long, default_value = "127.0.0.1:7070")]
        listen: SocketAddr,
        /// The public key of a log, as stands at the deployment's /log/key. Once for each log.
        #[arg(long, required = true)]
        log: Vec<String>,
    },
}

pub async fn witness(options: Witness) -> Result<()> {
    match options.act {
        Act::New { folder, name } => {
            let key = new(&folder, &name)?;
            println!("{key}");
            Ok(())
        }
        Act::Serve { folder, name, listen, log } => {
            let router = router(&folder, &name, &log)?;
            let port = tokio::net::TcpListener::bind(listen).await.map_err(Error::internal)?;
            println!("witness on {}", port.local_addr().map_err(Error::internal)?);
            axum::serve(port, router).with_graceful_shutdown(asked_to_stop()).await.map_err(Error::internal)
        }
    }
}

/// The public key of a fresh witness.
pub fn new(folder: &std::path::Path, name: &str) -> Result<String> {
    let memory = folder.join("heads");
    if memory.exists() {
        return Err(Error::Internal(format!("{}: there is a witness already", folder.display())));
    }
    let seed = log::open_or_create(&folder.join("key"), true)?;
    FileMemory::create(memory).map_err(Error::internal)?;
    let cosigner = Cosigner::from_seed(name, &seed).map_err(Error::internal)?;
    Ok(cosigner.verify_key().to_string())
}

/// Of the standard. No route of the service: a witness is a program of its own.
const ADD: &str = "/add-checkpoint";

#[derive(Debug)]
struct Desk {
    cosigner: Cosigner,
    memory: FileMemory,
    logs: Vec<Log>,
}

/// The witness of a folder, for these logs. A damaged or missing memory is an error: one that began anew would cosign a fork.
pub fn router(folder: &std::path::Path, name: &str, logs: &[String]) -> Result<Router> {
    let seed = log::open_or_create(&folder.join("key"), false)?;
    let cosigner = Cosigner::from_seed(name, &seed).map_err(Error::internal)?;
    let memory = FileMemory::open(folder.join("heads")).map_err(Error::internal)?;
    let log = |text: &String| {
        let key: VerifyKey = text.trim().parse().map_err(Error::internal)?;
        Ok(Log { origin: key.name().to_owned(), keys: vec![key] })
    };
    let logs = logs.iter().map(log).collect::<Result<_>>()?;
    let desk = Arc::new(Desk { cosigner, memory, logs });
    Ok(Router::new().route(ADD, post(add)).layer(DefaultBodyLimit::max(MAX_BODY)).with_state(desk))
}

async fn add(State(desk): State<Arc<Desk>>, body: Bytes) -> Response {
    let answered = tokio::task::spawn_blocking(move || {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |d| d.as_secs().max(1));
        add_checkpoint(&body, &desk.logs, &desk.cosigner, &desk.memory, now)
    });
    match answered.await {
        Ok(Ok(answer)) => {
            let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, [(header::CONTENT_TYPE, answer.content_type())], answer.body()).into_response()
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "what this witness remembers cannot be kept");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
