//! The metrics of a node in OpenMetrics text. Labels are route templates, classes and fixed names: never an id, a name or
//! an address.

use std::{
    sync::atomic::{AtomicI64, AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

use super::totals::Totals;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    method: String,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// A fixed name: a pool, a kind of job, a disk, a severity.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    of: String,
}

type Figures = Family<Of, Gauge<f64, AtomicU64>>;

#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Family<Route, Histogram>,
    pub in_flight: Gauge<i64, AtomicI64>,
    pub posts: Counter,
    pub sign_in_failures: Counter,
    pub streams: Gauge<i64, AtomicI64>,
    pub leader: Gauge<i64, AtomicI64>,
    pub clock_offset: Gauge<f64, AtomicU64>,
    pub clock_jumps: Gauge<i64, AtomicI64>,
    pool_used: Figures,
    pool_size: Figures,
    disk_used: Figures,
    certificate_days: Figures,
    alarms_open: Figures,
    jobs_waiting: Figures,
    jobs_dead: Figures,
    schedule_age: Figures,
    sign_in_failures_hour: Figures,
    nodes: Figures,
    backup_age: Figures,
    drill_age: Figures,
    pub(super) totals: Totals,
    /// Failures up to the last sample.
    sampled_failures: AtomicU64,
}

/// Seconds: the upper ends of the histogram's classes.
const CLASSES: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

impl Metrics {
    #[allow(clippy::new_without_default, reason = "a registry is made on purpose, once")]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("renkei"),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(CLASSES)),
            in_flight: Gauge::default(),
            posts: Counter::default(),
            sign_in_failures: Counter::default(),
            streams: Gauge::default(),
            leader: Gauge::default(),
            clock_offset: Gauge::default(),
            clock_jumps: Gauge::default(),
            pool_used: Family::default(),
            pool_size: Family::default(),
            disk_used: Family::default(),
            certificate_days: Family::default(),
            alarms_open: Family::default(),
            jobs_waiting: Family::default(),
            jobs_dead: Family::default(),
            schedule_age: Family::default(),
            sign_in_failures_hour: Family::default(),
            nodes: Family::default(),
            backup_age: Family::default(),
            drill_age: Family::default(),
            totals: Totals::default(),
            sampled_failures: AtomicU64::default(),
        };
        metrics.register_requests();
        metrics.register_figures();
        metrics
    }

    fn register_requests(&mut self) {
        let r = &mut self.registry;
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        r.register("build", "The program's version", build);
        r.register(
            "requests",
            "Requests by route template, method and class of status",
            self.requests.clone(),
        );
        r.register_with_unit(
            "request_duration",
            "From the request's head to the answer's",
            Unit::Seconds,
            self.durations.clone(),
        );
        r.register("requests_in_flight", "Requests being answered now", self.in_flight.clone());
        r.register("posts", "Posts, corrections and withdrawals written by this node", self.posts.clone());
        r.register(
            "sign_in_failures",
            "Tries to sign in that this node refused",
            self.sign_in_failures.clone(),
        );
        r.register("streams", "Live connections of this node", self.streams.clone());
        r.register("leader", "1 where this node runs the schedules", self.leader.clone());
        r.register_with_unit(
            "clock_offset",
            "This clock ahead of the database's",
            Unit::Seconds,
            self.clock_offset.clone(),
        );
        r.register("clock_jumps", "Jumps of this clock within the last hour", self.clock_jumps.clone());
    }

    fn register_figures(&mut self) {
        let r = &mut self.registry;
        r.register(
            "pool_connections_used",
            "Database connections in use, by principal",
            self.pool_used.clone(),
        );
        r.register("pool_connections", "Database connections at most, by principal", self.pool_size.clone());
        r.register_with_unit(
            "disk_used",
            "Taken share of each watched disk",
            Unit::Ratios,
            self.disk_used.clone(),
        );
        r.register(
            "certificate_days",
            "Days that each certificate is still good for",
            self.certificate_days.clone(),
        );
        r.register("alarms_open", "Alarms that have not ended, by severity", self.alarms_open.clone());
        r.register("jobs_waiting", "Jobs in the queue, by kind", self.jobs_waiting.clone());
        r.register("jobs_dead", "Jobs that were given up, by kind", self.jobs_dead.clone());
        r.register_with_unit(
            "schedule_age",
            "Since each schedule last went well",
            Unit::Seconds,
            self.schedule_age.clone(),
        );
        r.register(
            "sign_in_failures_hour",
            "Failed tries to sign in within the last hour, all nodes",
            self.sign_in_failures_hour.clone(),
        );
        r.register("nodes", "Nodes that were heard of within the last minute", self.nodes.clone());
        r.register_with_unit(
            "backup_age",
            "Since the last backup that was done",
            Unit::Seconds,
            self.backup_age.clone(),
        );
        r.register_with_unit(
            "drill_age",
            "Since the last proved restore",
            Unit::Seconds,
            self.drill_age.clone(),
        );
    }

    /// One answered request. `route` is the template, as the router names it.
    pub fn answered(&self, route: &str, method: &str, status: u16, took: Duration) {
        let class = match status {
            100..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        };
        let answered = Answered { route: route.to_owned(), method: method.to_owned(), status: class };
        self.requests.get_or_create(&answered).inc();
        self.durations.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
        self.totals.count(status, took);
    }

    pub(super) fn sign_in_failures_since_last(&self) -> u64 {
        let now = self.sign_in_failures.get();
        now.saturating_sub(self.sampled_failures.swap(now, std::sync::atomic::Ordering::Relaxed))
    }

    pub fn pool(&self, principal: &'static str, used: usize, size: usize) {
        set(&self.pool_used, principal, used as f64);
        set(&self.pool_size, principal, size as f64);
    }

    pub fn disk(&self, folder: &str, per_mille: u32) {
        set(&self.disk_used, folder, f64::from(per_mille) / 1000.0);
    }

    pub fn certificate(&self, name: &str, days: i64) {
        set(&self.certificate_days, name, days as f64);
    }

    /// What the database counted for all nodes: (figure, of what, how many). Kinds that are gone are forgotten.
    pub fn deployment<'a>(&self, figures: impl Iterator<Item = (&'a str, &'a str, f64)>) {
        self.jobs_waiting.clear();
        self.jobs_dead.clear();
        for (name, of, value) in figures {
            match name {
                "alarms_open" => set(&self.alarms_open, of, value),
                "jobs_waiting" => set(&self.jobs_waiting, of, value),
                "jobs_dead" => set(&self.jobs_dead, of, value),
                "schedule_age" => set(&self.schedule_age, of, value),
                "sign_in_failures" => set(&self.sign_in_failures_hour, "all", value),
                "nodes" => set(&self.nodes, "all", value),
                "backup_age" => set(&self.backup_age, "all", value),
                "drill_age" => set(&self.drill_age, "all", value),
                _ => {}
            }
        }
    }

    /// OpenMetrics text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn set(figures: &Figures, of: &str, value: f64) {
    figures.get_or_create(&Of { of: of.to_owned() }).set(value);
}
