//! Offers one thing at a time to a server and reads what it accepts, without any TLS library in the way: the bytes of a
//! ClientHello (RFC 5246, 8446) and the first record that comes back.

use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection};

pub const TLS10: u16 = 0x0301;
pub const TLS11: u16 = 0x0302;
pub const TLS12: u16 = 0x0303;
pub const TLS13: u16 = 0x0304;

const X25519: u16 = 0x001d;

/// A ClientHello.
#[derive(Debug, Clone)]
pub struct Hello {
    /// The only version that is offered.
    pub version: u16,
    pub suites: Vec<u16>,
    pub groups: Vec<u16>,
    /// Compression methods; 0 is none, 1 is DEFLATE.
    pub compression: Vec<u8>,
    /// Claims to send early data.
    pub early_data: bool,
    pub name: Option<String>,
}

/// What the server did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It went on, with these. A retry for another key share counts: version, suite and group are chosen.
    Accepted { version: u16, suite: u16, group: Option<u16>, compression: u8 },
    /// It refused, with this alert.
    Alert(u8),
    /// It said nothing that can be read.
    Silent,
}

impl Reply {
    pub fn accepted(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }
}

impl Hello {
    /// Everything that the profile knows, in `version`.
    pub fn new(version: u16) -> Self {
        let suites = if version == TLS13 {
            vec![0x1302, 0x1303, 0x1301]
        } else {
            vec![0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc02b, 0xc02f]
        };
        Self {
            version,
            suites,
            groups: vec![X25519, 0x17, 0x18],
            compression: vec![0],
            early_data: false,
            name: None,
        }
    }

    #[must_use]
    pub fn suites(mut self, suites: &[u16]) -> Self {
        self.suites = suites.to_vec();
        self
    }

    #[must_use]
    pub fn groups(mut self, groups: &[u16]) -> Self {
        self.groups = groups.to_vec();
        self
    }

    /// The record, ready to be sent.
    pub fn bytes(&self) -> Vec<u8> {
        let mut hello = Vec::new();
        hello.extend(self.version.min(TLS12).to_be_bytes());
        // Random and session id: fixed, nothing of the handshake goes beyond the first answer.
        hello.extend([0x5a; 32]);
        hello.push(32);
        hello.extend([0xa5; 32]);
        sized(&mut hello, 2, |b| self.suites.iter().for_each(|s| b.extend(s.to_be_bytes())));
        sized(&mut hello, 1, |b| b.extend(&self.compression));
        sized(&mut hello, 2, |b| self.extensions(b));
        let mut record = vec![22, 3, 1];
        sized(&mut record, 2, |b| {
            b.push(1);
            sized(b, 3, |b| b.extend(&hello));
        });
        record
    }

    fn extensions(&self, out: &mut Vec<u8>) {
        if let Some(name) = &self.name {
            extension(out, 0, |b| {
                sized(b, 2, |b| {
                    b.push(0);
                    sized(b, 2, |b| b.extend(name.as_bytes()));
                })
            });
        }
        extension(out, 10, |b| sized(b, 2, |b| self.groups.iter().for_each(|g| b.extend(g.to_be_bytes()))));
        extension(out, 11, |b| b.extend([1, 0]));
        // Every scheme that a certificate of the profile could need: ECDSA, RSA-PSS, RSA PKCS#1, all with SHA-2.
        let schemes: [u16; 9] = [0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601];
        extension(out, 13, |b| sized(b, 2, |b| schemes.iter().for_each(|s| b.extend(s.to_be_bytes()))));
        // Extended master secret, and the safe renegotiation of a first handshake.
        extension(out, 23, |_| {});
        extension(out, 0xff01, |b| b.push(0));
        if self.early_data {
            extension(out, 42, |_| {});
        }
        if self.version >= TLS13 {
            extension(out, 43, |b| sized(b, 1, |b| b.extend(self.version.to_be_bytes())));
            extension(out, 51, |b| {
                sized(b, 2, |b| {
                    // A share for X25519 (any 32 bytes are a point); other groups are asked for by a retry.
                    if self.groups.contains(&X25519) {
                        b.extend(X25519.to_be_bytes());
                        sized(b, 2, |b| b.extend([9; 32]));
                    }
                })
            });
        }
    }
}

