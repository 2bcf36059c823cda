//! What the log of the record costs a post, how fast a backlog is sealed, and how long a post waits for the signature that covers it.

mod arm;
mod backlog;
mod wait;

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::Serialize;

use self::arm::{Arm, Log};
use super::{
    Clients,
    load::{self, median, percentile_ms},
    place::Place,
};
use crate::{Error, Result, config, log::Pace};

/// Of the three.
pub const DATABASES: [&str; 3] = [Log::ALL[0].database(), Log::ALL[1].database(), Log::ALL[2].database()];

/// How long, how often and how much.
#[derive(Debug, Clone)]
pub struct Extent {
    pub people: usize,
    pub clients: Vec<usize>,
    pub rounds: usize,
    pub each: Duration,
    pub backlog: i64,
    pub wait_for: Duration,
    pub seconds: u64,
}

impl Extent {
    pub fn new(quick: bool) -> Self {
        if quick {
            Self {
                people: 40,
                clients: vec![1, 8],
                rounds: 1,
                each: Duration::from_millis(500),
                backlog: 70_000,
                wait_for: Duration::from_secs(2),
                seconds: 1,
            }
        } else {
            Self {
                people: 200,
                clients: vec![1, 8, 32],
                rounds: 7,
                each: Duration::from_secs(3),
                backlog: 1_000_000,
                wait_for: Duration::from_secs(60),
                seconds: config::Log::default().seconds,
            }
        }
    }
}

/// Posting, for a number of clients. `sealed`: a sealer runs; `queued`: none does, leaves wait; `bare`: no leaf is made. The prices are medians over the
/// rounds, in hundredths of what is possible without.
#[derive(Debug, Serialize)]
pub struct Posting {
    sealed_per_s: f64,
    queued_per_s: f64,
    bare_per_s: f64,
    sealed_p50_ms: f64,
    sealed_p99_ms: f64,
    bare_p50_ms: f64,
    bare_p99_ms: f64,
    /// Of the whole log: `sealed` against `bare`.
    price_percent: f64,
    /// Of the leaf in the act's transaction: `queued` against `bare`.
    leaf_price_percent: f64,
    /// Of the sealer beside it: `sealed` against `queued`.
    sealer_price_percent: f64,
}

#[derive(Debug, Serialize)]
pub struct Figures {
    post: BTreeMap<usize, Posting>,
    backlog: backlog::Figures,
    wait: wait::Figures,
}

pub async fn measure(place: &Place, clients: &Clients, extent: &Extent) -> Result<Figures> {
    let mut arms = Vec::new();
    for log in Log::ALL {
        arms.push(Arm::make(place, clients, log, extent).await?);
    }
    let done = figures(place, clients, extent, &mut arms).await;
    for arm in arms {
        arm.leave(place).await?;
    }
    done
}

async fn figures(place: &Place, clients: &Clients, extent: &Extent, arms: &mut [Arm]) -> Result<Figures> {
    let mut post = BTreeMap::new();
    for &count in &extent.clients {
        post.insert(count, posting(clients, extent, arms, count).await?);
    }
    let [sealed, .., bare] = arms else { return Err(Error::internal("there are three")) };
    let wait = wait::measure(place, clients, extent, sealed).await?;
    let backlog = backlog::measure(place, extent, bare).await?;
    Ok(Figures { post, backlog, wait })
}

/// A round each second and a look of a fifth of a second at leaves and at rows every three: what the defaults do in five times the time, so that a short turn
/// has its share of all.
pub fn pace() -> Pace {
    let usual = Pace::default();
    Pace { patrol: usual.patrol / 5, step: usual.step / 5, ..usual }
}

/// All three take turns, beginning with another one in every round.
async fn posting(clients: &Clients, extent: &Extent, arms: &mut [Arm], count: usize) -> Result<Posting> {
    let (mut rates, mut took) = ([const { Vec::new() }; 3], [const { Vec::new() }; 3]);
    let mut writers = Vec::new();
    for arm in &mut *arms {
        let opened = arm.writers(clients, count).await?;
        // Plans, caches and keys are there before the clock runs.
        writers.push(Some(clients.run(load::round(opened, extent.each / 3)).await?.clients));
    }
    for round in 0..extent.rounds {
        for turn in 0..arms.len() {
            let which = (round + turn) % arms.len();
            let ours = writers[which].take().unwrap_or_default();
            let sealing = arms[which].begin();
            let done = clients.run(load::round(ours, extent.each)).await;
            arms[which].end(sealing).await?;
            let done = done?;
            rates[which].push(done.per_s());
            took[which].extend(done.took);
            writers[which] = Some(done.clients);
        }
    }
    took.iter_mut().for_each(|took| took.sort_unstable());
    let price = |of: usize, against: usize| {
        let pairs = rates[of].iter().zip(&rates[against]);
        100.0 * median(&mut pairs.map(|(with, without)| 1.0 - with / without).collect::<Vec<f64>>())
    };
    let (whole, leaf, sealer) = (price(0, 2), price(1, 2), price(0, 1));
    let [sealed, queued, bare] = &mut rates;
    Ok(Posting {
        sealed_per_s: median(sealed),
        queued_per_s: median(queued),
        bare_per_s: median(bare),
        sealed_p50_ms: percentile_ms(&took[0], 50),
        sealed_p99_ms: percentile_ms(&took[0], 99),
        bare_p50_ms: percentile_ms(&took[2], 50),
        bare_p99_ms: percentile_ms(&took[2], 99),
        price_percent: whole,
        leaf_price_percent: leaf,
        sealer_price_percent: sealer,
    })
}

/// For people.
pub struct Printed<'a>(pub &'a Figures);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<10} clients   sealed/s   queued/s   without/s   p50 / p99 ms sealed   without   price %   of it leaf   sealer",
            "seal"
        )?;
        for (clients, x) in &self.0.post {
            writeln!(
                f,
                "{:<10} {clients:>7} {:>10.0} {:>10.0} {:>11.0} {:>12.2} / {:<6.2} {:>5.2} / {:<6.2} {:>5.1} {:>12.1} {:>8.1}",
                "",
                x.sealed_per_s,
                x.queued_per_s,
                x.bare_per_s,
                x.sealed_p50_ms,
                x.sealed_p99_ms,
                x.bare_p50_ms,
                x.bare_p99_ms,
                x.price_percent,
                x.leaf_price_percent,
                x.sealer_price_percent
            )?;
        }
        let (b, w) = (&self.0.backlog, &self.0.wait);
        writeln!(
            f,
            "{:<10} backlog: {} leaves in {:.1} s, {:.0} a second",
            "", b.leaves, b.seconds, b.per_s
        )?;
        writeln!(
            f,
            "{:<10} signed: {} posts, p50 {:.0} ms, p99 {:.0} ms, at most {:.0} ms after the answer (a round every {} s)",
            "", w.posts, w.p50_ms, w.p99_ms, w.most_ms, w.every_seconds
        )
    }
}
