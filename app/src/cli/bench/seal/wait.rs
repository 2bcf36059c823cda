//! From a post's answer to the published checkpoint that covers it, as somebody sees it who reads the log's folder.

use std::{
    collections::HashMap,
    path::PathBuf,
    time::{Duration, Instant},
};

use serde::Serialize;
use tlog::checkpoint::Checkpoint;
use tokio::{sync::oneshot, time};
use uuid::Uuid;

use super::{
    Extent,
    arm::{Arm, begun},
};
use crate::{
    Error, Result,
    cli::bench::{Clients, load::percentile_ms, place::Place, post::Writer},
    config,
};

/// As busy as a middling deployment.
const PER_SECOND: u32 = 20;
/// How often the folder is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// How long the last one may take.
const GRACE: Duration = Duration::from_secs(60);

#[derive(Debug, Serialize)]
pub struct Figures {
    pub every_seconds: u64,
    pub posts: usize,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub most_ms: f64,
}

const PLACES: &str = "SELECT p.id, e.idx FROM care.post p JOIN care.log_entry e ON e.place = p.stream_id AND e.number = p.seq AND e.kind = 1 WHERE p.id = ANY ($1)";

/// With the sealer as a deployment has it.
pub async fn measure(place: &Place, clients: &Clients, extent: &Extent, sealed: &mut Arm) -> Result<Figures> {
    sealed.dismiss();
    let name = sealed.log.database();
    let settings = config::Log { seconds: extent.seconds, ..place.log(name) };
    let file = settings.folder.join("checkpoint");
    let sealer = begun(place.sealer(name, settings)?).await?;
    let (ended, over) = oneshot::channel();
    let watching = tokio::spawn(watch(file, over));
    let sealing = tokio::spawn(sealer.run());
    let writers = sealed.writers(clients, sealed.world.groups.len().min(25)).await?;
    let answered = clients.run(offer(writers, extent.wait_for)).await;
    let figures = async {
        let answered = answered?;
        let places = places(place, name, &answered).await?;
        let last = places.values().max().copied().unwrap_or_default();
        let _ = ended.send(last + 1);
        let published = watching.await.map_err(Error::internal)??;
        count(extent.seconds, &answered, &places, &published)
    };
    let figures = figures.await;
    sealing.abort();
    figures
}

/// Posts at a fixed rate, whether or not the last one is answered; each post and when its answer was there.
async fn offer(writers: Vec<Writer>, lasting: Duration) -> Result<Vec<(Uuid, Instant)>> {
    let mut idle: Vec<Option<Writer>> = writers.into_iter().map(Some).collect();
    let mut tick = time::interval(Duration::from_secs(1) / PER_SECOND);
    let all = (lasting.as_secs_f64() * f64::from(PER_SECOND)) as usize;
    let (mut under_way, mut answered) = (tokio::task::JoinSet::new(), Vec::with_capacity(all));
    for i in 0..all {
        tick.tick().await;
        let which = i % idle.len();
        while idle[which].is_none() {
            let done = under_way.join_next().await.ok_or_else(|| Error::internal("a writer is lost"))?;
            take(done, &mut idle, &mut answered)?;
        }
        let Some(mut writer) = idle[which].take() else { continue };
        under_way.spawn(async move {
            let post = writer.write().await?;
            Ok((which, writer, post, Instant::now()))
        });
    }
    while let Some(done) = under_way.join_next().await {
        take(done, &mut idle, &mut answered)?;
    }
    Ok(answered)
}

type Written = std::result::Result<Result<(usize, Writer, Uuid, Instant)>, tokio::task::JoinError>;

fn take(done: Written, idle: &mut [Option<Writer>], answered: &mut Vec<(Uuid, Instant)>) -> Result<()> {
    let (which, writer, post, at) = done.map_err(Error::internal)??;
    idle[which] = Some(writer);
    answered.push((post, at));
    Ok(())
}

/// Which leaf each post is; waits until all have a number.
async fn places(place: &Place, name: &str, answered: &[(Uuid, Instant)]) -> Result<HashMap<Uuid, u64>> {
    let superuser = place.superuser(name).await?;
    let posts: Vec<Uuid> = answered.iter().map(|(post, _)| *post).collect();
    let until = Instant::now() + GRACE;
    while Instant::now() < until {
        let rows = superuser.query(PLACES, &[&posts]).await?;
        if rows.len() == posts.len() {
            return Ok(rows.iter().map(|r| (r.get(0), r.get::<_, i64>(1).unsigned_abs())).collect());
        }
        time::sleep(Duration::from_millis(100)).await;
    }
    Err(Error::internal("posts were not sealed in a minute"))
}

/// Notes when each checkpoint was first seen, until one has as many leaves as `enough` says.
async fn watch(file: PathBuf, mut enough: oneshot::Receiver<u64>) -> Result<Vec<(u64, Instant)>> {
    let (mut seen, mut wanted, mut until) = (Vec::<(u64, Instant)>::new(), None, None);
    loop {
        let size = tokio::fs::read(&file).await.ok().and_then(|note| Checkpoint::read(&note).ok());
        let (size, newest) = (size.map_or(0, |c| c.size()), seen.last().map_or(0, |(size, _)| *size));
        if size > newest {
            seen.push((size, Instant::now()));
        }
        if wanted.is_none() {
            wanted = enough.try_recv().ok();
            until = wanted.map(|_| Instant::now() + GRACE);
        }
        if wanted.is_some_and(|wanted| size >= wanted) {
            return Ok(seen);
        }
        if until.is_some_and(|until| Instant::now() > until) {
            return Err(Error::internal("the last post was not signed for in a minute"));
        }
        time::sleep(LOOK).await;
    }
}

fn count(
    every_seconds: u64,
    answered: &[(Uuid, Instant)],
    places: &HashMap<Uuid, u64>,
    published: &[(u64, Instant)],
) -> Result<Figures> {
    let mut took = Vec::with_capacity(answered.len());
    for (post, at) in answered {
        let leaf = places.get(post).ok_or_else(|| Error::internal("a post without a leaf"))?;
        let covered = published.iter().find(|(size, _)| size > leaf);
        let (_, seen) = covered.ok_or_else(|| Error::internal("a post that nothing covers"))?;
        took.push(seen.saturating_duration_since(*at));
    }
    took.sort_unstable();
    let most_ms = percentile_ms(&took, 100);
    let (p50_ms, p99_ms) = (percentile_ms(&took, 50), percentile_ms(&took, 99));
    Ok(Figures { every_seconds, posts: took.len(), p50_ms, p99_ms, most_ms })
}
