//! `renkei why ACCOUNT GROUP`: the facts on which somebody's access to a group rests, and whether that is a yes.

use clap::Args;
use jiff::Timestamp;
use uuid::Uuid;

use super::{deployment::Reached, serve, which::Which};
use crate::{
    Error, Result,
    features::access::{chain::chain, facts},
};

#[derive(Debug, Args)]
pub struct Why {
    #[command(flatten)]
    which: Which,
    /// The person: the ID for signing in, or the account's id.
    account: String,
    /// The group's id.
    group: Uuid,
}

/// Prints the chain. Fails only where there is no such account or group: "no" is an answer.
pub async fn why(options: Why) -> Result<()> {
    let config = options.which.load()?;
    let reached = Reached::of(&config).await?;
    let found = async {
        let app = serve::open(config.clone(), &reached.access(&config)?).await?;
        facts::why(&app, &options.account, options.group).await
    };
    let found = found.await;
    reached.leave().await?;
    let facts = found?.ok_or(Error::NotFound)?;
    let chain = chain(&facts, Timestamp::now());
    for link in &chain.facts {
        println!("{} {:<11} {}", if link.holds { "✓" } else { "✗" }, link.code, link.text);
    }
    println!("{}", if chain.allowed { "→ 見られます (yes)" } else { "→ 見られません (no)" });
    Ok(())
}
