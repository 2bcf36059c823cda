//! `renkei fingerprint`, `renkei ballast`, `renkei accept-clock`, `renkei forget-node`: what an alarm asks for.

use std::sync::Arc;

use clap::{Args, Subcommand};

use super::{deployment::Reached, serve, which::Which};
use crate::{Error, Result, app::Shared, config::Config, features::alarms::fingerprint, watch};

#[derive(Debug, Args)]
pub struct Fingerprint {
    #[command(flatten)]
    which: Which,
    #[command(subcommand)]
    what: Prints,
}

#[derive(Debug, Subcommand)]
enum Prints {
    /// Prints each part with its SHA-256 and whether it is accepted; exits with an error where one is not.
    Show,
    /// Accepts what the database and the running nodes are made of now.
    Accept {
        /// Why, e.g. "release 1.2.0"; kept for good.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Args)]
pub struct Ballast {
    #[command(flatten)]
    which: Which,
    #[command(subcommand)]
    what: Weight,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Weight {
    /// Gives the space back, at once and without the database.
    Free,
    /// Takes it again, once there is room.
    Make,
}

#[derive(Debug, Args)]
pub struct ForgetNode {
    #[command(flatten)]
    which: Which,
    /// As the alarm names it.
    name: String,
}

pub async fn fingerprint(options: Fingerprint) -> Result<()> {
    let config = options.which.load()?;
    with_app(&config, async |app| match &options.what {
        Prints::Show => show(app).await,
        Prints::Accept { reason } => {
            let parts = fingerprint::accept_now(app, reason).await?;
            println!("accepted: {} parts", parts.len());
            Ok(())
        }
    })
    .await
}

async fn show(app: &Shared) -> Result<()> {
    let (parts, different) = fingerprint::look(app).await?;
    for (part, digest) in &parts {
        println!("{digest}  {part}{}", if different.contains(part) { "  NOT ACCEPTED" } else { "" });
    }
    for part in different.iter().filter(|part| !parts.contains_key(*part)) {
        println!("{:64}  {part}  GONE", "");
    }
    if different.is_empty() {
        Ok(())
    } else {
        Err(Error::Internal(format!("{} parts are not accepted", different.len())))
    }
}

pub fn ballast(options: &Ballast) -> Result<()> {
    let config = options.which.load()?;
    let w = &config.watch;
    if w.ballast.as_os_str().is_empty() {
        return Err(Error::Internal("watch.ballast is empty: this deployment has no ballast".into()));
    }
    match options.what {
        Weight::Free => {
            let bytes = watch::free_ballast(&w.ballast).map_err(Error::internal)?;
            println!("freed: {} MiB", bytes >> 20);
        }
        Weight::Make => {
            let made = watch::make_ballast(&w.ballast, w.ballast_mebibytes).map_err(Error::internal)?;
            println!("{}: {} MiB", if made { "made" } else { "was there" }, w.ballast_mebibytes);
        }
    }
    Ok(())
}

pub async fn accept_clock(which: &Which) -> Result<()> {
    with_app(&which.load()?, async |app| {
        println!("accepted: it is {} (UTC)", watch::mark::accept(app).await?);
        Ok(())
    })
    .await
}

pub async fn forget_node(options: ForgetNode) -> Result<()> {
    let config = options.which.load()?;
    with_app(&config, async |app| {
        let forgotten = watch::forget_named(app, &options.name).await?;
        if forgotten == 0 {
            return Err(Error::Internal(format!("no node that is away is called {}", options.name)));
        }
        println!("forgotten: {}", options.name);
        Ok(())
    })
    .await
}

/// Runs with the deployment's parts open, and leaves its database as it was found.
async fn with_app(config: &Config, run: impl AsyncFnOnce(&Shared) -> Result<()>) -> Result<()> {
    let reached = Reached::of(config).await?;
    let done = async {
        let app = Arc::new(serve::open(config.clone(), &reached.access(config)?).await?);
        run(&app).await
    };
    let done = done.await;
    reached.leave().await?;
    done
}
