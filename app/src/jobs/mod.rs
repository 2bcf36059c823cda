//! Work that happens beside the requests: a durable queue in the database, and schedules that one node runs for all.
//!
//! *Owns* `care.job`, `care.schedule_run`. *Emits* nothing. *Who*: the service, in the transaction of an act; the job role.
//!
//! A job is put in by the transaction that wants it done ([`enqueue`]), so it exists exactly when the act does. Any node's
//! worker takes it under a lease; a worker that dies loses the lease and another one takes over. So a job may run twice:
//! write jobs such that the second time does no harm.

mod leader;
mod schedule;
mod store;
mod worker;

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;
use uuid::Uuid;

use crate::{Error, Result, app::Shared, db::Tx};

pub use leader::{KEEPALIVE, LOCK, Office, hold, lead};
pub use schedule::{Outcome, Schedule, When, latest};
pub use store::{Count, Dead, Run, by_state, dead, forget_old, revive, runs};
pub use worker::{round, work};

/// One kind of job and how it is done.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    /// Tries until it is given up. With the growing pauses, 12 are about five hours.
    pub tries: i32,
    /// How long one try may take; then it is cut off, and counts as failed.
    pub lease: Duration,
    pub run: fn(Shared, Value) -> BoxFuture<'static, Result<(), Failure>>,
}

/// Why a try did not succeed: a code for the table and the metrics, never a text from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    pub code: &'static str,
    /// Trying again cannot help.
    pub for_good: bool,
}

impl Failure {
    pub const fn later(code: &'static str) -> Self {
        Self { code, for_good: false }
    }

    pub const fn for_good(code: &'static str) -> Self {
        Self { code, for_good: true }
    }
}

/// Rung after a commit that put a job in, so that this node's worker does not wait for its next look.
#[derive(Debug, Default)]
pub struct Bell(tokio::sync::Notify);

impl Bell {
    pub fn ring(&self) {
        self.0.notify_one();
    }

    async fn rung(&self) {
        self.0.notified().await;
    }
}

/// Puts a job into the caller's transaction. Ring `app.jobs` after the commit; unrung it is found within two seconds.
/// `payload` holds ids, numbers and addresses, never a word about a patient.
pub async fn enqueue(tx: &mut Tx, kind: &Kind, payload: &Value) -> Result<Uuid> {
    Ok(tx.one(store::ENQUEUE, &[&kind.name, payload, &0.0, &kind.tries]).await?.get(0))
}

/// The same where nobody acts: schedules, other jobs, the command line.
pub async fn enqueue_now(app: &Shared, kind: &Kind, payload: &Value) -> Result<Uuid> {
    enqueue_in(app, kind, payload, Duration::ZERO).await
}

/// To be done at the earliest after this long.
pub async fn enqueue_in(app: &Shared, kind: &Kind, payload: &Value, wait: Duration) -> Result<Uuid> {
    let rows = app.db.job(store::ENQUEUE, &[&kind.name, payload, &wait.as_secs_f64(), &kind.tries]).await?;
    app.jobs.ring();
    rows.first().map(|row| row.get(0)).ok_or_else(|| Error::internal("a job has an id"))
}