fn extension(out: &mut Vec<u8>, kind: u16, fill: impl FnOnce(&mut Vec<u8>)) {
    out.extend(kind.to_be_bytes());
    sized(out, 2, fill);
}

/// What `fill` writes, after its length in `width` bytes.
fn sized(out: &mut Vec<u8>, width: usize, fill: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.resize(at + width, 0);
    fill(out);
    let length = (out.len() - at - width).to_be_bytes();
    out[at..at + width].copy_from_slice(&length[length.len() - width..]);
}

/// Reads the server's first record.
pub fn read(bytes: &[u8]) -> Reply {
    answer(bytes).unwrap_or(Reply::Silent)
}

fn answer(bytes: &[u8]) -> Option<Reply> {
    match (bytes.first()?, bytes.get(5)?) {
        (21, _) => Some(Reply::Alert(*bytes.get(6)?)),
        (22, 2) => server_hello(bytes.get(9..)?),
        _ => None,
    }
}

fn server_hello(body: &[u8]) -> Option<Reply> {
    let number = |at: usize| Some(u16::from_be_bytes([*body.get(at)?, *body.get(at + 1)?]));
    let mut version = number(0)?;
    let session = usize::from(*body.get(34)?);
    let suite = number(35 + session)?;
    let compression = *body.get(37 + session)?;
    let mut group = None;
    let mut at = 40 + session;
    let end = at + usize::from(number(38 + session).unwrap_or(0));
    while at + 4 <= end {
        match number(at)? {
            43 => version = number(at + 4)?,
            51 => group = number(at + 4),
            _ => {}
        }
        at += 4 + usize::from(number(at + 2)?);
    }
    Some(Reply::Accepted { version, suite, group, compression })
}

/// Offers `hello` to a configuration in memory.
pub fn ask(config: &Arc<ServerConfig>, hello: &Hello) -> Reply {
    let Ok(mut server) = ServerConnection::new(config.clone()) else { return Reply::Silent };
    let bytes = hello.bytes();
    if server.read_tls(&mut bytes.as_slice()).is_err() {
        return Reply::Silent;
    }
    let _ = server.process_new_packets();
    let mut reply = Vec::new();
    while server.wants_write() && server.write_tls(&mut reply).is_ok_and(|n| n > 0) {}
    read(&reply)
}

/// Those of `suites` that the configuration accepts when each is the only one offered.
pub fn accepted_suites(
    config: &Arc<ServerConfig>,
    version: u16,
    suites: impl Iterator<Item = u16>,
) -> Vec<u16> {
    let hello = |suite: u16| Hello::new(version).suites(&[suite]);
    suites
        .filter(|suite| {
            matches!(ask(config, &hello(*suite)), Reply::Accepted { version: v, suite: s, .. } if v == version && s == *suite)
        })
        .collect()
}

/// Those of `groups` that the configuration accepts when each is the only one offered.
pub fn accepted_groups(
    config: &Arc<ServerConfig>,
    version: u16,
    groups: impl Iterator<Item = u16>,
) -> Vec<u16> {
    groups.filter(|group| ask(config, &Hello::new(version).groups(&[*group])).accepted()).collect()
}

/// Every suite that the registry of IANA knows (and the unassigned numbers between them).
pub fn registered_suites() -> impl Iterator<Item = u16> {
    (0x0000..=0x00ff)
        .chain(0x1300..=0x13ff)
        .chain(0x5600..=0x5600)
        .chain(0xc000..=0xc1ff)
        .chain(0xcca0..=0xccaf)
        .chain(0xd000..=0xd0ff)
}

/// Every group that the registry of IANA knows: curves, finite fields, ML-KEM and its hybrids, and the two explicit ones.
pub fn registered_groups() -> impl Iterator<Item = u16> {
    (0x0000..=0x0030)
        .chain(0x0100..=0x0104)
        .chain(0x0200..=0x0202)
        .chain(0x11eb..=0x11ee)
        .chain([0x6399, 0x639a, 0xff01, 0xff02])
}
