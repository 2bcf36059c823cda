//! `renkei log`: what a person decides about the log of the record.

use clap::{Args, Subcommand};
use tlog::note::VerifyKey;

use super::{deployment::Reached, which::Which};
use crate::{Error, Result, config::Config, db, log};

#[derive(Debug, Args)]
pub struct Log {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Says that what was found (the alarm record_altered) has been looked at. What is still so is found again.
    Answer {
        #[command(flatten)]
        which: Which,
        /// What it was; stays in the operators' log.
        #[arg(long)]
        reason: String,
    },
    /// After a restore, once it is written down what was lost: begins another log, which names the last signed state of the one before.
    BeginAnew {
        #[command(flatten)]
        which: Which,
        /// What has happened; stays in the operators' log.
        #[arg(long)]
        reason: String,
        /// The key that signed so far is lost for good. Its public part must be there: in the log's folder, or with --key.
        #[arg(long)]
        key_lost: bool,
        /// The public key of the log so far, as /log/key showed it.
        #[arg(long, requires = "key_lost")]
        key: Option<VerifyKey>,
    },
}

pub async fn log(options: Log) -> Result<()> {
    let config = which(&options.act).load()?;
    let reached = Reached::of(&config).await?;
    let done = act(&options.act, &config, &reached).await;
    reached.leave().await?;
    done
}

fn which(act: &Act) -> &Which {
    match act {
        Act::Answer { which, .. } | Act::BeginAnew { which, .. } => which,
    }
}

async fn act(act: &Act, config: &Config, reached: &Reached) -> Result<()> {
    let (tls, sealer) = (db::Tls::of(&config.database)?, reached.role(config, "renkei_sealer")?);
    match act {
        Act::Answer { reason, .. } => {
            let found = log::answer_findings(&sealer, &tls, reason).await?;
            println!("{found} findings are answered");
        }
        Act::BeginAnew { reason, key_lost, key, .. } => {
            let lost = if *key_lost { Some(public(config, key.as_ref())?) } else { None };
            let (number, aside) =
                log::begin_anew(&config.log, &sealer, &tls, (reason, lost.as_ref())).await?;
            println!(
                "log {number} begins when a sealer starts; it moves the files of the one before to {}",
                aside.display()
            );
            println!("its witnesses need the new key: it stands at /log/key once it is signed");
        }
    }
    Ok(())
}

/// What is left of a lost key.
fn public(config: &Config, given: Option<&VerifyKey>) -> Result<VerifyKey> {
    if let Some(key) = given {
        return Ok(key.clone());
    }
    let text = std::fs::read_to_string(config.log.folder.join("key")).unwrap_or_default();
    let key = text.trim_end().parse().map_err(|_| {
        Error::Internal(
            "the public key of the lost one is not in the log's folder: give it with --key".into(),
        )
    })?;
    println!("the lost key's public part is taken from the log's folder: {key}");
    Ok(key)
}
