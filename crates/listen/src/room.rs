//! Who is inside: connections counted in total and by neighbourhood.

use std::{
    collections::HashMap,
    fmt,
    net::IpAddr,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use parking_lot::Mutex;
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::Limits;

/// A range of addresses: an address and how many of its leading bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Block {
    first: IpAddr,
    bits: u8,
}

/// The neighbourhood of an address: IPv4 /24, IPv6 /48. IPv4 written as IPv6 is IPv4.
pub fn block(address: IpAddr) -> Block {
    let address = address.to_canonical();
    Block::new(address, if address.is_ipv4() { 24 } else { 48 })
}

impl Block {
    fn new(address: IpAddr, bits: u8) -> Self {
        let first = match address {
            IpAddr::V4(a) => IpAddr::V4((u32::from(a) & mask(bits, 32) as u32).into()),
            IpAddr::V6(a) => IpAddr::V6((u128::from(a) & mask(bits, 128)).into()),
        };
        Self { first, bits }
    }

    pub(crate) fn of(address: &str, bits: u8) -> Self {
        Self::new(address.parse().expect("a constant address"), bits)
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && Self::new(address, self.bits).first == self.first
    }
}

/// The `bits` leading ones of a number of `width` bits, at the number's low end.
fn mask(bits: u8, width: u8) -> u128 {
    let all = u128::MAX >> (128 - u32::from(width));
    all & !all.checked_shr(u32::from(bits)).unwrap_or(0)
}

impl FromStr for Block {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is not an address such as 192.0.2.7 or a block such as 10.0.0.0/8");
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(widest), str::parse).map_err(|_| wrong())?;
        if bits > widest { Err(wrong()) } else { Ok(Self::new(address, bits)) }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// What the port has seen since it opened.
#[derive(Debug, Default)]
pub struct Stats {
    pub(crate) open: AtomicU64,
    pub(crate) accepted: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) handshakes_failed: AtomicU64,
}

/// The same as numbers, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Connections now.
    pub open: u64,
    /// Connections let in so far.
    pub accepted: u64,
    /// Connections turned away for want of room.
    pub refused: u64,
    /// TLS handshakes that came to nothing: old clients, scanners, slow ones.
    pub handshakes_failed: u64,
}

impl Stats {
    pub fn counts(&self) -> Counts {
        Counts {
            open: self.open.load(Relaxed),
            accepted: self.accepted.load(Relaxed),
            refused: self.refused.load(Relaxed),
            handshakes_failed: self.handshakes_failed.load(Relaxed),
        }
    }
}

/// The room for connections.
#[derive(Debug)]
pub(crate) struct Room {
    total: usize,
    per_block: usize,
    unlimited: Vec<Block>,
    inside: Mutex<HashMap<Block, usize>>,
    stats: Arc<Stats>,
}

impl Room {
    pub(crate) fn new(limits: &Limits, stats: Arc<Stats>) -> Arc<Self> {
        Arc::new(Self {
            total: limits.total,
            per_block: limits.per_block,
            unlimited: limits.unlimited.clone(),
            inside: Mutex::default(),
            stats,
        })
    }

    /// A place for one more from this address, until it is dropped; `None` when there is none.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let block = block(address);
        let counted = !self.unlimited.iter().any(|b| b.contains(address));
        let mut inside = self.inside.lock();
        let neighbours = inside.get(&block).copied().unwrap_or(0);
        if self.stats.open.load(Relaxed) >= self.total as u64 || (counted && neighbours >= self.per_block) {
            self.stats.refused.fetch_add(1, Relaxed);
            return None;
        }
        inside.insert(block, neighbours + 1);
        self.stats.open.fetch_add(1, Relaxed);
        self.stats.accepted.fetch_add(1, Relaxed);
        Some(Place { room: self.clone(), block })
    }
}

#[derive(Debug)]
pub(crate) struct Place {
    room: Arc<Room>,
    block: Block,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.room.inside.lock();
        if let Some(neighbours) = inside.get_mut(&self.block) {
            *neighbours -= 1;
            if *neighbours == 0 {
                inside.remove(&self.block);
            }
        }
        self.room.stats.open.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn blocks_hold_their_addresses() {
        assert_eq!(block(ip("192.0.2.77")).to_string(), "192.0.2.0/24");
        assert_eq!(block(ip("::ffff:192.0.2.77")).to_string(), "192.0.2.0/24");
        assert_eq!(block(ip("2001:db8:7:1::5")).to_string(), "2001:db8:7::/48");
        let ten: Block = "10.0.0.0/8".parse().unwrap();
        assert!(ten.contains(ip("10.255.0.1")) && !ten.contains(ip("11.0.0.1")) && !ten.contains(ip("::1")));
        let one: Block = "192.0.2.7".parse().unwrap();
        assert!(one.contains(ip("192.0.2.7")) && !one.contains(ip("192.0.2.8")));
        let all: Block = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains(ip("203.0.113.9")));
        for wrong in ["10.0.0.0/33", "::/129", "house", "10.0.0.0/x"] {
            assert!(wrong.parse::<Block>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn places_are_counted_by_block_and_in_total_and_given_back() {
        let limits = Limits {
            total: 4,
            per_block: 2,
            unlimited: vec!["198.51.100.1".parse().unwrap()],
            ..Limits::default()
        };
        let stats = Arc::new(Stats::default());
        let room = Room::new(&limits, stats.clone());
        let first = room.enter(ip("192.0.2.1")).expect("room");
        let _second = room.enter(ip("192.0.2.2")).expect("room");
        assert!(room.enter(ip("192.0.2.3")).is_none(), "the block is full");
        let _proxy =
            [room.enter(ip("198.51.100.1")).expect("room"), room.enter(ip("198.51.100.1")).expect("room")];
        assert!(room.enter(ip("203.0.113.1")).is_none(), "the house is full");
        drop(first);
        assert!(room.enter(ip("192.0.2.3")).is_some());
        let counts = stats.counts();
        assert_eq!((counts.open, counts.accepted, counts.refused), (3, 5, 2));
    }
}
