//! How fast waiting leaves are numbered, put into tiles, read back and signed. They stand for nothing: nobody asks, until the patrol does, and it is not
//! waited for.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::{
    Extent,
    arm::{Arm, begun},
};
use crate::{
    Error, Result,
    cli::bench::place::Place,
    log::{Pace, Round},
};

#[derive(Debug, Serialize)]
pub struct Figures {
    pub leaves: u64,
    pub seconds: f64,
    pub per_s: f64,
}

const QUEUE: &str = "INSERT INTO care.leaf_queue (kind, place, number, hash)
  SELECT 1, pg_catalog.gen_random_uuid(), g, pg_catalog.sha256(pg_catalog.int8send(g)) FROM pg_catalog.generate_series(1, $1::bigint) g";

pub async fn measure(place: &Place, extent: &Extent, bare: &Arm) -> Result<Figures> {
    let name = bare.log.database();
    let pace = Pace { patrol: Duration::ZERO, step: 1, ..Pace::default() };
    let mut sealer = begun(place.sealer(name, place.log(name))?.at(pace)).await?;
    place.superuser(name).await?.execute(QUEUE, &[&extent.backlog]).await?;
    let began = Instant::now();
    let mut size = 0;
    // What is committed is taken once no older transaction of the cluster is open.
    loop {
        match sealer.round().await? {
            Round::Signed(n) | Round::Growing(n) => size = n,
            Round::Quiet if size > 0 => break,
            Round::Quiet => {}
            Round::Elsewhere => return Err(Error::internal("another sealer is at work")),
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let leaves = extent.backlog.unsigned_abs();
    Ok(Figures { leaves, seconds, per_s: leaves as f64 / seconds })
}
