use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// So many per second in the long run, so many at once. No `per_second` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub per_second: u32,
    pub burst: u32,
}

const SHARDS: usize = 64;

/// A bucket for each key, by the generic cell rate algorithm: one time per key says when its bucket is full again.
///
/// Memory is bounded: a shard that is full forgets keys whose buckets are full anyway, then the one that is nearest to it.
/// So a swarm of invented keys pushes out one another, and never who is being held back the most.
pub struct Buckets {
    rate: Rate,
    keys_per_shard: usize,
    shards: Box<[Mutex<HashMap<u64, Duration>>]>,
    hasher: RandomState,
    began: Instant,
}

impl std::fmt::Debug for Buckets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buckets").field("rate", &self.rate).field("keys", &self.len()).finish_non_exhaustive()
    }
}

impl Buckets {
    /// For at most about `keys` keys, 24 bytes each.
    pub fn new(rate: Rate, keys: usize) -> Self {
        Self {
            rate,
            keys_per_shard: keys.div_ceil(SHARDS).max(1),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            began: Instant::now(),
        }
    }

    /// Takes one, or says how long to wait for it.
    pub fn take(&self, key: &impl Hash) -> Result<(), Duration> {
        self.take_at(key, self.began.elapsed())
    }

    fn take_at(&self, key: &impl Hash, now: Duration) -> Result<(), Duration> {
        if self.rate.per_second == 0 {
            return Ok(());
        }
        let each = Duration::from_secs(1) / self.rate.per_second;
        let room = each * self.rate.burst.max(1);
        let key = self.hasher.hash_one(key);
        let mut shard = self.shards[(key >> 58) as usize % SHARDS].lock();
        let full_at = shard.get(&key).copied().unwrap_or_default().max(now) + each;
        if full_at > now + room {
            return Err(full_at - (now + room));
        }
        if shard.len() >= self.keys_per_shard && !shard.contains_key(&key) {
            make_room(&mut shard, now);
        }
        shard.insert(key, full_at);
        Ok(())
    }

    /// Keys that are remembered now.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn make_room(shard: &mut HashMap<u64, Duration>, now: Duration) {
    let before = shard.len();
    shard.retain(|_, full_at| *full_at > now);
    if shard.len() == before
        && let Some(nearest) = shard.iter().min_by_key(|(_, full_at)| **full_at).map(|(key, _)| *key)
    {
        shard.remove(&nearest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_passes_and_the_rest_waits() {
        let buckets = Buckets::new(Rate { per_second: 2, burst: 4 }, 100);
        let passed = (0..10).filter(|_| buckets.take_at(&"a", SECOND).is_ok()).count();
        assert_eq!(passed, 4);
        assert_eq!(buckets.take_at(&"a", SECOND), Err(SECOND / 2));
        assert_eq!(buckets.take_at(&"b", SECOND), Ok(()), "others have buckets of their own");
        assert_eq!(buckets.take_at(&"a", SECOND + SECOND / 2), Ok(()));
        assert_eq!(buckets.take_at(&"a", SECOND + SECOND / 2), Err(SECOND / 2));
        assert_eq!(
            (0..10).filter(|_| buckets.take_at(&"a", SECOND * 60).is_ok()).count(),
            4,
            "full again, not fuller"
        );
    }

    #[test]
    fn no_rate_is_no_limit() {
        let buckets = Buckets::new(Rate { per_second: 0, burst: 0 }, 100);
        assert!((0..1_000).all(|_| buckets.take_at(&"a", SECOND).is_ok()));
        assert!(buckets.is_empty());
    }

    #[test]
    fn a_swarm_of_keys_takes_bounded_memory_and_frees_nobody_who_is_held_back() {
        let buckets = Buckets::new(Rate { per_second: 1, burst: 5 }, 640);
        while buckets.take_at(&"greedy", SECOND).is_ok() {}
        for stranger in 0..50_000 {
            assert_eq!(buckets.take_at(&stranger, SECOND), Ok(()));
        }
        assert!(buckets.len() <= 640, "{}", buckets.len());
        assert!(buckets.take_at(&"greedy", SECOND).is_err());
    }
}
