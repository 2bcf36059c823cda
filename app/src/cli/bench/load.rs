//! Closed loops: each client sends its next request when the last one is answered. Ours and the reference take turns in
//! short rounds, so that whatever else the machine does meets both.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::Clients;
use crate::{Error, Result};

/// Something that is done again and again.
pub trait Client: Send + 'static {
    fn once(&mut self) -> impl Future<Output = Result<()>> + Send;
}

/// For each number of clients, so many rounds of each side.
#[derive(Debug, Clone, Copy)]
pub struct Rounds {
    pub clients: [usize; 3],
    pub rounds: usize,
    pub each: Duration,
}

/// One line of the table. `per_s` are medians of the rounds, the latencies those of all our requests.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    pub per_s: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub reference_per_s: f64,
    pub ratio: f64,
}

/// Lets both sides take turns, beginning with another side in every round.
pub async fn compare<A: Client, B: Client>(
    clients: &Clients,
    rounds: Rounds,
    ours: Vec<A>,
    reference: Vec<B>,
) -> Result<Figures> {
    let (mut ours, mut reference) = (ours, reference);
    let (mut us, mut them, mut took) = (Vec::new(), Vec::new(), Vec::new());
    // Plans, caches and keys are there before the clock runs.
    let warm = rounds.each / 3;
    ours = clients.run(round(ours, warm)).await?.clients;
    reference = clients.run(round(reference, warm)).await?.clients;
    for i in 0..rounds.rounds {
        for turn in 0..2 {
            if (i + turn) % 2 == 0 {
                let done = clients.run(round(ours, rounds.each)).await?;
                us.push(done.per_s());
                took.extend(done.took);
                ours = done.clients;
            } else {
                let done = clients.run(round(reference, rounds.each)).await?;
                them.push(done.per_s());
                reference = done.clients;
            }
        }
    }
    let (per_s, reference_per_s) = (median(&mut us), median(&mut them));
    took.sort_unstable();
    Ok(Figures {
        per_s,
        p50_ms: percentile_ms(&took, 50),
        p99_ms: percentile_ms(&took, 99),
        reference_per_s,
        ratio: per_s / reference_per_s,
    })
}

/// What so many clients have done in one go.
pub struct Round<C> {
    pub clients: Vec<C>,
    pub took: Vec<Duration>,
    lasted: Duration,
}

impl<C> Round<C> {
    pub fn per_s(&self) -> f64 {
        self.took.len() as f64 / self.lasted.as_secs_f64()
    }
}

/// Everybody goes on for this long.
pub async fn round<C: Client>(clients: Vec<C>, each: Duration) -> Result<Round<C>> {
    let began = Instant::now();
    let tasks: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            tokio::spawn(async move {
                let mut took = Vec::new();
                while began.elapsed() < each {
                    let sent = Instant::now();
                    client.once().await?;
                    took.push(sent.elapsed());
                }
                Ok::<_, Error>((client, took))
            })
        })
        .collect();
    let mut round = Round { clients: Vec::new(), took: Vec::new(), lasted: Duration::ZERO };
    for task in tasks {
        let (client, took) = task.await.map_err(Error::internal)??;
        round.clients.push(client);
        round.took.extend(took);
    }
    round.lasted = began.elapsed();
    Ok(round)
}

/// Sorts them; the upper one of two in the middle.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Of sorted values; the nearest rank.
pub fn percentile_ms(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(rank).map_or(0.0, |d| d.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measured_values() {
        let hundred: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!((percentile_ms(&hundred, 50), percentile_ms(&hundred, 99)), (50.0, 99.0));
        assert_eq!(percentile_ms(&hundred[..1], 99), 1.0);
        assert_eq!(percentile_ms(&[], 99), 0.0);
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
    }
}
