//! `renkei backup …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tokio_postgres::Config as PgConfig;

use super::{
    deployment::{self, Reached},
    which::{self, Which},
};
use crate::{
    Error, Result,
    config::Config,
    features::backups::{Place, drill, make, schedules},
};

mod export;
mod keys;
mod list;

#[derive(Debug, Args)]
pub struct Backup {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Makes a generation now.
    Now(Which),
    /// Lists the generations, what can be restored, and how the last drill went.
    List(Which),
    /// Restores the newest state and a random second into a scratch cluster, and checks everything in them.
    Drill {
        #[command(flatten)]
        which: Which,
        /// Leaves the random second out.
        #[arg(long)]
        quick: bool,
    },
    /// The second way: the record as rows in one encrypted file, with the uploaded files and the heads of all chains.
    Export(export::Export),
    /// Makes a deployment from an export, in a new folder, and checks everything in it.
    Import(export::Import),
    /// Keeps backups all the time: for hosts where the service is not the owner of the database's files.
    Run(Which),
    /// Reads everything in a vault anew.
    VerifyVault {
        #[arg(long)]
        vault: PathBuf,
    },
    /// The keys without which nothing can be restored.
    Keys(keys::Keys),
}

pub async fn backup(options: Backup) -> Result<()> {
    match options.act {
        Act::Now(which) => now(&which).await,
        Act::List(which) => list::list(&which).await,
        Act::Drill { which, quick } => rehearse(&which, quick).await,
        Act::Export(options) => export::export(&options).await,
        Act::Import(options) => export::import(&options).await,
        Act::Run(which) => run(&which).await,
        Act::VerifyVault { vault } => super::vault::verify(&vault).await,
        Act::Keys(options) => keys::keys(options),
    }
}

/// How the job reaches the database. Where nothing runs, the socket's place is still known.
fn job(config: &Config) -> Result<PgConfig> {
    let Some(data) = &config.data else { return which::role(config, "renkei_job") };
    let running = private_postgres::running(data).map_err(Error::internal)?;
    let socket = running.unwrap_or(private_postgres::Socket { folder: data.join("run"), port: 5432 });
    Ok(socket.config("renkei_job", deployment::DATABASE))
}

/// The deployment's backups, whether its database runs or not.
pub(super) fn place(which: &Which) -> Result<Place> {
    let config = which.load()?;
    Ok(Place::open(&config, &job(&config)?)?)
}

pub(super) fn say(line: &str) {
    println!("  {line}");
}

async fn now(which: &Which) -> Result<()> {
    let reached = Reached::of(&which.load()?).await?;
    let made = async { Ok::<_, Error>(make::now(&place(which)?, &mut say).await?) }.await;
    reached.leave().await?;
    let made = made?;
    println!(
        "generation {}: {:.1} MB with {} uploaded files, {} records, in {:.1} s",
        made.label,
        mb(made.bytes),
        made.uploads,
        made.records,
        made.seconds
    );
    println!("what is written from now on can be restored to any second, but for the last 30 at most");
    Ok(())
}

async fn rehearse(which: &Which, quick: bool) -> Result<()> {
    let outcome = drill::run(&place(which)?, quick, &mut say).await?;
    println!("generation {}, drill in {:.1} minutes", outcome.generation, outcome.minutes);
    if outcome.bad.is_empty() {
        println!(
            "newest state: {} records and {} files hold, none is missing of what was published",
            outcome.records, outcome.files
        );
        if let Some(second) = outcome.second {
            println!("random second {second}: restored, every chain holds");
        }
        if let Some(file) = outcome.opened {
            println!("the file {file} opens and is what was stored");
        }
        println!("everything can be restored");
        return Ok(());
    }
    for finding in &outcome.bad {
        println!("BAD {}: {}", finding.code, finding.text);
    }
    Err(Error::Internal(format!("the drill failed: {}", outcome.bad[0].text)))
}

async fn run(which: &Which) -> Result<()> {
    let config = which.load()?;
    let job = job(&config)?;
    tokio::select! {
        () = schedules::run(config, job) => Err(Error::Internal("backups are not kept; see the log".into())),
        () = super::serve::asked_to_stop() => Ok(()),
    }
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
pub(super) fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
