//! Whose turn it is. A search is the dearest thing that one request can ask for: few at once, one for each person, and who
//! would wait long is asked to come back.

use std::{collections::HashSet, time::Duration};

use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

use crate::{Error, Result};

/// Searches that wait for each one that runs.
const WAITING: usize = 8;
const LONGEST_WAIT: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Turns {
    places: Semaphore,
    queue: Semaphore,
    people: Mutex<HashSet<Uuid>>,
}

impl Turns {
    pub fn new(at_once: usize) -> Self {
        Self {
            places: Semaphore::new(at_once),
            queue: Semaphore::new(at_once * (1 + WAITING)),
            people: Mutex::default(),
        }
    }

    /// A place until it is dropped, in the order of coming. `Busy` where the queue is full or does not move.
    pub async fn place(&self) -> Result<(SemaphorePermit<'_>, SemaphorePermit<'_>)> {
        let queued = self.queue.try_acquire().map_err(|_| Error::Busy)?;
        match tokio::time::timeout(LONGEST_WAIT, self.places.acquire()).await {
            Ok(Ok(place)) => Ok((queued, place)),
            Ok(Err(_)) | Err(_) => Err(Error::Busy),
        }
    }

    /// One search of a person at a time. A browser that sends a form again has given the first one up.
    pub fn person(&self, account: Uuid) -> Result<Person<'_>> {
        if self.people.lock().insert(account) {
            Ok(Person { turns: self, account })
        } else {
            Err(Error::TooMany { retry_after: 1 })
        }
    }
}

/// Until it is dropped, nobody else searches as this person.
#[derive(Debug)]
pub(super) struct Person<'a> {
    turns: &'a Turns,
    account: Uuid,
}

impl Drop for Person<'_> {
    fn drop(&mut self) {
        self.turns.people.lock().remove(&self.account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn few_at_once_and_one_for_each_person() {
        let turns = Turns::new(1);
        let place = turns.place().await.expect("the first");
        assert!(matches!(turns.place().await, Err(Error::Busy)), "who would wait too long");
        drop(place);
        assert!(turns.place().await.is_ok());
        let nurse = Uuid::from_u128(1);
        let first = turns.person(nurse).expect("the first");
        assert!(matches!(turns.person(nurse), Err(Error::TooMany { retry_after: 1 })));
        assert!(turns.person(Uuid::from_u128(2)).is_ok(), "somebody else");
        drop(first);
        assert!(turns.person(nurse).is_ok());
    }

    #[tokio::test]
    async fn the_queue_has_an_end() {
        let turns = Turns::new(1);
        let _place = turns.place().await.expect("the first");
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(turns.place())).collect();
        for one in &mut waiting {
            assert!(futures_util::poll!(one).is_pending());
        }
        assert!(matches!(turns.place().await, Err(Error::Busy)), "at once");
    }
}
