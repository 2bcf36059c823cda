//! What this node knows of itself: figures of requests, disks, the clock, its binary and configuration. It tells them on
//! `/metrics`, in the access line of each request, and to the database, where the alarms look.
//!
//! *Owns* `care.node`, `care.sample`, `sec.clock_mark`. *Emits* nothing. *Who*: every node about itself.

mod access;
mod ballast;
pub mod clock;
pub mod disk;
mod listener;
pub mod mark;
mod metrics;
mod node;
mod parts;
mod totals;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use jiff::Timestamp;
use parking_lot::Mutex;
use uuid::Uuid;

use crate::{Error, Result, app::App, config::Config};

pub use access::note;
pub use ballast::{free as free_ballast, make as make_ballast};
pub use listener::{router, serve};
pub use metrics::Metrics;
pub use node::{forget, forget_named, forget_old, report, run, sample};

#[derive(Debug)]
pub struct Watch {
    /// This run of the program.
    pub node: Uuid,
    /// What people call the node: its host and port.
    pub name: String,
    pub metrics: Metrics,
    /// The program's own file.
    pub binary: PathBuf,
    pub(crate) clock: clock::Clock,
    parts: Mutex<serde_json::Value>,
    certificates: Mutex<BTreeMap<&'static str, Timestamp>>,
    stopping: AtomicBool,
}

impl Watch {
    pub fn new(config: &Config) -> Self {
        Self {
            node: Uuid::new_v4(),
            name: format!(
                "{}:{}",
                rustix::system::uname().nodename().to_string_lossy(),
                config.listen.port()
            ),
            metrics: Metrics::new(),
            binary: std::env::current_exe().unwrap_or_default(),
            clock: clock::Clock::default(),
            parts: Mutex::new(serde_json::json!({})),
            certificates: Mutex::default(),
            stopping: AtomicBool::default(),
        }
    }

    /// Notes until when a certificate that this node shows or uses is good; the alarm asks for three weeks.
    pub fn certificate(&self, name: &'static str, until: Timestamp) {
        self.certificates.lock().insert(name, until);
    }

    fn certificates(&self) -> Vec<(&'static str, i64)> {
        let now = Timestamp::now();
        self.certificates
            .lock()
            .iter()
            .map(|(name, until)| (*name, until.duration_since(now).as_hours() / 24))
            .collect()
    }

    /// From here on `/readyz` says no, so that a balancer sends nobody any more.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// Whether this node itself can be sent people: it is not stopping, and its folder for files answers.
pub fn ready(app: &App) -> Result<()> {
    if app.watch.stopping.load(Ordering::Relaxed) {
        return Err(Error::Unavailable("stopping".into()));
    }
    disk::used(&app.config.blobs)
        .map_err(|_| Error::Unavailable("the folder for files does not answer".into()))?;
    Ok(())
}
