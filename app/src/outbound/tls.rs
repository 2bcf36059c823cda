//! TLS of outbound calls: the profile of `tls-profile`, with TLS 1.2 (ECDHE and AEAD alone) for others who cannot do better.

use std::{path::Path, sync::Arc};

use tls_profile::{
    Profile, Version, client_config, read_roots, roots,
    rustls::{ClientConfig, crypto::CryptoProvider},
};

use crate::{
    Error, Result,
    config::{Config, set},
};

/// What is spoken to others.
pub const PROFILE: Profile = Profile { minimum: Version::Tls12, post_quantum: false };

/// For libraries that ask the process for its provider (mail). The first call counts.
pub fn install() {
    let _ = CryptoProvider::install_default(CryptoProvider::clone(&PROFILE.provider()));
}

/// A client that trusts the system's authorities, or, where given, those of one PEM file alone.
pub fn client(ca_file: &Path) -> Result<Arc<ClientConfig>> {
    let trusted = match set(ca_file) {
        Some(file) => read_roots(file),
        None => roots(None),
    };
    let trusted = trusted.map_err(Error::internal)?;
    client_config(&PROFILE, Arc::new(trusted), None).map(Arc::new).map_err(Error::internal)
}

/// A client that trusts the system's authorities and those of `tls.trusted_roots`.
pub fn trusting(config: &Config) -> Result<ClientConfig> {
    let trusted = roots(set(&config.tls.trusted_roots)).map_err(Error::internal)?;
    client_config(&PROFILE, Arc::new(trusted), None).map_err(Error::internal)
}
