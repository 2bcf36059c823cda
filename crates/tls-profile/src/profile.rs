//! The profile as data.

use std::sync::Arc;

use rustls::{
    CipherSuite, NamedGroup, SupportedCipherSuite, SupportedProtocolVersion,
    crypto::{
        CryptoProvider, SupportedKxGroup,
        aws_lc_rs::{self, cipher_suite as suite, kx_group as group},
    },
    version::{TLS12, TLS13},
};
use serde::{Deserialize, Serialize};

/// The oldest version that is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Version {
    #[serde(rename = "1.2")]
    Tls12,
    #[default]
    #[serde(rename = "1.3")]
    Tls13,
}

/// What may vary. Everything else is fixed: server order, no 0-RTT, no compression, no renegotiation, no resumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Profile {
    pub minimum: Version,
    /// Offers X25519MLKEM768 first. Outside the letter of the guideline, which does not name hybrids: off unless a
    /// person decides otherwise.
    pub post_quantum: bool,
}

/// TLS 1.3, in the guideline's order. CCM stands in the guideline too; the provider does not have it.
const SUITES_13: [SupportedCipherSuite; 3] =
    [suite::TLS13_AES_256_GCM_SHA384, suite::TLS13_CHACHA20_POLY1305_SHA256, suite::TLS13_AES_128_GCM_SHA256];

/// TLS 1.2: ECDHE with AEAD, 256 bits first.
const SUITES_12: [SupportedCipherSuite; 6] = [
    suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
];

impl Profile {
    pub fn new(minimum: Version) -> Self {
        Self { minimum, post_quantum: false }
    }

    /// TLS 1.3 suites, then those of TLS 1.2 where it is on.
    pub fn suites(&self) -> Vec<SupportedCipherSuite> {
        let mut suites = SUITES_13.to_vec();
        if self.minimum == Version::Tls12 {
            suites.extend(SUITES_12);
        }
        suites
    }

    pub fn groups(&self) -> Vec<&'static dyn SupportedKxGroup> {
        let mut groups = vec![group::X25519, group::SECP256R1, group::SECP384R1];
        if self.post_quantum {
            groups.insert(0, group::X25519MLKEM768);
        }
        groups
    }

    pub fn versions(&self) -> &'static [&'static SupportedProtocolVersion] {
        static BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
        match self.minimum {
            Version::Tls12 => &BOTH,
            Version::Tls13 => &BOTH[..1],
        }
    }

    /// The only provider that a connection of this product is built with.
    pub fn provider(&self) -> Arc<CryptoProvider> {
        Arc::new(CryptoProvider {
            cipher_suites: self.suites(),
            kx_groups: self.groups(),
            ..aws_lc_rs::default_provider()
        })
    }

    /// Numbers of the suites of one version, as the registry of IANA has them.
    pub fn suite_numbers(&self, version: Version) -> Vec<u16> {
        let of = |s: &SupportedCipherSuite| match version {
            Version::Tls13 => s.tls13().is_some(),
            Version::Tls12 => s.tls13().is_none(),
        };
        self.suites().iter().filter(|s| of(s)).map(|s| u16::from(s.suite())).collect()
    }

    pub fn group_numbers(&self) -> Vec<u16> {
        self.groups().iter().map(|g| u16::from(g.name())).collect()
    }
}

/// A suite's registered name; its number where it has none that we know.
pub(crate) fn suite_name(number: u16) -> String {
    match CipherSuite::from(number) {
        CipherSuite::Unknown(n) => format!("0x{n:04X}"),
        known => known
            .as_str()
            .map_or_else(|| format!("0x{number:04X}"), |name| name.replacen("TLS13_", "TLS_", 1)),
    }
}

pub(crate) fn group_name(number: u16) -> String {
    match NamedGroup::from(number) {
        NamedGroup::X25519 => "X25519".into(),
        NamedGroup::secp256r1 => "P-256".into(),
        NamedGroup::secp384r1 => "P-384".into(),
        NamedGroup::X25519MLKEM768 => "X25519MLKEM768".into(),
        _ => format!("0x{number:04X}"),
    }
}
