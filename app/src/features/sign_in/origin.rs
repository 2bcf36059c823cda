use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};

use super::acts::Origin;
use crate::auth::cookie;

/// Names the browser to the throttle and to the device list. Not a proof of anything.
pub const DEVICE_COOKIE: &str = "__Host-renkei-device";

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
        Ok(Self {
            device: cookie(&parts.headers, DEVICE_COOKIE),
            device_name: device_name(&parts.headers),
            block: address.map_or_else(|| "none".into(), block),
        })
    }
}

/// IPv4 /24, IPv6 /48: neighbours share a count.
fn block(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(a) => {
            let [a, b, c, _] = a.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(a) => {
            let [a, b, c, ..] = a.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

/// What a person would call it: "iPhone・Safari".
fn device_name(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let system = find(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("CrOS", "Chromebook"),
        ("Linux", "Linux"),
    ]);
    let browser =
        find(&[("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]);
    match (system, browser) {
        (Some(system), Some(browser)) => format!("{system}・{browser}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "名前のない端末".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_block() {
        assert_eq!(block("192.0.2.77".parse().unwrap()), "192.0.2.0/24");
        assert_eq!(block("::ffff:192.0.2.77".parse().unwrap()), "192.0.2.0/24");
        assert_eq!(block("2001:db8:7:1::5".parse().unwrap()), "2001:db8:7::/48");
    }
}
