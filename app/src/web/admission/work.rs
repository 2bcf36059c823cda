//! Load shedding: as many requests in work as the machine answers in good time. More wait a moment; who would wait
//! longer is asked to come back, while nothing of theirs has been begun.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{Error, Result, config::Limits};

#[derive(Debug)]
pub(super) struct Work {
    places: Semaphore,
    queue: Duration,
    uploads: Semaphore,
    shares: Semaphore,
}

/// Shares that are thrown away at the same time until they are through.
const SHARES: usize = 8;

impl Work {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            places: Semaphore::new(limits.in_work),
            queue: Duration::from_millis(limits.queue_millis),
            uploads: Semaphore::new(limits.uploads),
            shares: Semaphore::new(SHARES),
        }
    }

    /// A place until it is dropped. First come, first served.
    pub(super) async fn place(&self) -> Result<SemaphorePermit<'_>> {
        if let Ok(place) = self.places.try_acquire() {
            return Ok(place);
        }
        match tokio::time::timeout(self.queue, self.places.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Error::Busy),
        }
    }

    /// An upload's place: never waits, its sender would only wait with an open connection.
    pub(super) fn upload_place(&self) -> Result<SemaphorePermit<'_>> {
        self.uploads.try_acquire().map_err(|_| Error::Busy)
    }

    /// For the rest of a share that no service worker has taken. Without one it is cut off.
    pub(super) fn share_place(&self) -> Option<SemaphorePermit<'_>> {
        self.shares.try_acquire().ok()
    }
}
