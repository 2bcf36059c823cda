//! `renkei restore`

use std::path::PathBuf;

use clap::Args;
use jiff::{Timestamp, civil::DateTime};
use pgbackrest::Target;

use super::{
    backup::{place, say},
    which::Which,
};
use crate::{
    Error, Result,
    features::backups::restore::{self, Report, Wanted},
};

#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    which: Which,
    /// The moment: "2026-04-01 14:05:00" (Asia/Tokyo), with seconds or without, or RFC 3339, or `newest`.
    #[arg(long)]
    to: String,
    /// A new folder for cluster/, blobs/ and keys/. Without it the deployment's own folder is set right; what is there
    /// now is put aside, not removed.
    #[arg(long)]
    into: Option<PathBuf>,
    /// Begin with this generation instead of the newest that is old enough: when newer ones are damaged.
    #[arg(long)]
    generation: Option<String>,
    /// The moment lies on a history that an earlier restore left behind.
    #[arg(long)]
    left_behind: bool,
    /// Puts the result in place although something in it does not hold. The present deployment is put aside all the same.
    #[arg(long, conflicts_with = "into")]
    even_if_bad: bool,
}

pub async fn restore(options: Restore) -> Result<()> {
    let place = place(&options.which)?;
    let into = options.into.map(std::path::absolute).transpose().map_err(Error::internal)?;
    let target = match target(&options.to)? {
        Target::Time(at) if options.left_behind => Target::TimeLeftBehind(at),
        target => target,
    };
    let wanted = Wanted { target, label: options.generation, into, even_if_bad: options.even_if_bad };
    let report = restore::run(&place, &wanted, &mut say).await?;
    print(&report, wanted.target);
    match report.bad.first() {
        None => Ok(()),
        Some(bad) => Err(Error::Internal(format!(
            "restored{}, but {} thing(s) do not hold; the first: {bad}",
            if report.held_back { " beside the present deployment" } else { "" },
            report.bad.len()
        ))),
    }
}

fn target(text: &str) -> Result<Target> {
    if text == "newest" {
        return Ok(Target::Newest);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Target::Time(at));
    }
    let local: DateTime = text
        .parse()
        .map_err(|_| Error::Internal(format!("{text:?} is not a time such as \"2026-04-01 14:05:00\"")))?;
    Ok(Target::Time(local.in_tz("Asia/Tokyo").map_err(Error::internal)?.timestamp()))
}

fn print(report: &Report, target: Target) {
    println!("restored into {} in {:.1} minutes", report.folder.display(), report.minutes);
    println!("BACK");
    for (kind, streams, records) in &report.counts {
        println!("  {kind}: {records} records in {streams} streams");
    }
    println!(
        "  {} records and {} files checked; the last post is of {}",
        report.records,
        report.files,
        time(report.last_post_at)
    );
    if let Some(file) = report.opened {
        println!("  the file {file} opens and is what was stored");
    }
    for replaced in &report.replaced {
        println!("  what was there before is in {}", replaced.display());
    }
    for file in &report.others {
        println!(
            "  an uploaded file differs from the repository's; the one that was here is {}",
            file.display()
        );
    }
    for other in &report.left_out {
        println!(
            "  neither a file nor a folder (a link?), so not taken along: {}; find out who made it",
            other.display()
        );
    }
    println!("  live pages of before begin anew: the restored database says that it is a restore");
    if let Some(number) = report.log {
        println!(
            "  the log of the record begins anew as number {number}, after what was sealed before; tell its witnesses (docs/operations/log.md)"
        );
    }
    println!("NOT BACK");
    if let Target::Time(at) | Target::TimeLeftBehind(at) = target {
        println!("  what was written after {at}");
    }
    match &report.missing {
        None => println!("  not known: nothing was published that this could be held against"),
        Some((missing, at)) if missing.is_nothing() => println!("  nothing of what was published at {at}"),
        Some((missing, at)) => {
            println!(
                "  {} records in {} streams that were published at {at}",
                missing.records,
                missing.behind.len()
            );
        }
    }
    println!("  at most the last 30 seconds before a loss, if they were never saved");
    if let Some(why) = &report.log_unknown {
        println!("THE LOG OF THE RECORD: whether it goes on is not known ({why})");
        println!(
            "  if the alarm record_altered comes with `older`: renkei log begin-anew (docs/operations/log.md)"
        );
    }
    for bad in &report.bad {
        println!("BAD {bad}");
    }
    if report.held_back {
        println!("NOT PUT IN PLACE: nothing of the present deployment was changed");
        println!("  what was restored lies in {} (cluster/, blobs/)", report.folder.display());
        println!("  another generation or an earlier time may hold: `renkei backup list` names them");
        println!(
            "  to take it all the same, run the command again with --even-if-bad, and remove that folder"
        );
    }
    if report.bad.is_empty() {
        println!("everything that is back holds");
    }
}

fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "(none)".to_owned(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_local_time_and_in_utc() {
        let expected = Target::Time("2026-04-01T05:05:00Z".parse().unwrap());
        for text in
            ["2026-04-01 14:05:00", "2026-04-01 14:05", "2026-04-01T14:05:00+09:00", "2026-04-01T05:05:00Z"]
        {
            assert_eq!(target(text).unwrap(), expected, "{text}");
        }
        assert_eq!(target("newest").unwrap(), Target::Newest);
        assert!(target("yesterday").is_err());
    }
}
