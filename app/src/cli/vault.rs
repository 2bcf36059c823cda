//! `renkei vault …`: run by another user or on another host than the database's.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand};
use generations::vault::{self, State};

use super::serve::asked_to_stop;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub struct Vault {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Copies what is new in the repository, checks it, and makes finished generations immutable.
    Pull {
        /// The repository's folder, as this host sees it (read-only is enough).
        #[arg(long)]
        from: PathBuf,
        /// The vault's folder, on a file system with the immutable flag (ext4, XFS, Btrfs).
        #[arg(long)]
        vault: PathBuf,
        /// Goes on, with this many seconds in between.
        #[arg(long)]
        every: Option<u64>,
        /// Generations that stay.
        #[arg(long, default_value_t = 8)]
        keep: usize,
    },
    /// Reads everything in the vault anew: is it as it was signed, and can it be changed?
    Verify {
        #[arg(long)]
        vault: PathBuf,
    },
}

pub async fn vault(options: Vault) -> Result<()> {
    match options.act {
        Act::Pull { from, vault, every: None, keep } => {
            let state = vault::pull(&from, &vault, keep).await.map_err(Error::internal)?;
            print(&state)
        }
        Act::Pull { from, vault, every: Some(seconds), keep } => tokio::select! {
            () = again_and_again(&from, &vault, keep, Duration::from_secs(seconds.max(1))) => Ok(()),
            () = asked_to_stop() => Ok(()),
        },
        Act::Verify { vault } => verify(&vault).await,
    }
}

async fn again_and_again(from: &std::path::Path, vault: &std::path::Path, keep: usize, pause: Duration) {
    loop {
        match vault::pull(from, vault, keep).await {
            Ok(state) if state.faults.is_empty() => {
                tracing::debug!(copied = state.copied, immutable = state.immutable, "pulled");
            }
            Ok(state) => tracing::error!(faults = ?state.faults, "the vault found something"),
            Err(error) => tracing::error!(%error, "the vault could not pull"),
        }
        tokio::time::sleep(pause).await;
    }
}

pub async fn verify(vault: &std::path::Path) -> Result<()> {
    let state = vault::verify(vault).await.map_err(Error::internal)?;
    print(&state)
}

fn print(state: &State) -> Result<()> {
    println!("{} generations are whole: {}", state.generations.len(), state.generations.join(" "));
    println!(
        "new files: {}; nobody can change them: {}",
        state.copied,
        if state.immutable { "はい" } else { "いいえ" }
    );
    if state.pruned > 0 {
        println!("files that nothing needs any more, and that went: {}", state.pruned);
    }
    print_faults(state);
    match state.faults.first() {
        None => Ok(()),
        Some(fault) => Err(Error::Internal(format!("the vault found something: {fault}"))),
    }
}

/// What is wrong, and what nobody but a person can decide about it.
pub(super) fn print_faults(state: &State) {
    for fault in &state.faults {
        println!("BAD {fault}");
    }
    if !state.held_back.is_empty() {
        println!("KEPT BACK {}: nothing leaves the vault while something is bad", state.held_back.join(" "));
    }
    if !state.faults.is_empty() {
        println!("  what to do: docs/operations/backup.md, \"When the vault finds something\"");
    }
}
