//! `renkei disclose`: the disclosure as a file.

use std::{io::Write as _, path::PathBuf};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use paper::{Fonts, Paper};

use super::{deployment::Reached, serve, which::Which};
use crate::{
    Error, Result,
    features::disclosure::{self, State, leaflet, operating_rules},
    words,
};

#[derive(Debug, Args)]
pub struct Disclose {
    #[command(flatten)]
    which: Which,
    #[arg(long, value_enum, default_value = "md")]
    format: Format,
    /// Which paper.
    #[arg(long, value_enum, default_value = "disclosure")]
    paper: Wanted,
    /// Where to; standard output unless given.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Md,
    Json,
    /// Needs the fonts of the package fonts-noto-cjk.
    Pdf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Wanted {
    Disclosure,
    OperatingRules,
    Leaflet,
    LeafletEnglish,
}

pub async fn disclose(options: Disclose) -> Result<()> {
    let config = options.which.load()?;
    let reached = Reached::of(&config).await?;
    let state = async {
        let app = serve::open(config.clone(), &reached.access(&config)?).await?;
        State::gather(&app, Timestamp::now()).await
    };
    let state = state.await;
    reached.leave().await?;
    let state = state?;
    let paper = match options.paper {
        Wanted::Disclosure => disclosure::disclosure(&state).0,
        Wanted::OperatingRules => operating_rules::operating_rules(&state),
        Wanted::Leaflet => leaflet::leaflet(&state),
        Wanted::LeafletEnglish => words::in_english(|| leaflet::leaflet(&state)),
    };
    let bytes = written(&paper, options.format)?;
    match options.out {
        Some(file) => std::fs::write(&file, bytes)
            .map_err(|e| Error::Internal(format!("cannot write {}: {e}", file.display()))),
        None => std::io::stdout().write_all(&bytes).map_err(Error::internal),
    }
}

fn written(paper: &Paper, format: Format) -> Result<Vec<u8>> {
    match format {
        Format::Md => Ok(paper.to_markdown().into_bytes()),
        Format::Json => serde_json::to_vec_pretty(paper).map_err(Error::internal),
        Format::Pdf => {
            let fonts = Fonts::of_system().map_err(|e| {
                Error::Internal(format!("{e}: install fonts-noto-cjk, or print the page /disclosure"))
            })?;
            paper.to_pdf(&fonts).map_err(Error::internal)
        }
    }
}
