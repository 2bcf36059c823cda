//! Requests per second, of a session and of an address block.

use std::time::Duration;

use axum::extract::Request;
use limits::{Buckets, Rate};

use super::Caller;
use crate::{
    Error, Result,
    auth::{Actor, Relative},
    config::Limits,
};

/// Sessions and blocks that are remembered, each in at most some 60 bytes: a few mebibytes in all.
const KEYS: usize = 65_536;

/// Ways out, of one block: a whole ward at the end of a shift gets through. Each asks the few connections of signing in.
/// Off where blocks have no rate.
const OUT: Rate = Rate { per_second: 2, burst: 60 };

#[derive(Debug)]
pub(super) struct Rates {
    sessions: Buckets,
    strangers: Buckets,
    blocks: Buckets,
    out: Buckets,
}

impl Rates {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            sessions: Buckets::new(limits.session(), KEYS),
            strangers: Buckets::new(limits.stranger(), KEYS),
            blocks: Buckets::new(limits.block(), KEYS),
            out: Buckets::new(if limits.block().per_second == 0 { limits.block() } else { OUT }, KEYS),
        }
    }

    /// Counts a request, or says how long to wait. Invented tokens get buckets of their own, but share their block's.
    pub(super) fn count(&self, request: &Request) -> Result<()> {
        let block = Caller::of(request.extensions()).block();
        let headers = request.headers();
        let session = Actor::from_headers(headers)
            .map(|who| who.key())
            .or_else(|| Relative::from_headers(headers).map(|who| who.key()));
        let own = match (session, &block) {
            (Some(key), _) => self.sessions.take(&key),
            (None, Some(block)) => self.strangers.take(block),
            (None, None) => Ok(()),
        };
        own.and_then(|()| block.map_or(Ok(()), |block| self.blocks.take(&block))).map_err(too_many)
    }

    /// Counts a way out: apart from everything else, so that a session that asked too fast still gets out.
    pub(super) fn count_out(&self, request: &Request) -> Result<()> {
        let block = Caller::of(request.extensions()).block();
        block.map_or(Ok(()), |block| self.out.take(&block)).map_err(too_many)
    }
}

fn too_many(wait: Duration) -> Error {
    let seconds = u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
    Error::TooMany { retry_after: seconds.max(1) }
}
