//! One TLS profile for every connection in and out: the 高セキュリティ型 of the CRYPTREC/IPA TLS configuration guideline 3.x,
//! for rustls with aws-lc-rs.
//!
//! * [`Profile`] is the profile as data: versions, suites in order, groups.
//! * [`server_config`] and [`client_config`] build rustls configurations from it and from nothing else.
//! * [`Pair`] is a certificate chain with its key, checked before it is served; what is wrong comes back as [`Problem`]s
//!   that say what and how to fix it.
//! * [`Revocable`] demands client certificates of one authority, some of which are taken back while the server runs.
//! * [`probe`] offers one thing at a time to a configuration and reads what it accepts.
//! * [`Sheet`] is the filled checklist; each answer stands beside the value that was measured.

mod certificate;
mod client;
pub mod probe;
mod problem;
mod profile;
mod revocable;
mod server;
mod sheet;

pub use certificate::{Facts, Pair, end_point, not_after};
pub use client::{HttpsConnector, Identity, client_config, connector, read_roots, roots};
pub use problem::{Problem, Refused};
pub use profile::{Profile, Version};
pub use revocable::{Fingerprint, Revocable, fingerprint};
pub use rustls;
pub use server::{Clients, server_config};
pub use sheet::{Answer, Front, Row, Sheet};
