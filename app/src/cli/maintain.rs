//! `renkei maintain ORDER …`: the one thing that a work order's grant opens. Without the key of an order whose time box is open the
//! database refuses; every use is written down by the statement that does it, for the facility's access log and the report.

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{ask, place::Place, which::Which};
use crate::{
    Error, Result,
    app::App,
    features::work_orders::acts::{self, File, Stream},
};

#[derive(Debug, Args)]
pub struct Maintain {
    #[command(flatten)]
    which: Which,
    /// The order's id, from the console.
    order: Uuid,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub enum What {
    /// The facility's streams: kind, number of records, bytes, time of the last, whether the head fits.
    Streams,
    /// The facility's files that are not ready: state, bytes, kind.
    Files,
    /// Gives a file to the scanner again that was never scanned or hangs. The order must say so.
    Rescan { file: Uuid },
}

/// The key is asked for on the terminal, or read from standard input; it never stands in the arguments.
pub async fn maintain(options: Maintain) -> Result<()> {
    let place = Place::open(&options.which).await?;
    let done = async {
        let key = ask::asked_in_secret("key")?;
        work(&place.app, options.order, key.trim(), options.what).await
    };
    let lines = done.await;
    place.close().await?;
    for line in lines? {
        println!("{line}");
    }
    Ok(())
}

/// What is printed: ids, codes, numbers and times, never a name or a word.
pub async fn work(app: &App, order: Uuid, key: &str, what: What) -> Result<Vec<String>> {
    let done = match what {
        What::Streams => acts::streams(app, order, key).await.map(|all| all.iter().map(stream).collect()),
        What::Files => acts::files(app, order, key).await.map(|all| all.iter().map(file).collect()),
        What::Rescan { file } => {
            acts::rescan(app, order, key, file).await.map(|()| vec!["given to the scanner".into()])
        }
    };
    done.map_err(|error| match error {
        Error::Forbidden(reason) if reason == "no_grant" => Error::Internal(
            "no grant: the order is not open now, or this is not its key. Take a key at the console.".into(),
        ),
        Error::Forbidden(reason) if reason == "not_in_the_order" => {
            Error::Internal("the order does not allow that".into())
        }
        other => other,
    })
}

fn stream(s: &Stream) -> String {
    let fits = if s.head_fits { "ok" } else { "HEAD DIFFERS" };
    format!(
        "{} {:<10} {:>8} records {:>12} bytes  last {}  {fits}",
        s.id, s.kind, s.records, s.bytes, s.last_at
    )
}

fn file(f: &File) -> String {
    format!("{} {:<9} since {} {:>12} bytes  {}", f.id, f.state, f.state_at, f.bytes, f.media_type)
}
