//! Where a call goes. The name is resolved once, the address is checked, and the connection is made to that address: a
//! name that answers differently the second time gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{Error, Result};

/// A checked URL: `https`, or `http` where private addresses are allowed.
#[derive(Debug, Clone)]
pub struct Target {
    url: url::Url,
    private: bool,
}

impl Target {
    /// `private`: the configuration says that this target may stand in the own network.
    pub fn parse(url: &str, private: bool) -> Result<Self> {
        let parsed = url::Url::parse(url).map_err(|e| Error::Internal(format!("{e}: not a URL")))?;
        let right = parsed.scheme() == "https" || (private && parsed.scheme() == "http");
        if !right
            || parsed.host_str().is_none()
            || !parsed.username().is_empty()
            || parsed.password().is_some()
        {
            return Err(Error::Internal(
                "only an https:// address without a name or password in it is called".into(),
            ));
        }
        Ok(Self { url: parsed, private })
    }

    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    pub fn is_tls(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// `host` or `host:port`, as the header wants it.
    pub fn authority(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.url.host_str().unwrap_or_default()),
            None => self.url.host_str().unwrap_or_default().to_owned(),
        }
    }

    /// What stands behind the host.
    pub fn path(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    /// The addresses to connect to, in the order to try. `None`: the name is unknown, or one of them may not be called.
    pub(super) async fn addresses(&self) -> Option<Vec<SocketAddr>> {
        let found: Vec<SocketAddr> =
            tokio::net::lookup_host((self.host(), self.port())).await.ok()?.collect();
        // All of them, not just the first: a name with one private address is somebody's trick.
        let allowed = self.private || found.iter().all(|a| is_public(a.ip()));
        Some(found).filter(|found| allowed && !found.is_empty())
    }
}

/// Whether an address belongs to the public internet: not to this machine, the own network, or a special purpose.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(ip),
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && b & 0xc0 == 64)
        || (a == 198 && b & 0xfe == 18)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99))
}

/// Only global unicast, without the blocks that carry an IPv4 address or are set aside.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    s[0] & 0xe000 == 0x2000
        && s[0] != 0x2002
        && !(s[0] == 0x2001 && (s[1] < 0x0200 || s[1] == 0x0db8))
        && s[0] != 0x3fff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for public in ["203.1.113.9", "8.8.8.8", "100.128.0.1", "2606:4700::1111", "2001:4860::8888"] {
            assert!(is_public(public.parse().expect(public)), "{public}");
        }
        for closed in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "198.18.0.1",
            "192.0.0.8",
            "224.0.0.1",
            "255.255.255.255",
            "203.0.113.9",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(closed.parse().expect(closed)), "{closed}");
        }
    }

    #[test]
    fn only_https_and_no_credentials_in_the_address() {
        assert!(Target::parse("https://hook.example.jp/a?b=c", false).is_ok());
        assert!(Target::parse("http://127.0.0.1:9/a", true).is_ok());
        for bad in [
            "http://hook.example.jp/",
            "ftp://hook.example.jp/",
            "https://u:p@hook.example.jp/",
            "file:///etc/passwd",
            "nonsense",
        ] {
            assert!(Target::parse(bad, false).is_err(), "{bad}");
        }
    }
}
