//! Delivery: every member of every group has a live connection; posts are offered at a fixed rate, whether or not the
//! last one is answered. Each must arrive at each other member, once, and nowhere else.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use http_body_util::BodyExt;
use hyper::{Method, StatusCode, body::Incoming};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use tokio::{sync::mpsc, task::JoinSet, time};
use uuid::Uuid;

use super::{
    Clients,
    http::Connection,
    load::percentile_ms,
    world::{Group, MEMBERS, World, id, new_post, posts},
};
use crate::{Error, Result};

const PER_SECOND: u32 = 50;
/// Connections that post: enough that no post waits for another's answer.
const POSTERS: usize = 16;
/// How long an event may be under way before it counts as lost.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Debug, Serialize)]
pub struct Delivery {
    pub offered_per_s: u32,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub connections: usize,
    pub posts: usize,
    pub lost: usize,
    pub doubled: usize,
}

/// A post whose request began at `at`.
#[derive(Debug, Clone, Copy)]
struct Sent {
    post: Uuid,
    group: Uuid,
    author: Uuid,
    at: Instant,
}

#[derive(Debug, Clone, Copy)]
struct Arrival {
    post: Uuid,
    reader: Uuid,
    at: Instant,
}

type Arrivals = Arc<Mutex<Vec<Arrival>>>;

pub async fn measure(world: &World, clients: &Clients, lasting: Duration) -> Result<Delivery> {
    let (address, groups) = (world.address, world.groups.clone());
    clients.run(deliver(address, groups, lasting)).await
}

async fn deliver(address: std::net::SocketAddr, groups: Vec<Group>, lasting: Duration) -> Result<Delivery> {
    let arrivals = Arrivals::default();
    let mut listeners = JoinSet::new();
    for person in groups.iter().flat_map(|group| &group.members) {
        let mut http = Connection::open(address).await?;
        let response = http.send(Method::GET, "/api/v1/events", &person.token, None).await?;
        if response.status() != StatusCode::OK {
            return Err(Error::Internal(format!("/api/v1/events answered {}", response.status())));
        }
        let mut body = response.into_body();
        // The first message tells that the connection is among the hub's.
        body.frame().await;
        listeners.spawn(listen(http, body, person.id, arrivals.clone()));
    }
    let connections = listeners.len();
    let sent = offer(address, &groups, lasting).await?;
    let until = Instant::now() + GRACE;
    while arrivals.lock().len() < sent.len() * MEMBERS && Instant::now() < until {
        time::sleep(Duration::from_millis(20)).await;
    }
    // A double would come right behind.
    time::sleep(Duration::from_millis(200)).await;
    if let Some(ended) = listeners.try_join_next() {
        return Err(Error::Internal(format!("a live connection ended: {ended:?}")));
    }
    let arrivals = std::mem::take(&mut *arrivals.lock());
    count(&groups, &sent, &arrivals, connections)
}

/// Notes each new post's event until the connection ends, which it should not.
async fn listen(http: Connection, mut body: Incoming, reader: Uuid, arrivals: Arrivals) -> Result<()> {
    let _open = http;
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        let at = Instant::now();
        text.extend_from_slice(frame.map_err(Error::internal)?.data_ref().map_or(&[][..], |data| data));
        while let Some(end) = text.windows(2).position(|pair| pair == b"\n\n") {
            let message: Vec<u8> = text.drain(..end + 2).collect();
            if let Some(post) = created(&message) {
                arrivals.lock().push(Arrival { post, reader, at });
            }
        }
    }
    Err(Error::internal("the stream ended"))
}

/// The post of a `post.created` message.
fn created(message: &[u8]) -> Option<Uuid> {
    let text = std::str::from_utf8(message).ok()?;
    text.lines().find(|line| line.trim_end() == "event: post.created")?;
    let data: Value =
        serde_json::from_str(text.lines().find_map(|line| line.strip_prefix("data: "))?).ok()?;
    data["post_id"].as_str()?.parse().ok()
}

/// Offers posts by turns to every group and every member.
async fn offer(address: std::net::SocketAddr, groups: &[Group], lasting: Duration) -> Result<Vec<Sent>> {
    let mut posters = JoinSet::new();
    let mut orders = Vec::new();
    for _ in 0..POSTERS {
        let (sender, receiver) = mpsc::unbounded_channel();
        orders.push(sender);
        posters.spawn(write(Connection::open(address).await?, receiver));
    }
    let mut tick = time::interval(Duration::from_secs(1) / PER_SECOND);
    let all = (lasting.as_secs_f64() * f64::from(PER_SECOND)) as usize;
    for i in 0..all {
        tick.tick().await;
        let group = &groups[i % groups.len()];
        let author = &group.members[i / groups.len() % MEMBERS];
        let order = (group.id, author.id, author.token.clone());
        orders[i % POSTERS].send(order).map_err(|_| Error::internal("a poster has ended"))?;
    }
    drop(orders);
    let mut sent = Vec::with_capacity(all);
    while let Some(done) = posters.join_next().await {
        sent.extend(done.map_err(Error::internal)??);
    }
    Ok(sent)
}

async fn write(
    mut http: Connection,
    mut orders: mpsc::UnboundedReceiver<(Uuid, Uuid, String)>,
) -> Result<Vec<Sent>> {
    let mut sent = Vec::new();
    while let Some((group, author, token)) = orders.recv().await {
        let (at, body) = (Instant::now(), new_post());
        let answer = http.post(StatusCode::CREATED, &posts(group), &token, &body).await?;
        sent.push(Sent { post: id(&answer)?, group, author, at });
    }
    Ok(sent)
}

fn count(groups: &[Group], sent: &[Sent], arrivals: &[Arrival], connections: usize) -> Result<Delivery> {
    let members: HashMap<Uuid, HashSet<Uuid>> =
        groups.iter().map(|g| (g.id, g.members.iter().map(|m| m.id).collect())).collect();
    let posts: HashMap<Uuid, Sent> = sent.iter().map(|s| (s.post, *s)).collect();
    let mut first: HashSet<(Uuid, Uuid)> = HashSet::new();
    let (mut took, mut doubled) = (Vec::new(), 0);
    for arrival in arrivals {
        let Some(post) = posts.get(&arrival.post) else { continue };
        if !members[&post.group].contains(&arrival.reader) {
            return Err(Error::internal("an event reached somebody who is not in the group"));
        }
        if !first.insert((arrival.post, arrival.reader)) {
            doubled += 1;
        } else if arrival.reader != post.author {
            took.push(arrival.at - post.at);
        }
    }
    took.sort_unstable();
    let delivery = Delivery {
        offered_per_s: PER_SECOND,
        p50_ms: percentile_ms(&took, 50),
        p99_ms: percentile_ms(&took, 99),
        connections,
        posts: sent.len(),
        lost: sent.len() * MEMBERS - first.len(),
        doubled,
    };
    if delivery.lost + delivery.doubled > 0 {
        return Err(Error::Internal(format!("{} events lost, {} doubled", delivery.lost, delivery.doubled)));
    }
    Ok(delivery)
}
