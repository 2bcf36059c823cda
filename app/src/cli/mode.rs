//! `renkei mode`: how much of the service there is. Works as long as the database answers, whatever the web does.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use uuid::Uuid;

use super::{place::Place, which::Which};
use crate::{
    Error, Result,
    features::service_modes::acts::{self, Change, Standing},
    service::ServiceMode,
};

#[derive(Debug, Args)]
pub struct Mode {
    #[command(flatten)]
    which: Which,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Sets the mode of everybody, or of one facility. `read-only` isolates at once: writes answer 503, reading goes on.
    Set {
        mode: ServiceMode,
        /// Shown to everybody whom it concerns. Never a word about a patient.
        #[arg(long)]
        reason: String,
        /// The facility's id; without it: everybody.
        #[arg(long)]
        facility: Option<Uuid>,
        /// When it will probably be over, e.g. 2026-11-23T18:00:00+09:00. Nothing happens by itself at that time.
        #[arg(long)]
        until: Option<Timestamp>,
    },
    /// Prints the modes that hold now.
    Show,
}

pub async fn mode(options: Mode) -> Result<()> {
    let place = Place::open(&options.which).await?;
    let app = &place.app;
    if let What::Set { mode, reason, facility, until } = options.what {
        let change = Change::checked(facility, mode, &reason, until, Timestamp::now())
            .map_err(|e| Error::Internal(format!("--{}: {}", e.field, e.message)))?;
        if !acts::set_from_command(app, &change).await? {
            println!("set; a write that began before is still under way");
        } else if mode != ServiceMode::Normal {
            println!("set; every write that had begun before is over");
        }
    }
    let modes = acts::modes_for_command(app).await?;
    if modes.is_empty() {
        println!("normal");
    }
    for line in modes.iter().map(told) {
        println!("{line}");
    }
    place.close().await
}

fn told(s: &Standing) -> String {
    let place =
        s.facility.as_ref().map_or_else(|| "everybody".to_owned(), |(id, name)| format!("{name} ({id})"));
    let until = s.now.until.map(|t| format!(", probably until {t}")).unwrap_or_default();
    format!("{place}: {} since {}{until}: {}", s.now.mode.code(), s.now.since, s.now.reason)
}
