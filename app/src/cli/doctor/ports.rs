//! Doors to other machines: only Renkei's own and those that the settings name.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use super::{Finding, Site, words};
use crate::config::Config;

/// State of a listening socket in `/proc/net/tcp`.
const LISTENING: &str = "0A";

pub async fn check(site: &Site) -> Vec<Finding> {
    let Some(config) = site.config() else { return Vec::new() };
    let mut open = BTreeSet::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        if let Ok(text) = std::fs::read_to_string(site.below_root(table)) {
            open.extend(text.lines().skip(1).filter_map(listening));
        }
    }
    vec![serving(config, &open), declared(config, &open)]
}

/// Whether something answers on the address of the settings.
fn serving(config: &Config, open: &BTreeSet<SocketAddr>) -> Finding {
    let listen = config.listen;
    if open.iter().any(|a| a.port() == listen.port()) {
        return Finding::ok("serving", listen, words!("待ち受けています", "is listened on"));
    }
    Finding::warning(
        "serving",
        listen,
        words!("Renkei が動いていません", "Renkei is not running"),
        words!(
            "systemctl start renkei、動かないときは journalctl -u renkei",
            "systemctl start renkei; if it fails: journalctl -u renkei"
        ),
    )
}

fn declared(config: &Config, open: &BTreeSet<SocketAddr>) -> Finding {
    let redirect = config.tls.redirect_from().ok().flatten().map(|a| a.port());
    let doors = [config.devices.app(), config.devices.enrol()].map(|d| d.ok().flatten().map(|a| a.port()));
    let known = |port: u16| {
        port == config.listen.port()
            || Some(port) == redirect
            || doors.contains(&Some(port))
            || config.host.ports.contains(&port)
    };
    let others: BTreeSet<u16> =
        open.iter().filter(|a| !a.ip().is_loopback()).map(SocketAddr::port).filter(|p| !known(*p)).collect();
    if others.is_empty() {
        return Finding::ok(
            "declared",
            "/proc/net/tcp",
            words!("知らないポートは開いていません", "no unknown port is open"),
        );
    }
    let list = others.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Finding::bad(
        "declared",
        "/proc/net/tcp",
        words!("ほかの機械から届くポートが開いています：{list}", "open to other machines: {list}"),
        words!(
            "ss -ltnp で何か調べて止めるか、必要なら設定の [host] ports に書き足してください",
            "see what it is (ss -ltnp) and stop it, or, if it is wanted, add it to [host] ports in the settings"
        ),
    )
}

/// `0: 0100007F:1F90 00000000:0000 0A …`: the address is little-endian by 32-bit words.
fn listening(line: &str) -> Option<SocketAddr> {
    let mut fields = line.split_whitespace().skip(1);
    let (ip, port) = fields.next()?.split_once(':')?;
    (fields.nth(1)? == LISTENING).then_some(())?;
    let mut bytes = hex::decode(ip).ok()?;
    bytes.chunks_exact_mut(4).for_each(<[u8]>::reverse);
    let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => IpAddr::V4(Ipv4Addr::from(four)),
        Err(_) => {
            let six = Ipv6Addr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?);
            six.to_ipv4_mapped().map_or(IpAddr::V6(six), IpAddr::V4)
        }
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}
