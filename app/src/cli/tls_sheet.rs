//! `renkei tls-sheet`: the filled checklist of the 高セキュリティ型, from the live configuration.

use std::path::PathBuf;

use clap::Args;

use crate::{
    Error, Result,
    config::Config,
    web::listen::{live, sheet},
};

#[derive(Debug, Args)]
pub struct TlsSheet {
    #[arg(long)]
    config: PathBuf,
    /// Prints JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub fn tls_sheet(options: &TlsSheet) -> Result<()> {
    let config = Config::load(&options.config)?;
    let live = live(&config)?;
    let sheet = sheet(&config, live.as_deref())?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&sheet).map_err(Error::internal)?);
    } else {
        print!("{}", sheet.text());
    }
    Ok(())
}
