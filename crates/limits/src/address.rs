//! Whose request it is. Everybody can write `X-Forwarded-For`; only what a trusted hop has added at its end counts.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// The networks of the proxies that one trusts.
#[derive(Debug, Clone, Default)]
pub struct Trusted(Vec<IpNet>);

impl Trusted {
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The caller behind trusted hops: of `hops` (as the header lists them, the caller first) the rightmost one that is
    /// not trusted. `peer` is the other end of the connection and must be trusted already. A hop that cannot be read
    /// ends the walk: what stands left of it was written by a stranger.
    pub fn caller(&self, peer: IpAddr, hops: &[Option<IpAddr>]) -> IpAddr {
        let mut caller = peer;
        for hop in hops.iter().rev() {
            let Some(address) = hop else { break };
            caller = address.to_canonical();
            if !self.holds(caller) {
                break;
            }
        }
        caller
    }
}

/// The hops of an `X-Forwarded-For` line: addresses, with or without a port, between commas.
pub fn x_forwarded_for(line: &str) -> Vec<Option<IpAddr>> {
    line.split(',').map(node).collect()
}

/// The `for=` hops of an RFC 7239 `Forwarded` line. An obfuscated or unknown hop is `None`.
pub fn forwarded(line: &str) -> Vec<Option<IpAddr>> {
    line.split(',')
        .map(|element| {
            let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
            pairs.find(|(name, _)| name.eq_ignore_ascii_case("for")).and_then(|(_, value)| node(value))
        })
        .collect()
}

fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted() -> Trusted {
        Trusted::new(vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()])
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_rightmost_hop_that_is_not_trusted_is_the_caller() {
        let caller = |line| trusted().caller(ip("127.0.0.1"), &x_forwarded_for(line));
        assert_eq!(caller("198.51.100.7"), ip("198.51.100.7"));
        assert_eq!(
            caller("1.2.3.4, 198.51.100.7"),
            ip("198.51.100.7"),
            "the left end is the caller's own claim"
        );
        assert_eq!(caller("1.2.3.4, 198.51.100.7, 10.0.0.9"), ip("198.51.100.7"));
        assert_eq!(caller("198.51.100.7:5123"), ip("198.51.100.7"));
        assert_eq!(caller("10.0.0.8, 10.0.0.9"), ip("10.0.0.8"), "a caller inside the trusted network");
    }

    #[test]
    fn what_cannot_be_read_ends_the_walk() {
        let caller = |line| trusted().caller(ip("127.0.0.1"), &x_forwarded_for(line));
        assert_eq!(caller(""), ip("127.0.0.1"));
        assert_eq!(caller("198.51.100.7, unknown, 10.0.0.9"), ip("10.0.0.9"));
        assert_eq!(caller("198.51.100.7, "), ip("127.0.0.1"));
    }

    #[test]
    fn the_standard_header_is_read_too() {
        assert_eq!(
            forwarded("for=192.0.2.43;proto=https, for=\"[2001:db8::1]:4711\";by=203.0.113.43"),
            [Some(ip("192.0.2.43")), Some(ip("2001:db8::1"))]
        );
        assert_eq!(
            forwarded("for=_hidden, For=\"192.0.2.1:80\", proto=http"),
            [None, Some(ip("192.0.2.1")), None]
        );
    }

    #[test]
    fn a_mapped_address_is_the_same_caller() {
        assert!(trusted().holds(ip("::ffff:127.0.0.1")));
        assert!(!trusted().holds(ip("::1")));
    }
}
