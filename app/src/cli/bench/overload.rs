//! Five times more than can be done: who is served is served in good time, who is not is told at once, and nothing that was
//! acknowledged is lost.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http_body_util::BodyExt;
use hyper::{Method, StatusCode};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use tokio::{task::JoinSet, time};
use uuid::Uuid;

use super::{
    Clients,
    http::Connection,
    load::percentile_ms,
    world::{self, PAGE, Person, World, posts},
};
use crate::{Error, Result};

/// As often as the server can.
const TIMES: u32 = 5;
/// Connections that offer the load, and those that find out how much is possible.
const CONNECTIONS: usize = 512;
const POSSIBLE: usize = 16;
/// One request in so many writes.
const WRITES: usize = 5;
/// The line of /proc/self/status that tells the resident memory.
const RSS: &str = "VmRSS:";

#[derive(Debug, Serialize)]
pub struct Overload {
    /// Requests answered with success a second, at the most: 16 clients, each as fast as it is answered.
    pub possible_per_s: f64,
    /// Requests sent a second.
    pub offered_per_s: f64,
    pub served_per_s: f64,
    pub refused_per_s: f64,
    /// Of the reads that were served.
    pub read_p50_ms: f64,
    pub read_p99_ms: f64,
    /// Of what was refused.
    pub refused_p99_ms: f64,
    /// Answers that are neither a success nor 429 nor 503 with `Retry-After`.
    pub other: usize,
    /// Posts that were acknowledged, and how many of them are not there.
    pub acknowledged: usize,
    pub lost: usize,
    /// Resident memory of server and clients together, before and at the most.
    pub memory_mib: u64,
    pub memory_most_mib: u64,
}

#[derive(Debug, Default)]
struct Seen {
    reads: Vec<Duration>,
    writes: usize,
    refused: Vec<Duration>,
    other: usize,
    acknowledged: Vec<(Uuid, String)>,
}

impl Seen {
    fn served(&self) -> usize {
        self.reads.len() + self.writes
    }
}

pub async fn measure(world: &World, clients: &Clients, lasting: Duration) -> Result<Overload> {
    let (address, people) = (world.address, people(world));
    let callers = people.clone();
    let possible =
        clients.run(async move { offer(address, &callers, POSSIBLE, None, lasting).await }).await?;
    let possible_per_s = possible.served() as f64 / lasting.as_secs_f64();
    let before = memory_mib();
    let most = watch_memory();
    let each = Duration::from_secs_f64(CONNECTIONS as f64 / (possible_per_s * f64::from(TIMES)).max(1.0));
    let callers = people.clone();
    let seen =
        clients.run(async move { offer(address, &callers, CONNECTIONS, Some(each), lasting).await }).await?;
    let memory_most_mib = most.stop();
    let lost = clients.run(missing(address, seen.acknowledged.clone())).await?;
    let seconds = lasting.as_secs_f64();
    let (mut reads, mut refused) = (seen.reads.clone(), seen.refused.clone());
    reads.sort_unstable();
    refused.sort_unstable();
    let overload = Overload {
        possible_per_s,
        offered_per_s: (seen.served() + seen.refused.len() + seen.other) as f64 / seconds,
        served_per_s: seen.served() as f64 / seconds,
        refused_per_s: refused.len() as f64 / seconds,
        read_p50_ms: percentile_ms(&reads, 50),
        read_p99_ms: percentile_ms(&reads, 99),
        refused_p99_ms: percentile_ms(&refused, 99),
        other: seen.other,
        acknowledged: seen.acknowledged.len(),
        lost,
        memory_mib: before,
        memory_most_mib,
    };
    if overload.lost + overload.other > 0 {
        return Err(Error::Internal(format!(
            "{} acknowledged posts lost, {} odd answers",
            overload.lost, overload.other
        )));
    }
    Ok(overload)
}

fn people(world: &World) -> Arc<Vec<(Person, Uuid)>> {
    Arc::new(world.members().map(|(person, group)| (person.clone(), group)).collect())
}

/// Lets so many connections send, each at its own beat (`None`: as soon as it is answered).
async fn offer(
    address: std::net::SocketAddr,
    people: &[(Person, Uuid)],
    connections: usize,
    each: Option<Duration>,
    lasting: Duration,
) -> Result<Seen> {
    let all = Arc::new(Mutex::new(Seen::default()));
    let mut senders = JoinSet::new();
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let until = Instant::now() + lasting;
    for (n, http) in open.into_iter().enumerate() {
        let (person, group) = people[n % people.len()].clone();
        senders.spawn(keep_sending(http, person, group, (n, each), until, all.clone()));
    }
    while let Some(done) = senders.join_next().await {
        done.map_err(Error::internal)??;
    }
    Ok(std::mem::take(&mut *all.lock()))
}

async fn keep_sending(
    mut http: Connection,
    person: Person,
    group: Uuid,
    (n, each): (usize, Option<Duration>),
    until: Instant,
    all: Arc<Mutex<Seen>>,
) -> Result<()> {
    let mut beat = time::interval(each.unwrap_or(Duration::from_micros(1)));
    let mut turn = n;
    while Instant::now() < until {
        if each.is_some() {
            beat.tick().await;
        }
        let writes = turn.is_multiple_of(WRITES);
        once(&mut http, &person, group, writes, &all).await?;
        turn += 1;
    }
    Ok(())
}

async fn once(
    http: &mut Connection,
    person: &Person,
    group: Uuid,
    writes: bool,
    all: &Mutex<Seen>,
) -> Result<()> {
    let (method, path, body) = if writes {
        (Method::POST, posts(group), Some(world::new_post().to_string()))
    } else {
        (Method::GET, format!("{}?limit={PAGE}", posts(group)), None)
    };
    let sent = Instant::now();
    let response = http.send(method, &path, &person.token, body).await?;
    let (status, asked_back) = (response.status(), response.headers().contains_key("retry-after"));
    let bytes = response.into_body().collect().await.map_err(Error::internal)?.to_bytes();
    let mut all = all.lock();
    match status {
        StatusCode::OK => all.reads.push(sent.elapsed()),
        StatusCode::CREATED => {
            let post: Value = serde_json::from_slice(&bytes).map_err(Error::internal)?;
            all.writes += 1;
            all.acknowledged.push((world::id(&post)?, person.token.clone()));
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE if asked_back => {
            all.refused.push(sent.elapsed())
        }
        _ => all.other += 1,
    }
    Ok(())
}

/// How many acknowledged posts cannot be read.
async fn missing(address: std::net::SocketAddr, acknowledged: Vec<(Uuid, String)>) -> Result<usize> {
    let mut http = Connection::open(address).await?;
    let mut missing = 0;
    for (post, token) in acknowledged {
        let response = http.send(Method::GET, &format!("/api/v1/posts/{post}"), &token, None).await?;
        missing += usize::from(response.status() != StatusCode::OK);
        response.into_body().collect().await.map_err(Error::internal)?;
    }
    Ok(missing)
}

fn memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(RSS)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1_024
}

/// The most memory since it was made.
struct Watch(tokio::task::JoinHandle<()>, Arc<Mutex<u64>>);

fn watch_memory() -> Watch {
    let most = Arc::new(Mutex::new(0));
    let seen = most.clone();
    let task = tokio::spawn(async move {
        loop {
            let now = memory_mib();
            {
                let mut most = seen.lock();
                *most = now.max(*most);
            }
            time::sleep(Duration::from_millis(100)).await;
        }
    });
    Watch(task, most)
}

impl Watch {
    fn stop(self) -> u64 {
        self.0.abort();
        *self.1.lock()
    }
}
