//! `renkei upgrade-check`: what the missing migrations will do to this database, how long that takes here, and whether
//! this is a good moment. It changes nothing.

mod judge;
mod measure;

use clap::Args;
use jiff::Timestamp;
use migration_plan::Step;

use super::{
    deployment::Reached,
    doctor::schema,
    drill,
    which::{self, Which},
};
use crate::{
    Error, Result,
    config::Config,
    db::{self, Migration},
};
use measure::{Rates, Size};

#[derive(Debug, Args)]
pub struct UpgradeCheck {
    #[command(flatten)]
    which: Which,
    /// The last proved restore may be this old.
    #[arg(long, default_value_t = 7, value_name = "DAYS")]
    drill_days: i64,
    /// Goes ahead whatever speaks against it; the reason is printed and belongs into the operating log.
    #[arg(long, value_name = "REASON")]
    accept_risk: Option<String>,
}

/// A migration that is missing, and what it does to which table.
#[derive(Debug)]
struct Pending {
    name: String,
    steps: Vec<(Step, Size)>,
}

/// Everything that the judgement needs.
#[derive(Debug)]
struct Plan {
    pending: Vec<Pending>,
    /// Migrations of the database that are not those of this release.
    foreign: Vec<i32>,
    rates: Rates,
    /// Free bytes where the database lies; unknown for a database elsewhere.
    free: Option<u64>,
    drill: Option<drill::Run>,
}

pub async fn upgrade_check(options: UpgradeCheck) -> Result<()> {
    let config = options.which.load()?;
    let reached = Reached::of(&config).await?;
    let plan = look(&config).await;
    reached.leave().await?;
    let plan = plan?;
    print!("{}", judge::text(&plan));
    let against = judge::against(&plan, options.drill_days, Timestamp::now());
    for reason in &against {
        println!("✗ {reason}");
    }
    match (against.len(), options.accept_risk.as_deref().map(str::trim)) {
        (0, _) => println!("→ 更新できます。"),
        (_, Some(reason)) if !reason.is_empty() => println!("→ 危険を承知で進めます：{reason}"),
        (count, _) => {
            return Err(Error::Internal(format!(
                "upgrade-check: {count} reason(s) against it; nothing was changed. Mend them, or give --accept-risk REASON"
            )));
        }
    }
    Ok(())
}

async fn look(config: &Config) -> Result<Plan> {
    let owner = which::connect(config, "renkei_migrate").await?;
    owner.batch_execute("SET ROLE renkei_owner").await?;
    let applied = schema::applied(&owner).await?;
    let sizes = measure::sizes(&owner).await?;
    let job = which::connect(config, "renkei_job").await?;
    let ours = db::migrations();
    let same = |m: &&Migration| applied.get(&m.version).is_none_or(|sum| *sum == m.checksum.to_string());
    let pending = ours.iter().filter(|m| !applied.contains_key(&m.version));
    Ok(Plan {
        pending: pending
            .map(|m| Pending {
                name: format!("V{} {}", m.version, m.name),
                steps: migration_plan::steps(&m.sql)
                    .into_iter()
                    .map(|s| (s.clone(), sizes.get(&s.table).copied().unwrap_or_default()))
                    .collect(),
            })
            .collect(),
        foreign: ours.iter().filter(|m| !same(m)).map(|m| m.version).collect(),
        rates: measure::rates(&owner).await?,
        free: config.data.as_ref().and_then(|d| free(&d.join("cluster"))),
        drill: drill::newest(&job, "drill").await?,
    })
}

fn free(folder: &std::path::Path) -> Option<u64> {
    rustix::fs::statvfs(folder).ok().map(|s| s.f_bavail * s.f_frsize)
}
