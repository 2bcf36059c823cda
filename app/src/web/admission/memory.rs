//! The memory that bodies on their way in may take: in all, of one address block, and of one session. Whoever sends many
//! slow bodies fills their own share and nobody else's.

use std::{collections::HashMap, sync::Arc};

use axum::extract::Request;
use parking_lot::Mutex;

use super::Caller;
use crate::{Error, Result, auth::Actor, config::Limits};

/// Memory is counted in pieces of this many bytes,
const PIECE: usize = 16 * 1024;
/// of which all forms and JSON on their way in may take so many: 64 MiB;
const ALL: usize = 4 * 1024;
/// those of one address block an eighth: 8 MiB, five hundred people of a hospital who send at the same moment;
const BLOCK: usize = ALL / 8;
/// and those of one session, or of one block's strangers together, a quarter of that: two of the largest forms at once.
const OWN: usize = BLOCK / 4;

/// Whose share a piece is taken from. Invented tokens get shares of their own, but share their block's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Holder {
    Block(String),
    Session([u8; 32]),
    Strangers(String),
}

impl Holder {
    fn most(&self) -> usize {
        match self {
            Self::Block(_) => BLOCK,
            Self::Session(_) | Self::Strangers(_) => OWN,
        }
    }
}

#[derive(Debug, Default)]
struct Shares {
    taken: usize,
    /// Only who holds something stands here: at most two for each piece.
    of: HashMap<Holder, usize>,
}

#[derive(Debug)]
pub(super) struct Memory {
    shares: Arc<Mutex<Shares>>,
    /// Off where blocks have no rate.
    shared_out: bool,
}

impl Memory {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { shares: Arc::default(), shared_out: limits.block().per_second > 0 }
    }

    /// Nothing yet, for the body of this request.
    pub(super) fn of(&self, request: &Request) -> Held {
        let block = Caller::of(request.extensions()).block();
        let own = match (Actor::from_headers(request.headers()), &block) {
            (Some(who), _) => Some(Holder::Session(who.key())),
            (None, block) => block.clone().map(Holder::Strangers),
        };
        let holders = [block.map(Holder::Block), own];
        let holders = holders.into_iter().flatten().filter(|_| self.shared_out).collect();
        Held { shares: self.shares.clone(), holders, pieces: 0 }
    }
}

/// What one body holds, until it is dropped.
pub(super) struct Held {
    shares: Arc<Mutex<Shares>>,
    holders: Vec<Holder>,
    pieces: usize,
}

impl Held {
    /// Room for so many bytes in all. Never waits: two bodies that wait for each other's memory would wait for ever.
    pub(super) fn grow(&mut self, bytes: usize) -> Result<()> {
        let more = bytes.div_ceil(PIECE).saturating_sub(self.pieces);
        if more == 0 {
            return Ok(());
        }
        let mut shares = self.shares.lock();
        let full = |holder: &Holder| shares.of.get(holder).copied().unwrap_or(0) + more > holder.most();
        if shares.taken + more > ALL || self.holders.iter().any(full) {
            return Err(Error::Busy);
        }
        shares.taken += more;
        for holder in &self.holders {
            *shares.of.entry(holder.clone()).or_default() += more;
        }
        self.pieces += more;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.pieces == 0 {
            return;
        }
        let mut shares = self.shares.lock();
        shares.taken -= self.pieces;
        for holder in &self.holders {
            if let Some(taken) = shares.of.get_mut(holder) {
                *taken -= self.pieces;
                if *taken == 0 {
                    shares.of.remove(holder);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr};

    use axum::{body::Body, extract::ConnectInfo};

    use super::*;

    fn memory() -> Memory {
        Memory::new(&Limits::default())
    }

    fn request(from: &str, token: Option<&str>) -> Request {
        let mut request = Request::builder();
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut request = request.body(Body::empty()).expect("a request");
        let peer: IpAddr = from.parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer, 4000))));
        let caller = super::super::caller::Fronts::new(&crate::config::Proxy::default());
        let caller = caller.expect("no fronts").caller(&mut request);
        request.extensions_mut().insert(caller);
        request
    }

    /// Takes whole pieces, each a body of its own, until no more are given.
    fn fill(memory: &Memory, request: impl Fn(usize) -> Request) -> Vec<Held> {
        let mut held = Vec::new();
        loop {
            let mut one = memory.of(&request(held.len()));
            if one.grow(PIECE).is_err() {
                return held;
            }
            held.push(one);
        }
    }

    #[test]
    fn one_session_fills_its_own_share_and_a_colleague_still_gets_in() {
        let memory = memory();
        let held = fill(&memory, |_| request("192.0.2.1", Some("slow")));
        assert_eq!(held.len(), OWN);
        assert!(memory.of(&request("192.0.2.1", Some("colleague"))).grow(700_000).is_ok());
        assert!(memory.of(&request("192.0.2.1", None)).grow(700_000).is_ok(), "who signs in");
        drop(held);
        assert!(memory.of(&request("192.0.2.1", Some("slow"))).grow(700_000).is_ok());
    }

    #[test]
    fn a_block_with_invented_tokens_fills_its_own_share_and_others_still_get_in() {
        let memory = memory();
        let held = fill(&memory, |n| request("192.0.2.1", Some(&format!("invented {n}"))));
        assert_eq!(held.len(), BLOCK);
        assert!(memory.of(&request("192.0.2.200", None)).grow(PIECE).is_err(), "the same block");
        assert!(memory.of(&request("198.51.100.1", Some("nurse"))).grow(700_000).is_ok());
        drop(held);
        assert_eq!(memory.shares.lock().of.len(), 0, "nobody who holds nothing is remembered");
        assert_eq!(memory.shares.lock().taken, 0);
    }

    #[test]
    fn all_together_have_a_bound() {
        let memory = memory();
        let from = |n: usize| request(&format!("10.{}.{}.1", n / 256, n % 256), None);
        assert_eq!(fill(&memory, from).len(), ALL);
    }
}
