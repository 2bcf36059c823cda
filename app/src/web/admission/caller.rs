//! Whose request it is: the other end of the connection, or whom a front names that has proved itself.

use std::net::{IpAddr, SocketAddr};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    extract::{ConnectInfo, Request},
    http::{Extensions, HeaderMap, HeaderName},
};
use limits::address::{self, Trusted};

use crate::{
    Error, Result,
    auth::token,
    config::{ForwardedBy, Proxy},
};

/// The header in which a front shows its secret.
const SECRET: HeaderName = HeaderName::from_static("x-renkei-front");

/// The caller's address, as far as it is known. Never logged.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Caller(Option<IpAddr>);

crate::opaque_debug!(Caller);

impl Caller {
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or_default()
    }

    /// The address block that shares counts (IPv4 /24, IPv6 /48).
    pub fn block(self) -> Option<String> {
        self.0.map(|address| listen::block(address).to_string())
    }
}

/// As a header lists them, the caller first; what cannot be read is `None`.
type Hops = Vec<Option<IpAddr>>;

/// The fronts that are believed.
pub(super) struct Fronts {
    trusted: Trusted,
    header: ForwardedBy,
    secrets: Vec<[u8; 32]>,
}

crate::opaque_debug!(Fronts);

impl Fronts {
    pub(super) fn new(config: &Proxy) -> Result<Self> {
        let secrets = if config.trusted.is_empty() { Vec::new() } else { secrets(config)? };
        Ok(Self { trusted: Trusted::new(config.trusted.clone()), header: config.header, secrets })
    }

    /// The caller; the front's secret goes no further.
    pub(super) fn caller(&self, request: &mut Request) -> Caller {
        let shown = request.headers_mut().remove(SECRET);
        let Some(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip()) else {
            return Caller::default();
        };
        let proved = shown.is_some_and(|secret| self.knows(secret.as_bytes()));
        if !proved || !self.trusted.holds(peer) {
            return Caller(Some(peer.to_canonical()));
        }
        Caller(Some(self.trusted.caller(peer, &self.hops(request.headers()))))
    }

    /// Compared as digests: the time says nothing about the secret.
    fn knows(&self, secret: &[u8]) -> bool {
        let shown = token::sha256(secret);
        self.secrets.iter().any(|own| verify_slices_are_equal(own, &shown).is_ok())
    }

    fn hops(&self, headers: &HeaderMap) -> Hops {
        let (name, read): (_, fn(&str) -> Hops) = match self.header {
            ForwardedBy::XForwardedFor => ("x-forwarded-for", address::x_forwarded_for),
            ForwardedBy::Forwarded => ("forwarded", address::forwarded),
        };
        // Several lines are one list, in their order; what is not text is a hop that cannot be read.
        headers
            .get_all(name)
            .iter()
            .flat_map(|line| line.to_str().map_or_else(|_| vec![None], read))
            .collect()
    }
}

/// At least 32 characters each: a front's secret is made by a machine.
const SHORTEST: usize = 32;

fn secrets(config: &Proxy) -> Result<Vec<[u8; 32]>> {
    let file = config.secret_file.display();
    let text = std::fs::read_to_string(&config.secret_file)
        .map_err(|e| Error::Internal(format!("proxy.secret_file {file}: {e}")))?;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() || lines.iter().any(|line| line.len() < SHORTEST) {
        return Err(Error::Internal(format!(
            "proxy.secret_file {file}: each line must be a secret of at least {SHORTEST} characters; make one with: openssl rand -hex 32"
        )));
    }
    Ok(lines.iter().map(|line| token::sha256(line.as_bytes())).collect())
}
