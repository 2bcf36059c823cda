//! The node's own word to the database, several times a minute, and its samples.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{clock, disk, parts};
use crate::{Result, app::Shared};

const FARES: &str = "SELECT act.node_fares($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const STOPPED: &str = "SELECT act.node_stopped($1)";
const NUMBERS: &str = "SELECT name, label, value FROM act.watch_numbers()";
const SAMPLES: &str = "SELECT act.note_samples($1, $2, $3)";
const FORGET: &str = "SELECT act.forget_nodes(NULL), act.forget_old_samples()";

const WORD: Duration = Duration::from_secs(15);
const SAMPLE: Duration = Duration::from_secs(60);
const MEASURE: Duration = Duration::from_secs(3600);
/// What the time service says changes slowly.
const ASK_NTP: Duration = Duration::from_secs(300);

/// Until the process ends. Whatever fails is tried again the next time; a silent node is what the alarm is for.
pub async fn run(app: Shared) {
    let mut tick = tokio::time::interval(WORD);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut sampled, mut measured, mut asked) = (Instant::now(), None::<Instant>, None::<Instant>);
    let mut ntp = "unknown";
    loop {
        tick.tick().await;
        let measuring = measured.is_none_or(|at| at.elapsed() >= MEASURE);
        if asked.is_none_or(|at| at.elapsed() >= ASK_NTP) {
            (ntp, asked) = (clock::ntp().await, Some(Instant::now()));
        }
        match report(&app, ntp, measuring).await {
            Ok(()) if measuring => measured = Some(Instant::now()),
            Ok(()) => {}
            Err(error) => tracing::warn!(%error, "this node could not say how it fares"),
        }
        if sampled.elapsed() >= SAMPLE {
            sampled = Instant::now();
            if let Err(error) = sample(&app).await {
                tracing::warn!(%error, "a minute's figures were not kept");
            }
        }
    }
}

/// One word: the clock, the disks, the certificates; with `measuring` the binary and the configuration too.
pub async fn report(app: &Shared, ntp: &str, measuring: bool) -> Result<()> {
    let watch = &app.watch;
    let (jumps, offset) = (watch.clock.look(), clock::offset_ms(app).await?);
    if measuring {
        let measured = parts::measure(&watch.binary, &app.config).await;
        *watch.parts.lock() = measured;
    }
    let parts = watch.parts.lock().clone();
    watch.metrics.clock_offset.set(f64::from(offset) / 1000.0);
    watch.metrics.clock_jumps.set(i64::from(jumps));
    let (disks, certificates) = (disks(app), certificates(app));
    let version = env!("CARGO_PKG_VERSION");
    app.db
        .job(
            FARES,
            &[&watch.node, &watch.name, &version, &offset, &jumps, &ntp, &disks, &certificates, &parts],
        )
        .await?;
    figures(app).await
}

/// The node ends on purpose: nobody misses it.
pub async fn forget(app: &Shared) -> Result<()> {
    app.db.job(STOPPED, &[&app.watch.node]).await.map(drop)
}

fn disks(app: &Shared) -> serde_json::Value {
    let mut all = Vec::new();
    for folder in disk::folders(&app.config) {
        if let Ok(per_mille) = disk::used(&folder) {
            let name: String = folder.display().to_string().chars().take(80).collect();
            app.watch.metrics.disk(&name, per_mille);
            let state = disk::state(&app.config, per_mille);
            all.push(json!({"name": name, "used_per_mille": per_mille, "state": state}));
        }
    }
    all.into()
}

fn certificates(app: &Shared) -> serde_json::Value {
    if let Some(facts) = app.port.certificate().and_then(|served| served.facts) {
        app.watch.certificate("port", facts.not_after);
    }
    let all = app.watch.certificates();
    for (name, days) in &all {
        app.watch.metrics.certificate(name, *days);
    }
    all.iter().map(|(name, days)| json!({"name": name, "days_left": days})).collect()
}

/// The gauges: this node's own, and what the database counts for all.
async fn figures(app: &Shared) -> Result<()> {
    let metrics = &app.watch.metrics;
    for (principal, used, size) in app.db.pools() {
        metrics.pool(principal, used, size);
    }
    metrics.streams.set(i64::try_from(app.hub.count()).unwrap_or(i64::MAX));
    metrics.leader.set(app.leader.load(std::sync::atomic::Ordering::Relaxed).into());
    let rows = app.db.job(NUMBERS, &[]).await?;
    metrics.deployment(rows.iter().map(|r| (r.get(0), r.get(1), r.get(2))));
    Ok(())
}

/// Keeps the figures of the minute that is over.
pub async fn sample(app: &Shared) -> Result<()> {
    let minute = app.watch.metrics.totals.take();
    let used = disk::folders(&app.config).iter().filter_map(|f| disk::used(f).ok()).max().unwrap_or_default();
    let failures = app.watch.metrics.sign_in_failures_since_last();
    let figures = [
        ("requests_count", minute.requests as f64),
        ("errors_count", minute.errors as f64),
        ("refusals_count", minute.refusals as f64),
        ("sign_in_failures_count", failures as f64),
        ("p95_ms", minute.p95_ms as f64),
        ("disk_per_mille", f64::from(used)),
        ("streams", app.hub.count() as f64),
    ];
    let (names, values): (Vec<&str>, Vec<f64>) = figures.into_iter().unzip();
    app.db.job(SAMPLES, &[&app.watch.node, &names, &values]).await.map(drop)
}

/// Forgets the nodes of this name that are away; how many there were.
pub async fn forget_named(app: &Shared, name: &str) -> Result<i64> {
    let rows = app.db.job("SELECT act.forget_nodes($1)", &[&name]).await?;
    Ok(rows.first().map_or(0, |row| row.get(0)))
}

/// Forgets nodes and samples that are a week old.
pub async fn forget_old(app: &Shared) -> Result<()> {
    app.db.job(FORGET, &[]).await.map(drop)
}
