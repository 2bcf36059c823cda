//! `renkei backup export|import`

use std::path::PathBuf;

use clap::Args;

use super::{mb, place, say};
use crate::{
    Error, Result,
    cli::{deployment::Reached, which::Which},
    features::backups::{export, import},
};

#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    which: Which,
    /// The new file.
    #[arg(long, value_name = "FILE")]
    into: PathBuf,
}

#[derive(Debug, Args)]
pub struct Import {
    /// The export.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Folder with the key files `master` and `backup`.
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// A new folder for the deployment.
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
}

pub async fn export(options: &Export) -> Result<()> {
    let reached = Reached::of(&options.which.load()?).await?;
    let done = async { Ok::<_, Error>(export::run(&place(&options.which)?, &options.into).await?) }.await;
    reached.leave().await?;
    let done = done?;
    println!("{} rows and {} files in {:.1} MB", done.rows, done.files, mb(done.bytes));
    println!("sign-in secrets are not in an export: after an import everybody is let in anew");
    Ok(())
}

pub async fn import(options: &Import) -> Result<()> {
    let into = std::path::absolute(&options.into).map_err(Error::internal)?;
    let report = import::run(&options.from, &options.keys, &into, &mut say).await?;
    println!("{} rows and {} files are in {}", report.rows, report.files, into.display());
    println!(
        "{} records checked; {} are missing of those that were exported",
        report.records, report.missing
    );
    for bad in &report.bad {
        println!("BAD {bad}");
    }
    match report.bad.first() {
        None => {
            println!("everything that was exported holds");
            Ok(())
        }
        Some(bad) => Err(Error::Internal(format!("imported, but it does not hold: {bad}"))),
    }
}
