//! Which groups have vital signs at all, so that the timelines of those that have none cost nothing.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::RwLock;
use uuid::Uuid;

/// How long a group without a stream is believed to have none: another node may have made one.
const NONE_FOR: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub struct Streams(RwLock<HashMap<Uuid, (Option<Uuid>, Instant)>>);

impl Streams {
    /// The stream of a group, `Some(None)` where there was none a moment ago; `None`: ask.
    pub(super) fn of(&self, group: Uuid) -> Option<Option<Uuid>> {
        let (stream, at) = self.0.read().get(&group).copied()?;
        (stream.is_some() || at.elapsed() < NONE_FOR).then_some(stream)
    }

    pub(super) fn note(&self, group: Uuid, stream: Option<Uuid>) {
        self.0.write().insert(group, (stream, Instant::now()));
    }
}
