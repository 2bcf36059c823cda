//! `renkei incident drill`: walks an invented incident through its clocks, with a clock of its own.

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};

use super::{place::Place, which::Which};
use crate::{
    Error, Result,
    features::incidents::{
        drill::{self, Look, Outcome, Scenario},
        model::{Kind, Reached, StepKind},
        rules::Hand,
    },
};

#[derive(Debug, Args)]
pub struct Incident {
    #[command(flatten)]
    which: Which,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Opens a drill, asks the access log, writes the draft, makes both reports and closes. Nothing leaves the deployment.
    Drill {
        #[arg(long, default_value = "知らない端末からのサインイン")]
        title: String,
        /// When it is said to have become known; without it: now.
        #[arg(long)]
        known_at: Option<Timestamp>,
        /// Hours of the access log before that which are looked at.
        #[arg(long, default_value_t = 24)]
        window_hours: i64,
        /// The day of the early report, the day of knowing being day 1.
        #[arg(long, default_value_t = 3)]
        early_on_day: i64,
        /// The day of the final report.
        #[arg(long, default_value_t = 28)]
        final_on_day: i64,
    },
}

pub async fn incident(options: Incident) -> Result<()> {
    let place = Place::open(&options.which).await?;
    let What::Drill { title, known_at, window_hours, early_on_day, final_on_day } = options.what;
    let scenario = Scenario {
        title,
        kind: Kind::UnauthorisedAccess,
        improper: true,
        reached: vec![Reached::Session],
        known_at: known_at.unwrap_or_else(Timestamp::now),
        window: SignedDuration::from_hours(window_hours),
        early_on_day,
        final_on_day,
    };
    let outcome = drill::run(&place.app, &scenario).await;
    place.close().await?;
    let outcome = outcome?;
    print(&outcome);
    if outcome.in_time { Ok(()) } else { Err(Error::Internal("a report came too late in this drill".into())) }
}

fn print(o: &Outcome) {
    println!(
        "drill {} (訓練): {} patients of {} facilities in the access log",
        o.incident, o.patients, o.facilities
    );
    for clock in &o.clocks {
        println!("  {:<14} due {}", clock.what.code(), clock.due);
    }
    for look in &o.looks {
        println!("{}  {}{}", look.at, look.what, hands(look));
    }
    println!(
        "{}",
        if o.in_time { "both reports in time; nothing was sent" } else { "TOO LATE; nothing was sent" }
    );
}

fn hands(look: &Look) -> String {
    let word = |hand| match hand {
        Hand::Running => "running",
        Hand::Pressing => "pressing",
        Hand::Overdue => "OVERDUE",
        Hand::Done => "done",
        Hand::DoneLate => "DONE LATE",
    };
    let name = |what| if what == StepKind::ReportedEarly { "early" } else { "final" };
    look.hands.iter().map(|(what, hand)| format!("  {}: {}", name(*what), word(*hand))).collect()
}
