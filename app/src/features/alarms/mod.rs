//! 警報: what is wrong or unusual, who is told, and what to do about it.
//!
//! *Owns* `care.alarm`, `care.alarm_event`, `care.fingerprint`. *Emits* nothing. *Needs* jobs, mail, the nodes' own words.
//! *Who*: the leader raises and ends, operators see. An alarm holds codes, ids and numbers, never a word about a patient.
//!
//! A round of the leader asks each source with one statement, notes what it found (an alarm is raised once, stays open while
//! it is true, and ends two minutes after it was last true), and tells the receivers of what is new.

mod charts;
mod facts;
pub mod fingerprint;
pub mod routes;
pub mod rules;
mod sources;
mod store;
mod tell;
mod views;

pub use facts::{Facts, facts};
use std::time::Duration;

use crate::{Result, app::Shared};

/// What comes and goes is one alarm, not many.
const QUIET: Duration = Duration::from_secs(120);

/// One round. Returns how many alarms were raised.
pub async fn watch(app: &Shared) -> Result<i32> {
    let found = sources::all(app).await;
    let raised = store::note(app, &found, QUIET).await?;
    tell::tell(app).await?;
    Ok(raised)
}
